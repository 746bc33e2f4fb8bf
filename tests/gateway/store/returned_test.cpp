// returned_test: what comes back of mail that left: late reports, permanent and temporary failures, dead addresses, and
// an end to it all.
#include "gateway/ingress/one_click.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/relays.h"
#include "gateway/store/report_limits.h"
#include "village.h"

using namespace test;
using gateway::egress::Result;
using gateway::mapping::BounceAction;

namespace {

struct Letterbox {
    Letterbox() : post(v, io) {}

    ~Letterbox() { io.stop(); }

    email2::Message sent(
        const std::vector<std::string>& people = {"dora@legacy.test"}, const std::vector<std::string>& parents = {})
    {
        return v.native("alice@one.test", people, text("Plan", "First words."), parents);
    }

    // Everything that is due, with that outcome; to how many it went.
    std::size_t settle_all(Result result, const std::string& status)
    {
        std::size_t count = 0;
        for (auto jobs = post.claim(); !jobs.empty(); jobs = post.claim())
            for (const auto& job : jobs) {
                post.settle(job.id, result, status, status + " said the next hop");
                ++count;
            }
        return count;
    }

    void comes_back(const email2::Message& m, BounceAction action, const std::string& status)
    {
        const auto token =
            v.words("select token from token where action = 0 and message_id = " + std::to_string(v.id_of(m.id)) +
                    " order by expires limit 1");
        gateway::mapping::FailedRecipient report;
        report.action = action;
        report.failure = {"smtp", status, "mx.legacy.test", status + " told later"};
        CHECK(Post::wait(io, post.outbox.bounced(token, {report})));
    }

    std::string state(const email2::Message& m)
    {
        return v.words("select state || coalesce(':' || status, '') from delivery where message_id = " +
                       std::to_string(v.id_of(m.id)) + " order by person_id");
    }

    std::int64_t notices() { return v.number("select count(*) from message where kind = 3"); }

    std::int64_t marked(const email2::Message& m)
    {
        return v.number(
            "select count(*) from ref where flags & 64 <> 0 and message_id = " + std::to_string(v.id_of(m.id)));
    }

    Village v;
    asio::io_context io;
    Post post;
};

}  // namespace

TEST_CASE("a bounce that is here before we know that the mail was taken is not written over")
{
    Letterbox l;
    const auto m = l.sent();
    const auto jobs = l.post.claim();
    REQUIRE(jobs.size() == 1);
    l.comes_back(m, BounceAction::failed, "5.1.1");
    l.post.settle(jobs[0].id, Result::delivered);
    CHECK(l.state(m) == "4:5.1.1");
    CHECK(l.v.number("select count(*) from egress") == 0);
    CHECK(l.v.number("select count(*) from event where kind = 8") == 0);
    CHECK(l.marked(m) == 1);
}

TEST_CASE("late reports move the state of a delivery on: delayed, there after all, failed for good")
{
    Letterbox l;
    const auto m = l.sent();
    l.settle_all(Result::delivered, "2.0.0");
    l.comes_back(m, BounceAction::delayed, "4.4.1");
    CHECK(l.state(m) == "3:4.4.1");
    CHECK(l.marked(m) == 0);
    CHECK(l.notices() == 0);
    REQUIRE(l.v.verbs.edit(
        "alice@one.test", m.id, 1, text("Plan", "Other words.")));  // it has left us: they are told of what happens
    CHECK(l.settle_all(Result::delivered, "2.0.0") == 1);
    l.comes_back(m, BounceAction::delayed, "4.2.2");
    l.comes_back(m, BounceAction::delivered, "2.0.0");
    CHECK(l.state(m) == "1");
    CHECK(l.v.number("select count(*) from event where kind = 8") == 2);
    l.comes_back(m, BounceAction::failed, "5.2.2");
    CHECK(l.state(m) == "4:5.2.2");
    CHECK(l.marked(m) == 1);
    l.comes_back(m, BounceAction::delivered, "2.0.0");
    l.comes_back(m, BounceAction::delayed, "4.4.1");
    CHECK(l.state(m) == "4:5.2.2");
}

TEST_CASE("a follow-up that comes back says nothing about the message: they have it, and are told of what happens next")
{
    Letterbox l;
    const auto m = l.sent();
    l.settle_all(Result::delivered, "2.0.0");
    REQUIRE(l.v.verbs.edit("alice@one.test", m.id, 1, text("Plan", "Other words.")));
    auto jobs = l.post.claim();
    REQUIRE(jobs.size() == 1);
    const auto token = jobs[0].sender.substr(2, 32);
    l.post.settle(jobs[0].id, Result::delivered);
    gateway::mapping::FailedRecipient report;
    for (const auto* status : {"5.2.2", "5.1.1"}) {
        report.failure = {"smtp", status, "mx.legacy.test", "full"};
        CHECK(Post::wait(l.io, l.post.outbox.bounced(token, {report})));
    }
    CHECK(l.state(m) == "1");
    CHECK(l.marked(m) == 0);
    CHECK(l.notices() == 0);
    CHECK_FALSE(gateway::ingress::describe(l.v.session, token));
    REQUIRE(l.v.verbs.withdraw("alice@one.test", m.id));
    CHECK(l.settle_all(Result::delivered, "2.0.0") == 1);
}

TEST_CASE("follow-ups to a dead address stop, however they come back, and go on when it is tried again")
{
    Letterbox l;
    const auto m = l.sent();
    l.settle_all(Result::delivered, "2.0.0");
    std::uint32_t revision = 0;
    const auto edit = [&] {
        ++revision;
        REQUIRE(l.v.verbs.edit("alice@one.test", m.id, revision, text("Plan", "Words " + std::to_string(revision))));
    };
    for (int i = 0; i < store::limits::bounces_of_the_dead; ++i) {
        edit();
        if (i == 0) {  // refused at once
            CHECK(l.settle_all(Result::failed, "5.1.1") == 1);
            continue;
        }
        const auto jobs = l.post.claim();
        REQUIRE(jobs.size() == 1);
        l.post.settle(jobs[0].id, Result::delivered);
        gateway::mapping::FailedRecipient report;
        report.failure = {"smtp", "5.1.1", "mx.legacy.test", "unknown"};
        CHECK(Post::wait(l.io, l.post.outbox.bounced(jobs[0].sender.substr(2, 32), {report})));
    }
    edit();
    CHECK(l.settle_all(Result::delivered, "2.0.0") == 0);
    CHECK(l.v.number("select count(*) from egress") == 0);
    CHECK(l.state(m) == "1");
    l.v.session.query("update person set bounced_at = now() - interval '8 days' where bounces > 0");
    edit();
    CHECK(l.settle_all(Result::delivered, "2.0.0") == 1);
}

TEST_CASE("that a mail arrived is told to its author where they asked for it and another server says so")
{
    Letterbox l;
    const auto m = l.sent();
    l.settle_all(Result::delivered, "2.0.0");
    l.comes_back(m, BounceAction::delivered, "2.0.0");
    l.comes_back(m, BounceAction::delivered, "2.0.0");
    CHECK(l.notices() == 1);
    CHECK(l.state(m) == "1");
}

TEST_CASE("a temporary failure that lasted is final for its message and says nothing about the address")
{
    Letterbox l;
    const auto m = l.sent();
    const auto jobs = l.post.claim();
    REQUIRE(jobs.size() == 1);
    l.post.settle(jobs[0].id, Result::deferred, "4.4.1", "450 4.4.1 later");
    CHECK(l.state(m) == "3:4.4.1");
    CHECK(l.marked(m) == 0);
    l.v.session.query("update egress set due = now()");
    l.settle_all(Result::failed, "4.4.7");
    CHECK(l.state(m) == "4:4.4.7");
    CHECK(l.marked(m) == 1);
    CHECK(l.v.number("select bounces from person where address = 'dora@legacy.test'") == 0);
}

TEST_CASE("a dead address gets no more of what goes to a list, but of who writes to it, and is tried again")
{
    Letterbox l;
    const auto m = l.sent({"bob@one.test", "dora@legacy.test"});
    l.settle_all(Result::delivered, "2.0.0");
    for (int i = 0; i < store::limits::bounces_of_the_dead; ++i) {
        const auto answer = l.sent({}, {m.id.str()});
        CHECK(l.settle_all(Result::delivered, "2.0.0") == 1);
        l.comes_back(answer, BounceAction::failed, "5.1.1");
        l.comes_back(answer, BounceAction::failed, "5.1.1");  // once
    }
    CHECK(l.v.number("select bounces from person where address = 'dora@legacy.test'") ==
          store::limits::bounces_of_the_dead);
    const auto before = l.notices();
    const auto next = l.sent({}, {m.id.str()});
    CHECK(l.settle_all(Result::delivered, "2.0.0") == 0);
    CHECK(l.state(next) == "4:5.1.1");
    CHECK(l.notices() == before);  // known by now
    CHECK(l.marked(next) > 0);
    l.sent({"dora@legacy.test"});
    CHECK(l.settle_all(Result::delivered, "2.0.0") == 1);
    l.v.session.query("update person set bounced_at = now() - interval '8 days' where bounces > 0");
    const auto probe = l.sent({}, {m.id.str()});
    CHECK(l.settle_all(Result::delivered, "2.0.0") == 1);
    l.comes_back(probe, BounceAction::failed, "5.1.1");
    l.sent({}, {m.id.str()});
    CHECK(l.settle_all(Result::delivered, "2.0.0") == 0);
}

TEST_CASE("of many failures in one thread so many are told; all of them stand on the entries")
{
    Letterbox l;
    std::vector<std::string> people;
    for (int i = 0; i < store::limits::reports_of_thread + 5; ++i)
        people.push_back("p" + std::to_string(i) + "@legacy.test");
    const auto m = l.sent(people);
    CHECK(l.settle_all(Result::failed, "5.1.1") == people.size());
    CHECK(l.notices() == store::limits::reports_of_thread);
    CHECK(l.v.number("select count(*) from delivery where state = 4") == static_cast<std::int64_t>(people.size()));
    CHECK(l.marked(m) == 1);
    l.sent();
    l.settle_all(Result::failed, "5.2.2");
    CHECK(l.notices() == store::limits::reports_of_thread + 1);  // another thread
    l.v.session.query("update reported set at = at - interval '25 hours'");
    l.sent({}, {m.id.str()});
    l.settle_all(Result::failed, "5.2.2");
    CHECK(l.notices() > store::limits::reports_of_thread + 1);  // another day
}

TEST_CASE("of all threads together there is an end to reports as well")
{
    Letterbox l;
    for (int i = 0; i < store::limits::reports_of_person; ++i)
        CHECK(store::may_report(l.v.session, "alice@one.test", 1000 + i));
    CHECK_FALSE(store::may_report(l.v.session, "alice@one.test", 1));
    CHECK(store::may_report(l.v.session, "bob@one.test", 1));
}

TEST_CASE("nothing bounces a bounce: what leaves with the null sender brings no report when it fails")
{
    Letterbox l;
    auto receipt = l.v.letter("alice@one.test", "receipt@one.test", {to("dora@legacy.test")});
    receipt.submitted = true;
    receipt.null_sender = true;
    l.v.publish(std::move(receipt));
    const auto jobs = l.post.claim();
    REQUIRE(jobs.size() == 1);
    CHECK(jobs[0].sender == "");
    l.post.settle(jobs[0].id, Result::failed, "5.1.1", "550 no such user");
    CHECK(l.notices() == 0);
    CHECK(l.v.number("select state from delivery") == 4);

    const auto m = l.sent();
    l.settle_all(Result::delivered, "2.0.0");
    {
        store::Transaction transaction(l.v.session);
        store::Changes changes;
        store::leave_outside(l.v.session, changes, l.v.person("dora@legacy.test"), l.v.id_of(m.id));
        store::finish(l.v.session, changes);
        transaction.commit();
    }
    const auto confirmation = l.post.claim();
    REQUIRE(confirmation.size() == 1);
    CHECK(confirmation[0].sender == "");
    l.post.settle(confirmation[0].id, Result::failed, "5.1.1", "550 no such user");
    CHECK(l.notices() == 0);
    CHECK(l.post.claim().empty());
}

TEST_CASE("a reader outside reaches an author outside whose mail they were sent, and so often a day")
{
    Letterbox l;
    auto letter = l.v.letter("erik@far.test", "e@far.test", {to("alice@one.test")});
    l.v.publish(std::move(letter));
    l.sent({"dora@legacy.test"});
    const auto erik = l.v.person("erik@far.test"), dora = l.v.person("dora@legacy.test");
    using store::Reach;
    CHECK(store::reach(l.v.session, "dora@legacy.test", "erik@far.test") == Reach::stranger);
    store::note_relayed(l.v.session, {{erik, dora}, {erik, dora}});
    CHECK(
        store::reach(l.v.session, "erik@far.test", "dora@legacy.test") == Reach::stranger);  // not the other way round
    for (int i = 0; i < store::limits::answers_passed_on; ++i)
        CHECK(store::reach(l.v.session, "dora@legacy.test", "erik@far.test") == Reach::yes);
    CHECK(store::reach(l.v.session, "dora@legacy.test", "erik@far.test") == Reach::too_often);
    l.v.session.query("update relayed set day = day - 1");
    CHECK(store::reach(l.v.session, "dora@legacy.test", "erik@far.test") == Reach::yes);
}

TEST_CASE(
    "mail that its author's domain asks to put aside is in the Junk of each recipient, and counts as nobody's vote")
{
    Letterbox l;
    auto letter = l.v.letter("boss@mild.test", "q@mild.test", {to("alice@one.test"), to("bob@one.test")});
    letter.suspect = true;
    const auto first = l.v.publish(std::move(letter));
    CHECK(l.v.folders("alice", first.id) == "Junk");
    CHECK(l.v.folders("bob", first.id) == "Junk");
    CHECK(l.v.number("select count(*) from ref where flags & 2048 <> 0") == 2);
    CHECK(l.v.number("select count(*) from vote") == 0);
    const auto known = l.v.arrive("k@legacy.test", {to("alice@one.test")});
    auto answer = l.v.letter("boss@mild.test", "a@mild.test", {to("alice@one.test")}, {"k@legacy.test"});
    answer.suspect = true;
    CHECK(l.v.folders("alice", l.v.publish(std::move(answer)).id) == "Junk");
    CHECK(l.v.folders("alice", known.id) == "INBOX");
    auto later = l.v.letter("boss@mild.test", "q@mild.test", {to("carol@one.test")});
    later.suspect = true;
    CHECK(l.v.publish(std::move(later)).duplicate);
    CHECK(l.v.folders("carol", first.id) == "Junk");
    l.v.move("bob", first.id, "INBOX");
    CHECK(l.v.folders("bob", first.id) == "INBOX");
}

namespace {

// Dora's answer to alice's message, which erik gets by us; `proof`: whether it is shown to be hers.
store::Published answer_of_dora(Letterbox& l, const email2::Message& m, email2::Proof proof,
    const std::string& id = "answer@legacy.test", const std::string& header = "")
{
    auto letter = l.v.letter("dora@legacy.test", id, {});
    letter.proof = proof;
    if (proof == email2::Proof::none) {  // such a one is refused at a message's address
        letter.parents = {m.id.str()};
        letter.inherit = true;
    } else {
        letter.message_addresses = {m.id.str()};
    }
    letter.trace = "Return-Path: <dora@legacy.test>\r\n";
    mime::Spool bytes;
    bytes.append(
        "From: dora@legacy.test\r\nSubject: Re: Plan\r\nMessage-ID: <" + id + ">\r\n" + header + "\r\nWell?\r\n");
    letter.bytes = std::move(bytes);
    return l.v.publish(std::move(letter));
}

std::string entry_of(Letterbox& l, std::int64_t message, const char* who)
{
    return l.v.words(
        "select state || ':' || coalesce(status, '') from delivery d join person p on p.id = d.person_id where p.address = '" +
        std::string(who) + "' and message_id = " + std::to_string(message));
}

}  // namespace

TEST_CASE("whose answer we pass on to others outside is told by mail when it reaches one of them not")
{
    Letterbox l;
    const auto m = l.sent({"bob@one.test", "dora@legacy.test", "erik@far.test"});
    l.settle_all(Result::delivered, "2.0.0");
    const auto answer = answer_of_dora(l, m, email2::Proof::spf);
    auto jobs = l.post.claim();
    REQUIRE(jobs.size() == 1);
    CHECK(jobs[0].recipient == "erik@far.test");
    l.post.settle(jobs[0].id, Result::failed, "5.1.1", "550 5.1.1 no such user");
    CHECK(entry_of(l, answer.id, "erik@far.test") == "4:5.1.1");
    CHECK(l.notices() == 0);  // nobody here wrote it
    jobs = l.post.claim();
    REQUIRE(jobs.size() == 1);
    CHECK(jobs[0].recipient == "dora@legacy.test");
    CHECK(jobs[0].sender == "");
    CHECK(jobs[0].domain_of_author == "one.test");  // who signs it
    const auto report = l.post.content(jobs[0].id);
    const auto read = gateway::mapping::read_bounce(mime::parse(report), report);
    REQUIRE(read);
    REQUIRE(read->size() == 1);
    CHECK(read->front().address == "erik@far.test");
    CHECK(read->front().action == BounceAction::failed);
    CHECK(read->front().failure.status == "5.1.1");
    CHECK(report.find("In-Reply-To: <answer@legacy.test>") != std::string::npos);
    CHECK(report.find("Auto-Submitted: auto-replied") != std::string::npos);
    l.post.settle(jobs[0].id, Result::failed, "5.1.1", "550 no such user");  // nothing bounces a bounce
    CHECK(l.post.claim().empty());
    CHECK(l.v.number("select count(*) from egress") == 0);
}

TEST_CASE("a late bounce of a passed on answer is told once, and so many a day of one thread")
{
    Letterbox l;
    const auto m = l.sent({"dora@legacy.test", "erik@far.test"});
    l.settle_all(Result::delivered, "2.0.0");
    for (int i = 0; i < store::limits::reports_of_thread + 3; ++i) {
        const auto answer = answer_of_dora(l, m, email2::Proof::dkim, "a" + std::to_string(i) + "@legacy.test");
        CHECK(l.settle_all(Result::delivered, "2.0.0") == 1);
        const auto token = l.v.words(
            "select t.token from token t join person p on p.id = t.person_id where p.address = 'erik@far.test' and t.action = 0 and t.message_id = " +
            std::to_string(answer.id));
        gateway::mapping::FailedRecipient failed;
        failed.failure = {"smtp", "5.2.2", "mx.far.test", "552 5.2.2 full"};
        CHECK(Post::wait(l.io, l.post.outbox.bounced(token, {failed})));
        CHECK(Post::wait(l.io, l.post.outbox.bounced(token, {failed})));
        CHECK(entry_of(l, answer.id, "erik@far.test") == "4:5.2.2");
        CHECK(l.settle_all(Result::delivered, "2.0.0") == (i < store::limits::reports_of_thread ? 1 : 0));
    }
}

TEST_CASE(
    "who only claims to have written an answer, a program, and who wants no report is told nothing of its failure")
{
    Letterbox l;
    const auto m = l.sent({"dora@legacy.test", "erik@far.test"});
    l.settle_all(Result::delivered, "2.0.0");
    answer_of_dora(l, m, email2::Proof::none, "claimed@legacy.test");
    answer_of_dora(l, m, email2::Proof::spf, "away@legacy.test", "Auto-Submitted: auto-replied\r\n");
    answer_of_dora(l, m, email2::Proof::spf, "list@legacy.test", "List-Id: <x.legacy.test>\r\n");
    auto silent = l.v.letter("dora@legacy.test", "silent@legacy.test", {});
    silent.proof = email2::Proof::spf;
    silent.message_addresses = {m.id.str()};
    silent.trace = "Return-Path: <>\r\n";
    l.v.publish(std::move(silent));
    CHECK(l.settle_all(Result::failed, "5.2.2") >= 3);
    CHECK(l.v.number("select count(*) from egress") == 0);
}

TEST_CASE("a report names nobody whom its reader wrote to by an address that stands for them")
{
    Letterbox l;
    auto letter = l.v.letter("erik@far.test", "e@far.test", {to("alice@one.test")});
    l.v.publish(std::move(letter));
    const auto erik = l.v.person("erik@far.test");
    const auto relay = "a-" + store::token_for(l.v.session, erik, 0, store::TokenAction::relay) + "@one.test";
    auto answer = l.v.letter("dora@legacy.test", "private@legacy.test", {to("erik@far.test")});
    answer.recipients[0].passed_on = true;
    answer.proof = email2::Proof::spf;
    answer.trace = "Return-Path: <dora@legacy.test>\r\n";
    mime::Spool bytes;
    bytes.append("From: dora@legacy.test\r\nTo: " + relay + "\r\nSubject: Between us\r\n\r\nWell?\r\n");
    answer.bytes = std::move(bytes);
    l.v.publish(std::move(answer));
    auto jobs = l.post.claim();
    REQUIRE(jobs.size() == 1);
    l.post.settle(jobs[0].id, Result::failed, "5.1.1", "550 erik@far.test is unknown");
    jobs = l.post.claim();
    REQUIRE(jobs.size() == 1);
    const auto report = l.post.content(jobs[0].id);
    CHECK(report.find(relay) != std::string::npos);
    CHECK(report.find("erik@far.test") == std::string::npos);
}
