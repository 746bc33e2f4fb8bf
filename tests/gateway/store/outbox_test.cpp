#include "gateway/store/follow_ups.h"
#include "village.h"

using namespace test;
using gateway::egress::Result;

namespace {

std::string egress(Village& v)
{
    return v.words("select e.kind::text || ':' || p.address from egress e join person p on p.id = "
                   "e.person_id order by e.id");
}

std::string state_of(Village& v, const std::string& address)
{
    return v.words("select state from delivery d join person p on p.id = d.person_id where p.address = '" + address +
                   "' order by message_id");
}

struct Sending {
    Sending() : post(v, io) {}

    ~Sending() { io.stop(); }

    email2::Message sent(const char* body = "First words.")
    {
        return v.native("alice@one.test", {"bob@one.test", "dora@legacy.test"}, text("Plan", body));
    }

    email2::Message edited(const email2::Message& m, const char* body = "Other words.")
    {
        auto done =
            v.verbs.edit("alice@one.test", m.id, v.verbs.get("alice@one.test", m.id, {})->revision, text("Plan", body));
        REQUIRE(done);
        return *done;
    }

    Village v;
    asio::io_context io;
    Post post;
};

}  // namespace

TEST_CASE("a pending mail that is edited leaves once, with the newest words; withdrawn, it never leaves")
{
    Sending s;
    const auto m = s.sent();
    s.edited(m);
    const auto mails = s.post.deliver_all();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].find("Other words.") != std::string::npos);
    CHECK(state_of(s.v, "dora@legacy.test") == "1");

    const auto never = s.sent();
    REQUIRE(s.v.verbs.withdraw("alice@one.test", never.id));
    CHECK(egress(s.v) == "");
    CHECK(state_of(s.v, "dora@legacy.test") == "1 5");
    REQUIRE(s.v.verbs.undelete("alice@one.test", never.id));
    CHECK(s.post.deliver_all().size() == 1);
    CHECK(state_of(s.v, "dora@legacy.test") == "1 1");
}

TEST_CASE("who has the mail gets one follow-up for all edits, one for withdrawing, one for restoring")
{
    Sending s;
    const auto m = s.sent();
    s.post.deliver_all();
    s.edited(m, "Second words.");
    s.edited(m, "Third words.");
    CHECK(egress(s.v) == "1:dora@legacy.test");
    auto mails = s.post.deliver_all();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].find("Third words.") != std::string::npos);
    CHECK(s.v.number("select revision from delivery") == 3);
    s.edited(m, "Back again.");
    s.edited(m, "Third words.");
    CHECK(s.post.deliver_all().empty());  // changed back
    REQUIRE(s.v.verbs.withdraw("alice@one.test", m.id));
    CHECK(s.post.deliver_all().size() == 1);
    REQUIRE(s.v.verbs.undelete("alice@one.test", m.id));
    CHECK(s.post.deliver_all().size() == 1);
    REQUIRE(s.v.verbs.withdraw("alice@one.test", m.id));
    REQUIRE(s.v.verbs.undelete("alice@one.test", m.id));
    CHECK(s.post.deliver_all().empty());  // never told of either
}

TEST_CASE("an edit that waits while its message is withdrawn and restored untold is told all the same")
{
    Sending s;
    const auto m = s.sent();
    s.post.deliver_all();
    s.edited(m, "Second words.");
    REQUIRE(s.v.verbs.withdraw("alice@one.test", m.id));
    REQUIRE(s.v.verbs.undelete("alice@one.test", m.id));
    CHECK(egress(s.v) == "1:dora@legacy.test");
    s.edited(m, "Third words.");
    const auto mails = s.post.deliver_all();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].find("Third words.") != std::string::npos);
}

TEST_CASE("who was told of a withdrawal, and not yet that it was taken back, is told of no second one")
{
    Sending s;
    const auto m = s.sent();
    s.post.deliver_all();
    REQUIRE(s.v.verbs.withdraw("alice@one.test", m.id));
    CHECK(s.post.deliver_all().size() == 1);
    REQUIRE(s.v.verbs.undelete("alice@one.test", m.id));
    REQUIRE(s.v.verbs.withdraw("alice@one.test", m.id));
    CHECK(s.post.deliver_all().empty());
    REQUIRE(s.v.verbs.undelete("alice@one.test", m.id));
    CHECK(egress(s.v) == "6:dora@legacy.test");
    CHECK(s.post.deliver_all().size() == 1);
}

TEST_CASE("an edit while the mail is on its way is told after it, once")
{
    Sending s;
    const auto m = s.sent();
    const auto jobs = s.post.claim();
    REQUIRE(jobs.size() == 1);
    s.edited(m);
    CHECK(s.post.claim().empty());
    s.post.settle(jobs[0].id, Result::delivered);
    CHECK(egress(s.v) == "1:dora@legacy.test");
    CHECK(s.post.deliver_all().size() == 1);
}

TEST_CASE("an edit while the follow-up of another is on its way makes one more, not two")
{
    Sending s;
    const auto m = s.sent();
    s.post.deliver_all();
    s.edited(m, "Second words.");
    const auto jobs = s.post.claim();
    REQUIRE(jobs.size() == 1);
    s.edited(m, "Third words.");
    s.post.settle(jobs[0].id, Result::delivered);
    CHECK(egress(s.v) == "1:dora@legacy.test");
}

TEST_CASE("withdrawing while a mail or a follow-up is on its way is told once")
{
    Sending s;
    const auto m = s.sent();
    auto jobs = s.post.claim();
    REQUIRE(s.v.verbs.withdraw("alice@one.test", m.id));
    CHECK(egress(s.v) == "0:dora@legacy.test");
    s.post.settle(jobs[0].id, Result::delivered);
    CHECK(egress(s.v) == "5:dora@legacy.test");
    CHECK(s.post.deliver_all().size() == 1);

    const auto n = s.sent();
    s.post.deliver_all();
    s.edited(n);
    jobs = s.post.claim();
    REQUIRE(s.v.verbs.withdraw("alice@one.test", n.id));
    s.post.settle(jobs[0].id, Result::delivered);
    CHECK(egress(s.v) == "5:dora@legacy.test");
}

TEST_CASE("a mail deferred while it was withdrawn is held back, and sent when it is restored")
{
    Sending s;
    const auto m = s.sent();
    const auto jobs = s.post.claim();
    REQUIRE(s.v.verbs.withdraw("alice@one.test", m.id));
    s.post.settle(jobs[0].id, Result::deferred, "4.3.0", "451 later");
    CHECK(s.post.claim().empty());
    CHECK(state_of(s.v, "dora@legacy.test") == "5");
    REQUIRE(s.v.verbs.undelete("alice@one.test", m.id));
    CHECK(s.post.deliver_all().size() == 1);
}

TEST_CASE("a withdrawal that was deferred is not told after the message is back")
{
    Sending s;
    const auto m = s.sent();
    s.post.deliver_all();
    REQUIRE(s.v.verbs.withdraw("alice@one.test", m.id));
    const auto jobs = s.post.claim();
    REQUIRE(jobs.size() == 1);
    REQUIRE(s.v.verbs.undelete("alice@one.test", m.id));
    s.post.settle(jobs[0].id, Result::deferred, "4.3.0", "451 later");
    s.v.session.query("update egress set due = now()");
    const auto mails = s.post.deliver_all();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].find("Withdrawn") == std::string::npos);
    CHECK(s.v.number("select count(*) from egress") == 0);
}

TEST_CASE("who left hears of no edit, withdrawal or answer, also when a mail to them was on its way")
{
    Sending s;
    const auto m = s.sent();
    s.post.deliver_all();
    const auto waiting = s.v.native("bob@one.test", {}, text("Re", "An answer."), {m.id.str()});
    auto jobs = s.post.claim();
    REQUIRE(jobs.size() == 1);
    {
        store::Transaction transaction(s.v.session);
        store::Changes changes;
        store::leave_outside(s.v.session, changes, s.v.person("dora@legacy.test"), s.v.id_of(m.id));
        store::finish(s.v.session, changes);
        transaction.commit();
    }
    s.post.settle(jobs[0].id, Result::deferred, "4.3.0", "451 later");
    auto mails = s.post.deliver_all();
    REQUIRE(mails.size() == 1);  // the confirmation
    s.edited(m);
    s.v.native("bob@one.test", {}, text("Re", "More."), {m.id.str()});
    REQUIRE(s.v.verbs.withdraw("alice@one.test", m.id));
    REQUIRE(s.v.verbs.undelete("alice@one.test", m.id));
    CHECK(s.post.deliver_all().empty());
    {
        store::Transaction transaction(s.v.session);
        store::Changes changes;
        CHECK(store::rejoin_outside(s.v.session, changes, s.v.person("dora@legacy.test"), s.v.id_of(m.id)));
        store::finish(s.v.session, changes);
        transaction.commit();
    }
    mails = s.post.deliver_all();
    REQUIRE(mails.size() == 1);  // the digest
    CHECK(mails[0].find("More.") != std::string::npos);
    CHECK(mails[0].find("Other words.") != std::string::npos);
}

TEST_CASE("what is posted after somebody was added comes by itself, not in their digest as well")
{
    Sending s;
    const auto m = s.sent();
    s.post.deliver_all();
    email2::ListChange change;
    change.add.push_back({.address = "erik@far.test"});
    REQUIRE(s.v.verbs.change_list("bob@one.test", m.id, change));
    s.v.native("bob@one.test", {}, text("Re", "The newest."), {m.id.str()});
    int seen = 0;
    for (const auto& mail : s.post.deliver_all())
        if (mail.starts_with("To: erik@far.test"))
            for (auto at = mail.find("The newest."); at != std::string::npos; at = mail.find("The newest.", at + 1))
                ++seen;
    CHECK(seen == 1);
}

TEST_CASE("what a dead process was at is taken up by another, and what a living one has is not")
{
    Sending s;
    s.sent();
    Post other(s.v, s.io);
    {
        Post dying(s.v, s.io);
        CHECK(dying.claim().size() == 1);
        CHECK(other.claim().empty());
    }
    s.post.run_until_unlocked(s.v);
    CHECK(other.claim().size() == 1);
}

TEST_CASE("a claim whose answer was lost is claimed again by the same process")
{
    Sending s;
    s.sent();
    auto jobs = s.post.claim();
    REQUIRE(jobs.size() == 1);
    s.post.settle(jobs[0].id, Result::released);
    s.v.session.query("update egress set owner = (select objid::int8::int4 from pg_locks where locktype = "
                      "'advisory' and classid = 3 "
                      "and database = (select oid from pg_database where datname = current_database()))");
    CHECK(s.post.claim().size() == 1);
}

TEST_CASE("an outcome that is told twice counts once; one row that cannot be made holds up no other")
{
    Sending s;
    const auto m = s.sent();
    const auto jobs = s.post.claim();
    s.post.settle(jobs[0].id, Result::deferred, "4.3.0", "451 later");
    s.post.settle(jobs[0].id, Result::deferred, "4.3.0", "451 later");
    CHECK(s.v.number("select tries from egress") == 1);
    s.post.deliver_all();
    s.edited(m);
    s.v.session.query("update revision set document = 'no xml' where number = 1");
    s.sent();
    CHECK(s.post.deliver_all().size() == 1);
}

TEST_CASE("a reply in no known charset settles a delivery all the same")
{
    Sending s;
    s.sent();
    const auto jobs = s.post.claim();
    s.post.settle(jobs[0].id, Result::deferred, "4.3.0", std::string("451 \xff\xfe\0 later", 15));
    const auto again = s.post.claim();
    REQUIRE(again.size() == 1);
    s.post.settle(again[0].id, Result::failed, "5.1.1", std::string("550 \xff\xfe\0 gone", 14));
    CHECK(state_of(s.v, "dora@legacy.test") == "4");
}

TEST_CASE("a failure stands on the entry, marks the message and brings the author one report")
{
    Sending s;
    const auto m = s.sent();
    const auto jobs = s.post.claim();
    s.post.settle(jobs[0].id, Result::failed, "5.1.1", "550 5.1.1 no such user");
    s.post.settle(jobs[0].id, Result::failed, "5.1.1", "550 5.1.1 no such user");
    const auto seen = s.v.verbs.get("alice@one.test", m.id, {});
    bool failed = false;
    for (const auto& entry : seen->to.entries)
        if (entry.person.address == "dora@legacy.test") {
            REQUIRE(entry.delivery->failure);
            failed = entry.delivery->failure->status == "5.1.1";
        }
    CHECK(failed);
    CHECK(s.v.number("select count(*) from message where kind = 3") == 1);
    const auto notice = s.v.number("select id from message where kind = 3");
    CHECK(s.v.folders("alice", notice) != "");
    CHECK(s.v.folders("bob", notice) == "");
    CHECK(s.v.number("select count(*) from ref where flags & 64 <> 0 and message_id = " +
                     std::to_string(s.v.id_of(m.id))) == 1);

    const auto n = s.sent();
    s.post.deliver_all();
    const auto token =
        s.v.words("select token from token where action = 0 and message_id = " + std::to_string(s.v.id_of(n.id)));
    gateway::mapping::FailedRecipient report;
    report.failure = {"smtp", "5.2.1", "mx.legacy.test", "550 disabled"};
    CHECK(Post::wait(s.io, s.post.outbox.bounced(token, {report})));
    CHECK(Post::wait(s.io, s.post.outbox.bounced(token, {report})));
    CHECK(!Post::wait(s.io, s.post.outbox.bounced("nonsense", {report})));
    CHECK(s.v.number("select count(*) from message where kind = 3") == 2);
    CHECK(state_of(s.v, "dora@legacy.test") == "4 4");
}
