// follow_ups_test: what bounds follow-ups: a day's worth, kinds turned off, who may cause them; notices; previews;
// mailing lists.
#include "gateway/ingress/one_click.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/follow_ups.h"
#include "post_room.h"

#include <regex>
#include <set>

using namespace test;
using gateway::egress::Result;

TEST_CASE("beyond a day's worth follow-ups wait, and one summary tells the rest")
{
    PostRoom o;
    std::vector<email2::Message> messages;
    for (const auto* subject : {"One", "Two", "Three", "Four", "Five"})
        messages.push_back(o.send({"dora@legacy.test"}, subject));
    CHECK(o.sent().size() == 5);  // messages are no follow-ups
    for (const auto& m : messages) o.edit(m, "Other words.");
    REQUIRE(o.v.verbs.withdraw("alice@one.test", messages[4].id));
    CHECK(o.sent().size() == 3);
    CHECK(o.queue() == "10");
    CHECK(o.v.number("select count(*) from egress where due > now() + interval '23 hours'") == 1);
    CHECK(o.v.number("select count(*) from summary_item") == 2);
    // The day is over.
    o.v.session.query("update told set at = at - interval '25 hours'");
    o.v.session.query("update egress set due = now()");
    const auto mails = o.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "Subject: More changes in your conversations"));
    CHECK(has(mails[0], "edited \"Four\"") != has(mails[0], "edited \"Three\""));  // whichever was the fourth
    CHECK(has(mails[0], "withdrew \"Five\""));
    CHECK_FALSE(has(mails[0], "edited \"Five\""));
    CHECK(has(mails[0], "multipart/digest"));
    CHECK(o.v.number("select count(*) from summary_item") == 0);
    CHECK(o.v.number("select count(*) from delivery where revision = 2") == 4);
    // What the summary showed is known: changing it back and forth is told again from there.
    o.edit(messages[3], "Other words.");
    CHECK(o.sent().empty());
}

TEST_CASE("a follow-up that is tried again counts once, and being added never waits")
{
    PostRoom o(1);
    const auto m = o.send({"dora@legacy.test"});
    o.sent();
    o.edit(m, "Other words.");
    for (int i = 0; i < 3; ++i) {
        const auto jobs = o.post->claim();
        REQUIRE(jobs.size() == 1);
        o.post->settle(jobs[0].id, i < 2 ? Result::deferred : Result::delivered);
        o.v.session.query("update egress set due = now()");
    }
    email2::ListChange change;
    change.add.push_back({.address = "erik@far.test"});
    for (int i = 0; i < 3; ++i) {
        const auto other = o.send({"fred@far.test"});
        REQUIRE(o.v.verbs.change_list("alice@one.test", other.id, change));
    }
    CHECK(o.sent().size() == 6);
}

TEST_CASE("a reply to the thread so far answers its newest message, to its author and to all")
{
    PostRoom o{10};
    const auto m = o.send({"bob@one.test"}, "Plan", "The first words.");
    const auto newest = o.v.submit("bob@one.test", "newest@one.test", {to("alice@one.test")}, {m.id.str()});
    email2::ListChange change;
    change.add.push_back({.address = "dora@legacy.test"});
    REQUIRE(o.v.verbs.change_list("alice@one.test", m.id, change));
    const auto mails = o.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "This is newest@one.test."));
    const auto facts = gateway::mapping::read_facts(mime::parse(mails[0]), mails[0]);
    REQUIRE(facts.cc.size() == 1);
    const auto parent_of = [&](const store::Published& answer) {
        return o.v.number("select parent_id from message where id = " + std::to_string(answer.id));
    };
    CHECK(parent_of(o.v.arrive("a@legacy.test", {to("alice@one.test")}, {facts.message_id})) == newest.id);
    auto to_all = o.v.letter("dora@legacy.test", "b@legacy.test", {to("alice@one.test")}, {facts.message_id});
    to_all.message_addresses = {facts.cc.front().spec()};
    to_all.proof = email2::Proof::dkim;
    const auto answer = o.v.publish(std::move(to_all));
    CHECK(parent_of(answer) == newest.id);
    CHECK(o.v.folders("bob", answer.id) == "INBOX");
}

TEST_CASE("what is told of a message comes under the subject that its reader knows, whatever it is called since")
{
    PostRoom o{10};
    const auto m = o.send({"dora@legacy.test"});
    o.sent();
    const auto subject_after = [&](auto act) {
        REQUIRE(act());
        const auto mails = o.sent();
        REQUIRE(mails.size() == 1);
        CHECK(has(mails[0], "Thread-Topic: Plan\r\n"));
        const auto at = mails[0].find("\r\nSubject: ") + 2;
        return mails[0].substr(at, mails[0].find("\r\n", at) - at);
    };
    const auto edit = [&](const char* subject, const char* body) {
        return subject_after([&] {
            const auto now = o.v.verbs.get("alice@one.test", m.id, {})->revision;
            return o.v.verbs.edit("alice@one.test", m.id, now, text(subject, body)).has_value();
        });
    };
    CHECK(edit("Another plan", "Second words.") == "Subject: Re: Plan");
    CHECK(edit("Another plan", "Third words.") == "Subject: Re: Plan");
    CHECK(subject_after([&] { return o.v.verbs.withdraw("alice@one.test", m.id).has_value(); }) == "Subject: Re: Plan");
    CHECK(subject_after([&] { return o.v.verbs.undelete("alice@one.test", m.id).has_value(); }) == "Subject: Re: Plan");
}

TEST_CASE("a kind of follow-up is turned off by one click, for all conversations, and on again by another")
{
    PostRoom o;
    const auto m = o.send({"dora@legacy.test"}), other = o.send({"dora@legacy.test"}, "Else");
    o.sent();
    o.edit(m, "Other words.");
    const auto mails = o.sent();
    REQUIRE(mails.size() == 1);
    const auto off = link_after(mails[0], "No more mails of this kind");
    REQUIRE(off.size() == 32);
    const auto page = gateway::ingress::describe(o.v.session, off);
    REQUIRE(page);
    CHECK(has(page->text, "edits"));
    CHECK(o.v.number("select muted from person where address = 'dora@legacy.test'") == 0);  // looking changes nothing
    const auto done = gateway::ingress::perform(o.v.session, off);
    REQUIRE(done);
    REQUIRE(gateway::ingress::perform(o.v.session, off));  // again is no error
    o.edit(m, "Third words.");
    o.edit(other, "Third words.");
    CHECK(o.sent().empty());
    REQUIRE(o.v.verbs.withdraw("alice@one.test", other.id));  // another kind
    CHECK(o.sent().size() == 1);
    REQUIRE(gateway::ingress::perform(o.v.session, done->token));
    o.edit(m, "Fourth words.");
    CHECK(o.sent().size() == 1);
}

TEST_CASE("one-click pages speak the language of whom their link was sent to")
{
    PostRoom o;
    const auto m = o.send({"dora@legacy.test"});
    o.sent();
    const auto id = o.v.id_of(m.id);
    const auto dora = o.v.person("dora@legacy.test");
    const auto leave = store::token_for(o.v.session, dora, id, store::TokenAction::leave);
    const auto off = store::token_for(o.v.session, dora, id, store::muting(store::Mail::edited));
    CHECK(gateway::ingress::describe(o.v.session, leave)->language == "en");
    CHECK(gateway::ingress::describe(o.v.session, leave)->title == "Leave a conversation");
    o.v.session.query("update person set language = 'de' where id = $1", dora);
    const auto page = gateway::ingress::describe(o.v.session, leave);
    CHECK(page->language == "de");
    CHECK(page->title == "Eine Unterhaltung verlassen");
    CHECK(has(page->text, "„Plan“"));
    CHECK(page->button == "Verlassen");
    CHECK(has(gateway::ingress::describe(o.v.session, off)->text, "Änderungen an Nachrichten, die Sie haben"));
    CHECK(gateway::ingress::perform(o.v.session, off)->title == "Abgestellt");
    CHECK(gateway::ingress::perform(o.v.session, leave)->title == "Sie haben die Unterhaltung verlassen");
    CHECK(gateway::ingress::perform(o.v.session, store::token_for(o.v.session, dora, id, store::TokenAction::rejoin))
              ->title == "Sie sind wieder dabei");
}

TEST_CASE("nobody outside can make us mail third parties: what a correspondent wrote has no follow-ups")
{
    PostRoom o;
    const auto m = o.send({"bob@one.test", "dora@legacy.test", "erik@far.test"});
    o.sent();
    const auto answer =
        o.v.arrive("answer@legacy.test", {to("alice@one.test"), to("bob@one.test"), to("erik@far.test")}, {m.id.str()});
    o.sent();
    o.v.session.query("update message set state = 0 where id = $1", answer.id);
    store::Transaction transaction(o.v.session);
    store::Changes changes;
    changes.events.push_back({.message = answer.id, .kind = email2::EventKind::edited});
    store::number(o.v.session, changes);
    store::queue_edited(o.v.session, changes, answer.id, changes.events[0].sequence, std::chrono::seconds(0));
    store::queue_withdrawn(o.v.session, changes, answer.id, changes.events[0].sequence);
    store::queue_restored(o.v.session, changes, answer.id, changes.events[0].sequence, {});
    transaction.commit();
    CHECK(o.queue() == "");
}

TEST_CASE("a submitter whose mail names somebody who left is told once in the thread")
{
    PostRoom o;
    const auto m = o.send({"bob@one.test", "carol@one.test", "dora@legacy.test"});
    o.sent();
    REQUIRE(o.v.verbs.leave("carol@one.test", m.id, {}));
    const std::vector<store::Recipient> all{to("bob@one.test"), to("carol@one.test"), to("dora@legacy.test")};
    const auto first = o.v.submit("alice@one.test", "a1@one.test", all, {m.id.str()});
    CHECK(o.v.folders("carol", first.id) == "Trash");
    o.sent();
    REQUIRE(o.v.number("select count(*) from message where kind = 3") == 1);
    const auto notice = o.v.number("select id from message where kind = 3");
    CHECK(o.v.folders("alice", notice) != "");
    CHECK(o.v.folders("bob", notice) == "");
    CHECK(has(
        o.v.words(
            "select convert_from(b.data, 'UTF8') from body b join rendition r on r.id = b.rendition_id where r.message_id = " +
            std::to_string(notice)),
        "carol@one.test: they left it"));
    o.v.submit("alice@one.test", "a2@one.test", all, {m.id.str()});
    o.sent();
    CHECK(o.v.number("select count(*) from message where kind = 3") == 1);
    o.v.submit("bob@one.test", "b1@one.test", {to("alice@one.test"), to("carol@one.test"), to("dora@legacy.test")},
        {m.id.str()});
    o.sent();
    CHECK(o.v.number("select count(*) from message where kind = 3") == 2);  // he was not told yet
}

namespace {

// The words of a follow-up, but for the minute in its first sentence and for its tokens.
std::string told_text(const email2::Part& part)
{
    if (!part.parts.empty()) return told_text(part.parts.front());
    static const std::regex token("[a-z2-7]{32}");
    return std::regex_replace(part.text.substr(part.text.find("It now reads")), token, "TOKEN");
}

}  // namespace

TEST_CASE("a preview tells what an edit would do, with the mail as it would be sent, and changes nothing")
{
    PostRoom o;
    const auto m = o.send({"bob@one.test", "carol@one.test", "dora@legacy.test"});
    o.sent();
    o.v.session.query(
        "insert into token(token, person_id, message_id, action, expires) select repeat('q', 32), id, $1, 1, now() + interval '1 day' from person "
        "where address = 'dora@legacy.test'",
        o.v.id_of(m.id));
    const auto before = o.everything();
    const auto preview = o.v.verbs.preview_edit("alice@one.test", m.id, 1, text("Plan", "Other words."));
    REQUIRE(preview);
    CHECK(preview->mailboxes == 2);
    CHECK(preview->mails == 1);
    CHECK(preview->summary == "2 mailboxes change, 1 correspondent gets a mail.");
    REQUIRE(preview->follow_ups.size() == 1);
    CHECK(preview->follow_ups[0].subject == "Re: Plan");
    CHECK(has(preview->follow_ups[0].text, "[-First-] {+Other+} words."));
    CHECK(has(preview->follow_ups[0].html, "<del"));
    CHECK_FALSE(has(preview->follow_ups[0].text, "qqqqqqqq"));  // nobody else's links
    CHECK(o.everything() == before);
    CHECK(o.sent().empty());
    // What it said is what happens.
    o.edit(m, "Other words.");
    const auto mails = o.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "[-First-] {+Other+} words."));
    CHECK(told_text(gateway::mapping::content_of(mime::parse(mails[0]), mails[0]).body) ==
          told_text({.text = preview->follow_ups[0].text}));
    CHECK_FALSE(o.v.verbs.preview_edit("bob@one.test", m.id, 2, text("Plan", "x")));
    CHECK(o.v.verbs.preview_edit("alice@one.test", m.id, 1, text("Plan", "x")).error().code == email2::Code::conflict);
    const auto same = o.v.verbs.preview_edit("alice@one.test", m.id, 2, text("Plan", "Other   words."));
    CHECK(same->mails == 0);
}

TEST_CASE("a preview tells at once and daily summary apart")
{
    PostRoom o(1);
    const auto m = o.send({"dora@legacy.test", "erik@far.test"});
    o.sent();
    const auto other = o.send({"dora@legacy.test"}, "Minutes", "Old words.");
    o.sent();
    o.edit(other, "New words.");
    o.sent();  // dora has been told as much as a day allows
    const auto before = o.everything();
    const auto preview = o.v.verbs.preview_edit("alice@one.test", m.id, 1, text("Plan", "Other words."));
    REQUIRE(preview);
    CHECK(preview->mails == 1);
    CHECK(preview->summaries == 1);
    CHECK(preview->summary ==
          "0 mailboxes change, 1 correspondent gets a mail, 1 correspondent is told by the daily summary.");
    REQUIRE(preview->follow_ups.size() == 1);
    CHECK(preview->follow_ups[0].recipients == 1);
    CHECK(o.everything() == before);
    // What it said is what happens.
    o.edit(m, "Other words.");
    CHECK(o.sent().size() == 1);
    CHECK(o.v.number("select count(*) from summary_item") == 1);
    const auto none = o.v.verbs.preview_withdraw("alice@one.test", other.id);
    REQUIRE(none);
    CHECK(none->mails == 0);
    CHECK(none->summaries == 1);
    CHECK(none->follow_ups.empty());
    o.v.settings.make.max_per_day = 0;
    CHECK(o.v.verbs.preview_withdraw("alice@one.test", other.id)->mails == 1);
}

TEST_CASE("a preview has a mail for each subject under which somebody knows the message")
{
    PostRoom o;
    const auto m = o.send({"dora@legacy.test"});
    o.sent();
    REQUIRE(o.v.verbs.edit("alice@one.test", m.id, 1, text("New plan", "First words.")));
    o.sent();
    email2::ListChange add;
    add.add = {{.address = "erik@far.test"}};
    REQUIRE(o.v.verbs.change_list("alice@one.test", m.id, add));
    o.sent();
    const auto preview = o.v.verbs.preview_edit("alice@one.test", m.id, 2, text("New plan", "Other words."));
    REQUIRE(preview);
    CHECK(preview->mails == 2);
    std::set<std::string> subjects;
    for (const auto& mail : preview->follow_ups) subjects.insert(mail.subject);
    CHECK(subjects == std::set<std::string>{"Re: Plan", "Re: New plan"});
}

TEST_CASE("a preview does not count for the daily summary who turned that off")
{
    PostRoom o(1);
    const auto m = o.send({"dora@legacy.test"});
    o.sent();
    o.edit(m, "Other words.");
    CHECK(o.sent().size() == 1);
    CHECK(o.v.verbs.preview_withdraw("alice@one.test", m.id)->summaries == 1);
    o.v.session.query("update person set muted = 1 << 10 where address = 'dora@legacy.test'");
    CHECK(o.v.verbs.preview_withdraw("alice@one.test", m.id)->summaries == 0);
}

TEST_CASE("a preview counts mails that have not left, additions with their notices, removals and withdrawals")
{
    PostRoom o;
    o.v.settings.tell_removed = true;
    const auto m = o.send({"bob@one.test", "dora@legacy.test"});
    const auto unsent = o.v.verbs.preview_edit("alice@one.test", m.id, 1, text("Plan", "Other words."));
    REQUIRE(unsent);
    CHECK(unsent->unsent == 1);
    CHECK(unsent->mails == 0);
    CHECK(o.v.verbs.preview_withdraw("alice@one.test", m.id)->unsent == 1);
    o.sent();
    const auto before = o.everything();
    const auto withdrawn = o.v.verbs.preview_withdraw("alice@one.test", m.id);
    REQUIRE(withdrawn);
    CHECK(withdrawn->mails == 1);
    CHECK(withdrawn->mailboxes == 1);
    CHECK(has(withdrawn->follow_ups.at(0).text, "withdrew"));
    email2::ListChange add;
    add.add = {{.address = "carol@one.test"}, {.address = "erik@far.test"}};
    const auto added = o.v.verbs.preview_change("alice@one.test", m.id, add);
    REQUIRE(added);
    CHECK(added->mailboxes == 1);  // carol's
    CHECK(added->notices == 1);    // bob
    CHECK(added->mails == 1);
    CHECK(has(added->follow_ups.at(0).text, "added you to this conversation"));
    email2::ListChange remove;
    remove.remove = {"dora@legacy.test", "bob@one.test"};
    const auto removed = o.v.verbs.preview_change("alice@one.test", m.id, remove);
    REQUIRE(removed);
    CHECK(removed->mailboxes == 1);
    CHECK(has(removed->follow_ups.at(0).text, "took you off"));
    CHECK(o.everything() == before);
    CHECK(o.v.number("select count(*) from person where address = 'erik@far.test'") == 0);
}

TEST_CASE("a preview by somebody else does not count the blind")
{
    PostRoom o;
    auto letter = o.v.letter("alice@one.test", "s@one.test", {to("bob@one.test"), blind("carol@one.test")});
    const auto m = o.v.publish(std::move(letter));
    o.v.native("alice@one.test", {}, text("Re", "For all."), {m.name.str()});
    email2::ListChange add;
    add.add = {{.address = "erik@far.test"}};
    const auto preview = o.v.verbs.preview_change("bob@one.test", m.name, add);
    REQUIRE(preview);
    CHECK(preview->notices == 1);  // alice
}

TEST_CASE("a post to a mailing list carries its fields for each subscriber, and shows its alias alone")
{
    PostRoom o;
    const auto root = o.send({"bob@one.test", "dora@legacy.test"}, "Announcements", "The list.");
    o.sent();
    const auto id = o.v.id_of(root.id);
    o.v.session.query(
        "insert into list_root(message_id, alias, name) values ($1, 'announce@one.test', 'News and more')", id);
    const auto post = o.v.native("alice@one.test", {}, text("News", "Something new."), {root.id.str()});
    const auto mails = o.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "List-Id: News and more <announce.one.test>\r\n"));
    CHECK(has(mails[0], "List-Post: <mailto:announce@one.test>\r\n"));
    CHECK(has(mails[0], "Precedence: list\r\n"));
    CHECK(has(mails[0], "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    CHECK(has(mails[0], "\r\nTo: News and more <announce@one.test>\r\n"));
    CHECK_FALSE(has(mails[0], "bob@one.test"));
    // In a mailbox there is nothing of the recipient's own.
    CHECK(
        o.v.number(
            "select count(*) from body b join rendition r on r.id = b.rendition_id where position('List-'::bytea in b.data) > 0 and r.message_id = " +
            std::to_string(o.v.id_of(post.id))) == 0);
}

TEST_CASE("a correspondent's answer to other correspondents is told to egress as one of somebody else's")
{
    PostRoom o;
    const auto m = o.send({"bob@one.test", "dora@legacy.test", "erik@far.test"});
    o.sent();
    auto letter = o.v.letter("dora@legacy.test", "d1@legacy.test", {}, {m.id.str()});
    letter.message_addresses = {m.id.str()};
    letter.proof = email2::Proof::dkim;
    letter.authentication = "dkim=pass";
    o.v.publish(std::move(letter));
    const auto jobs = o.post->claim();
    REQUIRE(jobs.size() == 1);
    CHECK(jobs[0].recipient == "erik@far.test");
    REQUIRE(jobs[0].relayed);
    CHECK(jobs[0].relayed->author_domain == "legacy.test");
    CHECK(jobs[0].relayed->proven_by_dkim);
    CHECK(jobs[0].relayed->authentication == "dkim=pass");
    CHECK(jobs[0].relayed->relay.starts_with("a-"));
    CHECK(jobs[0].domain_of_author == "one.test");
    o.post->settle(jobs[0].id, Result::released);
    const auto again = o.post->claim();
    REQUIRE(again.size() == 1);
    CHECK(again[0].relayed->relay == jobs[0].relayed->relay);  // stable
}

TEST_CASE("a post that came by another mailing list goes on with the fields of ours alone")
{
    PostRoom o;
    const auto root = o.send({"bob@one.test", "erik@far.test"}, "Announcements", "The list.");
    o.sent();
    o.v.session.query("insert into list_root(message_id, alias, name, posting) values ($1, 'news@one.test', 'News', 1)",
        o.v.id_of(root.id));
    auto letter = o.v.letter("dora@legacy.test", "d1@legacy.test", {});
    letter.bytes = mime::Spool();
    letter.bytes.append("List-Id: <dev.legacy.test>\r\nList-Unsubscribe:\r\n <mailto:leave@legacy.test>\r\n"
                        "List-Archive: <http://legacy.test/>\r\nPrecedence: bulk\r\nFrom: dora@legacy.test\r\n"
                        "Message-ID: <d1@legacy.test>\r\n\r\nList-Id: of the text\r\n");
    letter.lists = {root.id.str()};
    letter.proof = email2::Proof::dkim;
    o.v.publish(std::move(letter));
    const auto mails = o.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "List-Id: News <news.one.test>\r\n"));
    CHECK_FALSE(has(mails[0], "legacy.test>\r\nList"));
    CHECK_FALSE(has(mails[0], "dev.legacy.test"));
    CHECK_FALSE(has(mails[0], "leave@legacy.test"));
    CHECK_FALSE(has(mails[0], "List-Archive"));
    CHECK_FALSE(has(mails[0], "Precedence: bulk"));
    CHECK(mails[0].ends_with("From: dora@legacy.test\r\nMessage-ID: <d1@legacy.test>\r\n\r\nList-Id: of the text\r\n"));
    // In mailboxes it is as it came.
    CHECK(o.v.number("select count(*) from body where position('List-Archive'::bytea in data) > 0") == 1);
}

TEST_CASE("a person's language is guessed from their first mail that tells, kept, and used")
{
    PostRoom o;
    auto letter = o.v.letter("dora@legacy.test", "g@legacy.test", {to("alice@one.test")});
    letter.bytes = mime::Spool();
    letter.bytes.append(
        "From: dora@legacy.test\r\nTo: alice@one.test\r\nMessage-ID: <g@legacy.test>\r\nSubject: s\r\n\r\n"
        "Wir treffen uns am Montag, bitte bringt die Unterlagen mit und sagt es auch den anderen.\r\n");
    o.v.publish(std::move(letter));
    CHECK(o.v.words("select language from person where address = 'dora@legacy.test'") == "de");
    const auto m = o.send({"dora@legacy.test"});
    o.sent();
    o.edit(m, "Other words.");
    const auto mails = o.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "hat diese Nachricht am"));
}
