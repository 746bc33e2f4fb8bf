// votes_test: votes natively and by moving to Junk, what they move, and what they do to trust, on the real database.
#include "gateway/store/upkeep.h"
#include "gateway/store/votes.h"
#include "village.h"

#include <future>

using namespace test;
using email2::Code;
using email2::Verdict;
using email2::Vote;

namespace {

struct Street : Village {
    Street() { REQUIRE(store::create_account(session, "erin@one.test", "verifier")); }

    store::Published spam(
        const std::string& id, const std::string& client = "192.0.2.7", const std::string& authentication = "")
    {
        auto message = letter("dora@legacy.test", id,
            {to("alice@one.test"), to("bob@one.test"), to("carol@one.test"), to("erin@one.test")});
        message.client = client;
        message.authentication = authentication;
        return publish(std::move(message));
    }

    void vote(const std::string& who, const store::Published& m)
    {
        REQUIRE(verbs.vote(who + "@one.test", m.name, Vote::spam));
    }
};

}  // namespace

TEST_CASE("three votes by moving to Junk move a mail there in every store, also where nobody saw it")
{
    Street v;
    v.folder("erin", "Work");
    const auto m = v.spam("m@x");
    v.move("erin", m.id, "Work");
    v.move("alice", m.id, "Junk");
    v.move("bob", m.id, "Junk");
    CHECK(v.folders("erin", m.id) == "Work");
    CHECK(v.folders("carol", m.id) == "INBOX");
    v.move("carol", m.id, "Junk");
    CHECK(v.folders("erin", m.id) == "Junk");
    CHECK(v.number("select count(*) from event where kind = 10") == 1);
    CHECK(v.number("select count(*) from voter where agreed = 1") == 3);
    CHECK(
        v.number("select count(*) from ref where flags & 2048 <> 0") == 1);  // $Junk on what was moved by others' votes
    // Whom the same mail reaches later has it in Junk at once.
    REQUIRE(store::create_account(v.session, "frank@one.test", "verifier"));
    CHECK(v.arrive("m@x", {to("frank@one.test")}).duplicate);
    CHECK(v.folders("frank", m.id) == "Junk");
    // It is moved once: who takes it out keeps it, and a fourth vote moves nothing.
    v.move("erin", m.id, "INBOX");
    v.move("alice", m.id, "INBOX");
    v.vote("erin", m);
    CHECK(v.folders("alice", m.id) == "INBOX");
    CHECK(v.number("select count(*) from event where kind = 10") == 1);
}

TEST_CASE("moving out of Junk takes a vote back, emptying Junk into Trash does not")
{
    Street v;
    const auto m = v.spam("m@x");
    v.move("alice", m.id, "Junk");
    v.move("bob", m.id, "Junk");
    v.move("alice", m.id, "INBOX");
    v.move("carol", m.id, "Junk");
    CHECK(v.folders("erin", m.id) == "INBOX");
    v.move("carol", m.id, "Trash");
    v.vote("erin", m);
    CHECK(v.folders("alice", m.id) == "Junk");
    CHECK(v.folders("carol", m.id) == "Trash");
}

TEST_CASE("a vote is once, for who may read, not on one's own, and messages of accounts here stay where they are")
{
    Street v;
    const auto m = v.spam("m@x");
    for (int i = 0; i < 5; ++i) v.vote("alice", m);
    v.vote("bob", m);
    CHECK(v.folders("carol", m.id) == "INBOX");
    REQUIRE(v.verbs.vote("bob@one.test", m.name, Vote::none));
    REQUIRE(v.verbs.vote("bob@one.test", m.name, Vote::none));
    CHECK(v.number("select count(*) from vote") == 1);
    const auto own =
        v.native("alice@one.test", {"bob@one.test", "carol@one.test", "erin@one.test"}, text("Buy", "Buy."));
    CHECK(v.verbs.vote("alice@one.test", own.id, Vote::spam).error().code == Code::forbidden);
    for (const auto* who : {"bob@one.test", "carol@one.test", "erin@one.test"})
        REQUIRE(v.verbs.vote(who, own.id, Vote::spam));
    CHECK(v.folders("bob", v.id_of(own.id)) == "INBOX");
    const auto other = v.arrive("o@x", {to("bob@one.test")});
    CHECK(v.verbs.vote("alice@one.test", other.name, Vote::spam).error().code == Code::not_found);
}

TEST_CASE("who was alone with their votes counts less, and old votes close")
{
    Street v;
    const auto old = v.spam("old@x");
    v.vote("alice", old);
    v.session.query("update vote set at = now() - interval '15 days'");
    REQUIRE(store::upkeep(v.session, {}));
    CHECK(v.number("select count(*) from vote") == 0);
    CHECK(v.number("select alone from voter") == 1);
    v.session.query(
        "insert into voter(person_id, alone) select id, 9 from person where class = 0 on conflict (person_id) do update set alone = 9");
    const auto m = v.spam("m@x");
    for (const auto* who : {"alice", "bob", "carol", "erin"}) v.vote(who, m);
    CHECK(v.number("select count(*) from moderated") == 0);
}

TEST_CASE("of three votes at the same time one moderates, and a crash before that is made up for")
{
    Street v;
    for (int round = 0; round < 5; ++round) {
        const auto m = v.spam("m" + std::to_string(round) + "@x");
        std::vector<std::future<bool>> votes;
        for (const auto* who : {"alice@one.test", "bob@one.test", "carol@one.test"})
            votes.push_back(std::async(std::launch::async, [&v, &m, who] {
                store::Session session(v.url);
                store::PostgresStore verbs(session, v.writer, v.settings);
                return verbs.vote(who, m.name, Vote::spam).has_value();
            }));
        for (auto& vote : votes) CHECK(vote.get());
        CHECK(v.folders("erin", m.id) == "Junk");
    }
    const auto m = v.spam("unsettled@x");
    v.session.query(
        "insert into vote(message_id, person_id) select $1, id from person where address in ('alice@one.test', 'bob@one.test', 'carol@one.test')",
        m.id);
    REQUIRE(store::upkeep(v.session, {}));
    CHECK(v.folders("erin", m.id) == "Junk");
}

TEST_CASE("votes lower the trust of the network, or of the domain that was proven, and it comes back")
{
    Street v;
    const auto three = [&](const store::Published& m) {
        for (const auto* who : {"alice", "bob", "carol"}) v.vote(who, m);
    };
    const std::string network = "net:192.0.2.0/24";
    CHECK(store::verdict_on(v.session, network) == Verdict::take);
    store::count_arrivals(v.session, {{network, 2}, {"domain:good.test", 1000}});
    const auto first = v.spam("1@x"), second = v.spam("2@x");
    v.vote("alice", first);
    v.vote("bob", first);
    CHECK(store::verdict_on(v.session, network) == Verdict::take);  // nobody agreed yet
    v.vote("carol", first);
    CHECK(store::verdict_on(v.session, network) == Verdict::defer);
    three(second);
    CHECK(store::verdict_on(v.session, network) == Verdict::refuse);
    CHECK(store::verdict_on(v.session, "net:198.51.100.0/24") == Verdict::take);
    // Taken back, they count no more.
    for (const auto* who : {"alice@one.test", "bob@one.test", "carol@one.test"}) {
        REQUIRE(v.verbs.vote(who, second.name, Vote::none));
        REQUIRE(v.verbs.vote(who, second.name, Vote::none));
    }
    CHECK(store::verdict_on(v.session, network) == Verdict::defer);
    v.session.query("update trust set at = now() - interval '90 days' where source = $1", network);
    CHECK(store::verdict_on(v.session, network) == Verdict::take);

    three(v.spam("3@x", "203.0.113.9", "spf=pass dkim=pass dmarc=pass domain=good.test"));
    CHECK(store::verdict_on(v.session, "net:203.0.113.0/24") == Verdict::take);
    CHECK(store::verdict_on(v.session, "domain:good.test") == Verdict::take);  // 3 of 1000
    three(v.spam("4@x", "203.0.113.9", "dkim=pass domain=bad.test"));
    three(v.spam("5@x", "203.0.113.9", "dkim=pass domain=bad.test"));
    CHECK(store::verdict_on(v.session, "domain:bad.test") == Verdict::refuse);
    v.native("alice@one.test", {"someone@bad.test"}, text("Stop", "Please stop."));
    CHECK(store::is_written_to(v.session, "bad.test"));
    CHECK(store::verdict_on(v.session, "domain:bad.test") == Verdict::take);
}

TEST_CASE(
    "who comes onto a list after a message was moderated has that one in Junk, and what answers it at the top level")
{
    Street v;
    auto letter = v.letter("dora@legacy.test", "m@x", {to("alice@one.test"), to("bob@one.test"), to("carol@one.test")});
    letter.client = "192.0.2.7";
    const auto m = v.publish(std::move(letter));
    const auto answer = v.submit(
        "alice@one.test", "a@one", {to("dora@legacy.test"), to("bob@one.test"), to("carol@one.test")}, {"m@x"});
    for (const auto* who : {"alice", "bob", "carol"}) v.vote(who, m);
    CHECK(v.folders("bob", m.id) == "Junk");
    const auto withdrawn = v.native("bob@one.test", {}, text("Re", "no"), {m.name.str()});
    REQUIRE(v.verbs.withdraw("bob@one.test", withdrawn.id));
    // Added by a verb, and brought in by an answer.
    REQUIRE(v.verbs.change_list("bob@one.test", m.name, {.add = {{.address = "erin@one.test"}}}));
    CHECK(v.folders("erin", m.id) == "Junk");
    CHECK(v.folders("erin", answer.id) == "INBOX");
    REQUIRE(v.verbs.undelete("bob@one.test", withdrawn.id));
    CHECK(v.folders("erin", v.id_of(withdrawn.id)) == "INBOX");
    REQUIRE(store::create_account(v.session, "frank@one.test", "verifier"));
    v.submit("bob@one.test", "b@one",
        {to("alice@one.test"), to("carol@one.test"), to("frank@one.test"), to("dora@legacy.test")}, {"m@x"});
    if (!v.folders("frank", m.id).empty()) CHECK(v.folders("frank", m.id) == "Junk");
    REQUIRE(v.verbs.change_list("bob@one.test", m.name, {.add = {{.address = "frank@one.test"}}}));
    CHECK(v.folders("frank", m.id) == "Junk");
}
