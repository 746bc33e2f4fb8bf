// list_follow_ups_test: what correspondents on a mailing list, its guests, and those of several threads are told, and
// what they leave by it.
#include "club.h"
#include "gateway/ingress/one_click.h"
#include "gateway/mapping/mail_in.h"
#include "post_room.h"

#include <regex>

using namespace test;
using email2::Posting;

namespace {

struct ClubPost : Club {
    using Club::Club;

    std::vector<std::string> sent() { return post_.deliver_all(); }

    void edit(const email2::Name& id, const char* body)
    {
        const auto now = verbs.get("alice@one.test", id, {});
        REQUIRE(now);
        REQUIRE(verbs.edit("alice@one.test", id, now->revision, text(now->content.subject, body)));
    }

    // A POST to the link after these words.
    std::string click(const std::string& mail, const std::string& words)
    {
        const auto page = gateway::ingress::perform(session, link_after(mail, words));
        return page ? page->title + ": " + page->text : "";
    }

    asio::io_context io;
    Post post_{*this, io};
};

std::string plain(const std::string& mail)
{
    return std::regex_replace(std::regex_replace(mail, std::regex("=\r\n"), ""), std::regex(" \r\n"), " ");
}

}  // namespace

TEST_CASE("a follow-up on a post bears the list's fields, and leaving by it is leaving the list")
{
    ClubPost v(Posting::members, {"bob@one.test", "dora@legacy.test"});
    const auto post = v.post("alice@one.test", "Party", v.root);
    REQUIRE(post);
    REQUIRE(v.sent().size() == 1);
    v.edit(post->id, "On Friday.");
    auto mails = v.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "List-Id: News <news.one.test>\r\n"));
    CHECK(has(mails[0], "List-Post: <mailto:news@one.test>\r\n"));
    CHECK(has(mails[0], "Precedence: list\r\n"));
    CHECK(has(mails[0], "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    CHECK(has(mails[0], "Leave the list news@one.test: "));
    CHECK_FALSE(has(mails[0], "Leave this conversation"));

    const auto shown = gateway::ingress::describe(v.session, link_after(mails[0], "Leave the list"));
    REQUIRE(shown);
    CHECK(shown->title == "Leave a list");
    CHECK(
        v.click(mails[0], "Leave the list") ==
        "You have left the list: You get nothing more that is posted to “News”. A mail that says how to come back is on its way.");
    mails = v.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "Subject: You are off the list News\r\n"));
    CHECK(has(plain(mails[0]), "You left the list news@one.test on "));
    CHECK_FALSE(has(mails[0], "In-Reply-To:"));  // a list is no mail
    REQUIRE(v.post("alice@one.test", "Later", v.root));
    CHECK(v.sent().empty());

    CHECK(has(v.click(mails[0], "To come back"), "You are on the list"));
    mails = v.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "Subject: You are on the list News\r\n"));
    REQUIRE(v.post("alice@one.test", "Again", v.root));
    CHECK(v.sent().size() == 1);
}

TEST_CASE("a follow-up that another list would bring back to ours is known here, as a post is")
{
    ClubPost v(Posting::anyone, {"list@two.test"});
    const auto post = v.post("alice@one.test", "Party", v.root);
    REQUIRE(post);
    const auto first = v.sent();
    REQUIRE(first.size() == 1);
    v.edit(post->id, "On Friday.");
    const auto then = v.sent();
    REQUIRE(then.size() == 1);
    for (const auto& mail : {first[0], then[0]}) {
        const auto marks = gateway::mapping::read_facts(mime::parse(mail), mail).loop_marks;
        REQUIRE(marks.size() == 1);
        CHECK(marks[0].by == "one.test");
        CHECK(marks[0].list == "news@one.test");
        CHECK(marks[0].address == "list@two.test");
    }
}

TEST_CASE("a guest of a list leaves the conversation, which the list goes on with, and comes back to it alone")
{
    ClubPost v(Posting::anyone);
    const auto question = v.mail("guest@legacy.test", "question@legacy.test", email2::Proof::dkim);
    REQUIRE(question);
    REQUIRE(v.post("alice@one.test", "First answer", question->name));
    auto mails = v.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "List-Id: News"));
    CHECK(has(v.click(mails[0], "List-Unsubscribe"), "You have left"));
    mails = v.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(plain(mails[0]), "You left this conversation on "));
    REQUIRE(v.post("alice@one.test", "Second answer", question->name));
    REQUIRE(v.post("alice@one.test", "Another matter", v.root));
    CHECK(v.sent().empty());
    CHECK(has(v.click(mails[0], "To come back"), "You are back"));
    mails = v.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "Second answer"));
    CHECK_FALSE(has(mails[0], "Another matter"));
    REQUIRE(v.post("alice@one.test", "Third answer", question->name));
    CHECK(v.sent().size() == 1);
}

TEST_CASE("whoever gets an answer to two threads leaves both by its link, and comes back to both")
{
    PostRoom o;
    const auto one = o.send({"dora@legacy.test"}, "One"), two = o.send({"dora@legacy.test"}, "Two");
    const auto both = o.v.native("alice@one.test", {}, text("Both", "First words."), {one.id.str(), two.id.str()});
    CHECK(o.sent().size() == 3);
    o.edit(both, "Other words.");
    auto mails = o.sent();
    REQUIRE(mails.size() == 1);
    REQUIRE(gateway::ingress::perform(o.v.session, link_after(mails[0], "Leave this conversation")));
    mails = o.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "You left this conversation"));
    const auto dora = std::to_string(o.v.person("dora@legacy.test"));
    CHECK(o.v.words("select membership from entry where person_id = " + dora) == "1 1");
    for (const auto& parent : {one, two}) o.v.native("alice@one.test", {}, text("More", "More."), {parent.id.str()});
    CHECK(o.sent().empty());
    REQUIRE(gateway::ingress::perform(o.v.session, link_after(mails[0], "To come back")));
    mails = o.sent();
    REQUIRE(mails.size() == 1);
    CHECK(o.v.words("select membership from entry where person_id = " + dora) == "0 0");
    std::size_t digested = 0;
    for (auto at = mails[0].find("Subject: More\r\n"); at != std::string::npos;
        at = mails[0].find("Subject: More\r\n", at + 1))
        ++digested;
    CHECK(digested == 2);
}

TEST_CASE("whom an owner subscribes at a post gets that post, and none of those before it")
{
    ClubPost v;
    const auto before = v.post("alice@one.test", "Before", v.root), post = v.post("alice@one.test", "Party", v.root);
    REQUIRE(post);
    REQUIRE(v.verbs.change_list(
        "alice@one.test", post->id, {.add = {{.address = "carol@one.test"}, {.address = "dora@legacy.test"}}}));
    CHECK(v.folders("carol", v.id_of(before->id)) == "");
    CHECK(v.folders("carol", v.id_of(post->id)) == "INBOX");
    const auto mails = v.sent();
    REQUIRE(mails.size() == 1);
    CHECK(has(mails[0], "Subject: You are on the list News\r\n"));
    const auto later = v.post("alice@one.test", "Later", v.root);
    CHECK(v.folders("carol", v.id_of(later->id)) == "INBOX");
    CHECK(v.sent().size() == 1);
}
