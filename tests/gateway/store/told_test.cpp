// told_test: who is told what of changes that meet: with each other, with leaving, with the end of a day. mapping.md
// "After sending: the degradation table".
#include "gateway/ingress/one_click.h"
#include "post_room.h"

using namespace test;

namespace {

// The day is over: what waits for the summary goes.
std::vector<std::string> next_day(PostRoom& room)
{
    room.v.session.query("update told set at = at - interval '25 hours'");
    room.v.session.query("update egress set due = now()");
    return room.sent();
}

void click(PostRoom& room, const std::string& token)
{
    REQUIRE(gateway::ingress::perform(room.v.session, token));
}

email2::ListChange adding(const char* address)
{
    email2::ListChange change;
    change.add.push_back({.address = address});
    return change;
}

email2::ListChange removing(const char* address)
{
    email2::ListChange change;
    change.remove.emplace_back(address);
    return change;
}

}  // namespace

TEST_CASE("an edit that there is nothing to tell of takes nothing from a day's worth")
{
    PostRoom o{1};
    const auto one = o.send({"dora@legacy.test"}, "One"), two = o.send({"dora@legacy.test"}, "Two");
    o.sent();
    o.edit(one, "First   words. ");
    CHECK(o.sent().empty());
    o.edit(two, "Other words.");
    CHECK(o.sent().size() == 1);
    CHECK(o.v.number("select count(*) from summary_item") == 0);
}

TEST_CASE("the summary tells only what is news to its reader when it leaves")
{
    PostRoom o{1};
    const auto first = o.send({"dora@legacy.test"}, "Zero"), back = o.send({"dora@legacy.test"}, "One"),
               gone = o.send({"dora@legacy.test"}, "Two"), news = o.send({"dora@legacy.test"}, "Three");
    o.sent();
    o.edit(first, "Other words.");
    CHECK(o.sent().size() == 1);
    for (const auto& m : {back, gone, news}) o.edit(m, "Other words.");
    CHECK(o.sent().empty());
    o.edit(back, "First words.");
    REQUIRE(o.v.verbs.change_list("alice@one.test", gone.id, removing("dora@legacy.test")));
    o.edit(gone, "What only those inside may read.");
    const auto mails = next_day(o);
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "edited \"Three\""));
    CHECK_FALSE(has(mails[0], "\"One\""));  // it reads as she has it
    CHECK_FALSE(has(mails[0], "\"Two\""));  // she is not there any more
    CHECK_FALSE(has(mails[0], "only those inside"));
    CHECK(o.v.number("select count(*) from summary_item") == 0);
}

TEST_CASE("the summary tells of an edit whose message was withdrawn and restored the same day")
{
    PostRoom o(1);
    const auto m = o.send({"dora@legacy.test"});
    o.sent();
    const auto other = o.send({"dora@legacy.test"}, "Minutes", "Old words.");
    o.sent();
    o.edit(other, "New words.");
    o.sent();  // dora has been told as much as a day allows
    o.edit(m, "Other words.");
    CHECK(o.sent().empty());
    REQUIRE(o.v.verbs.withdraw("alice@one.test", m.id));
    CHECK(o.sent().empty());
    REQUIRE(o.v.verbs.undelete("alice@one.test", m.id));
    CHECK(o.sent().empty());
    o.v.session.query("update egress set due = now() where kind = 10");
    const auto mails = o.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "edited \"Plan\""));
    CHECK_FALSE(has(mails[0], "restored"));
}

TEST_CASE("what happens while a summary is on its way is told by the next one")
{
    PostRoom o(1);
    const auto m = o.send({"dora@legacy.test"});
    const auto other = o.send({"dora@legacy.test"}, "Minutes", "Old words.");
    o.sent();
    o.edit(other, "New words.");
    o.sent();  // dora has been told as much as a day allows
    REQUIRE(o.v.verbs.withdraw("alice@one.test", m.id));
    CHECK(o.sent().empty());
    o.v.session.query("update egress set due = now() where kind = 10");
    const auto jobs = o.post->claim();
    REQUIRE(jobs.size() == 1);
    CHECK(has(o.post->content(jobs[0].id), "withdrew \"Plan\""));
    REQUIRE(o.v.verbs.undelete("alice@one.test", m.id));
    CHECK(o.sent().empty());
    o.post->settle(jobs[0].id, gateway::egress::Result::delivered);
    CHECK(o.queue() == "10");
    o.v.session.query("update egress set due = now()");
    const auto mails = o.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "restored \"Plan\""));
    CHECK_FALSE(has(mails[0], "withdrew"));
}

TEST_CASE("a summary of which nothing is left is not sent, and nothing of it waits for the next")
{
    PostRoom o{1};
    const auto first = o.send({"dora@legacy.test"}, "Zero"), back = o.send({"dora@legacy.test"}, "One");
    o.sent();
    o.edit(first, "Other words.");
    o.sent();
    o.edit(back, "Other words.");
    CHECK(o.sent().empty());
    o.edit(back, "First words.");
    CHECK(next_day(o).empty());
    CHECK(o.queue().empty());
    CHECK(o.v.number("select count(*) from summary_item") == 0);
}

TEST_CASE("nobody's answer to a summary reaches one of the conversations in it, and a click turns summaries off")
{
    PostRoom o{1};
    const auto first = o.send({"dora@legacy.test"}, "Zero"), second = o.send({"dora@legacy.test"}, "One");
    o.sent();
    o.edit(first, "Other words.");
    o.sent();
    o.edit(second, "Other words.");
    CHECK(o.sent().empty());
    const auto mails = next_day(o);
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "<mailer-daemon@one.test>"));
    click(o, link_after(mails[0], "No more mails of this kind"));
    o.edit(first, "Third words.");
    CHECK(o.sent().size() == 1);  // what is told by itself still is
    o.edit(second, "Third words.");
    CHECK(o.sent().empty());
    CHECK(next_day(o).empty());
    CHECK(o.v.number("select count(*) from summary_item") == 0);
}

TEST_CASE("whoever comes back is given the edit that was not told when they left")
{
    PostRoom o{10};
    const auto m = o.send({"dora@legacy.test"});
    o.sent();
    o.edit(m, "Second words.");
    const auto told = o.sent();
    REQUIRE(told.size() == 1);
    o.edit(m, "Third words.");
    click(o, link_after(told[0], "Leave this conversation"));
    const auto left = o.sent();
    REQUIRE(left.size() == 1);
    click(o, link_after(left[0], "To come back"));
    const auto back = o.sent();
    REQUIRE(back.size() == 1);
    CHECK(has(back[0], "Third words."));
    CHECK_FALSE(has(back[0], "Nothing was written"));
    o.edit(m, "Third   words.");
    CHECK(o.sent().empty());  // she knows it
}

TEST_CASE("of a thread longer than a digest only what that brought is told of later")
{
    PostRoom o{10};
    o.v.settings.make.digest_max = 2;
    o.post.emplace(o.v, o.io);
    const auto m = o.send({"bob@one.test"}, "Plan", "The first words.");
    const auto second = o.v.submit("bob@one.test", "second@one.test", {to("alice@one.test")}, {m.id.str()});
    (void)o.v.submit("bob@one.test", "third@one.test", {to("alice@one.test")}, {m.id.str()});
    REQUIRE(o.v.verbs.change_list("alice@one.test", m.id, adding("dora@legacy.test")));
    const auto mails = o.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "Older messages that are not attached: 1."));
    CHECK_FALSE(has(mails[0], "The first words."));
    o.edit(m, "Other first words.");
    CHECK(o.sent().empty());
    CHECK(
        o.v.number(
            "select count(*) from delivery d join person p on p.id = d.person_id where p.address = 'dora@legacy.test'") ==
        2);
    CHECK(o.v.number("select revision from delivery where message_id = " + std::to_string(second.id) +
                     " and person_id = (select id from person where address = 'dora@legacy.test')") == 1);
}

TEST_CASE("what is edited while a digest is on its way is told after it")
{
    PostRoom o{10};
    const auto m = o.send({"bob@one.test"});
    REQUIRE(o.v.verbs.change_list("alice@one.test", m.id, adding("dora@legacy.test")));
    const auto jobs = o.post->claim();
    REQUIRE(jobs.size() == 1);
    o.edit(m, "Other words.");
    o.post->settle(jobs[0].id, gateway::egress::Result::delivered);
    const auto told = o.sent();
    REQUIRE(told.size() == 1);
    CHECK(has(told[0], "Other words."));
}

TEST_CASE("a link shows the subject that its reader knows, and offers nothing to who was removed")
{
    PostRoom o{10};
    const auto m = o.send({"dora@legacy.test"}, "Plan");
    o.sent();
    o.edit(m, "Second words.");
    const auto told = o.sent();
    REQUIRE(told.size() == 1);
    const auto leave = link_after(told[0], "Leave this conversation");
    REQUIRE(o.v.verbs.change_list("alice@one.test", m.id, removing("dora@legacy.test")));
    CHECK_FALSE(gateway::ingress::describe(o.v.session, leave));
    CHECK_FALSE(gateway::ingress::perform(o.v.session, leave));
    REQUIRE(o.v.verbs.change_list("alice@one.test", m.id, adding("dora@legacy.test")));
    o.sent();
    click(o, leave);
    const auto left = o.sent();
    REQUIRE(left.size() == 1);
    REQUIRE(o.v.verbs.edit("alice@one.test", m.id, 2, text("What she must not know", "Third words.")));
    const auto page = gateway::ingress::describe(o.v.session, link_after(left[0], "To come back"));
    REQUIRE(page);
    CHECK(has(page->text, "Plan"));
}
