// abuse_test: rates, votes, trust: tables of what is too much.
#include "email2/abuse.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace email2;
using namespace std::chrono_literals;

namespace {

const Time start{1'800'000'000'000ms};  // the beginning of a stretch of 30 s

// When a sender of one message every `gap` is too fast for the first time; nullopt: not within an hour.
std::optional<std::chrono::milliseconds> stopped_after(
    std::chrono::milliseconds gap, std::chrono::milliseconds from = 0ms)
{
    Pace pace;
    for (auto at = from; at < from + 1h; at += gap) {
        const auto paced = publish_at(pace, {30s, 5min}, start + at);
        if (paced.too_fast) return at - from;
        pace = paced.next;
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("more than one message every 30 s is too fast once it was kept up for 5 minutes")
{
    CHECK(!stopped_after(60s));
    CHECK(!stopped_after(30s));
    CHECK(!stopped_after(31s));
    for (const auto gap : {15s, 10s, 1s}) {
        CAPTURE(gap.count());
        const auto after = stopped_after(gap);
        REQUIRE(after);
        CHECK(*after >= 5min);
        CHECK(*after <= 5min + 30s);
    }
    CHECK(stopped_after(1s, 29s) >= 5min);  // the half minute in which it began counts only when there were two in it
}

TEST_CASE("a burst is not kept up, and neither is what pauses")
{
    Pace pace;
    for (int i = 0; i < 100'000; ++i) {
        const auto paced = publish_at(pace, {30s, 5min}, start);
        REQUIRE(!paced.too_fast);
        pace = paced.next;
    }
    for (int round = 0; round < 20; ++round)  // two minutes of chatter, half a minute of silence
        for (auto at = 0s; at < 120s; at += 5s) {
            const auto paced = publish_at(pace, {30s, 5min}, start + 1h + round * 150s + at);
            REQUIRE(!paced.too_fast);
            pace = paced.next;
        }
    CHECK(!publish_at({0, 1'000'000, 1'000'000}, {0s, 5min}, start).too_fast);
}

TEST_CASE("whoever reads a message may vote on it, but for who wrote it")
{
    Standing standing;
    CHECK(may_vote(standing).error().code == Code::not_found);
    standing.held = Listed::in;
    CHECK(may_vote(standing));
    standing.originator = true;
    CHECK(may_vote(standing).error().code == Code::forbidden);
    standing.originator = false;
    standing.held = Listed::left;
    CHECK(may_vote(standing).error().code == Code::not_found);
    standing.in_trash = true;
    CHECK(may_vote(standing));
}

TEST_CASE("a message is moderated by three voters who are worth two, unless an account wrote it")
{
    struct Row {
        std::vector<VoterRecord> voters;
        bool from_account, moderated;
    };

    const VoterRecord fresh, good{20, 1}, wolf{0, 9};
    for (const auto& [voters, from_account, moderated] : std::vector<Row>{{{}, false, false},
             {{fresh, fresh}, false, false}, {{good, good}, false, false}, {{fresh, fresh, fresh}, false, true},
             {{fresh, fresh, fresh}, true, false}, {{fresh, fresh, wolf}, false, true},
             {{good, wolf, wolf}, false, false}, {{wolf, wolf, wolf, wolf, wolf}, false, false},
             {std::vector<VoterRecord>(25, wolf), false, true}, {std::vector<VoterRecord>(100, fresh), true, false}}) {
        Tally tally{voters.size(), 0, from_account};
        for (const auto& voter : voters) tally.weight += weight(voter);
        CAPTURE(tally.voters);
        CAPTURE(tally.weight);
        CHECK(is_moderated(tally) == moderated);
    }
}

TEST_CASE("a vote weighs at most one, less the more often its voter was alone, and never nothing")
{
    CHECK(weight({}) == 1.0);
    rc::check([](std::uint16_t agreed, std::uint16_t alone) {
        const auto one = weight({agreed, alone});
        RC_ASSERT(one > 0 && one <= 1);
        RC_ASSERT(weight({agreed, alone + 1U}) < one);
        RC_ASSERT(weight({agreed + 1U, alone}) >= one);
    });
}

TEST_CASE("votes count against the domain that was proven, else against the network")
{
    CHECK(source_of("spf=pass dkim=pass dmarc=pass domain=Legacy.test", "192.0.2.77") == "domain:legacy.test");
    CHECK(source_of("spf=fail dkim=none domain=", "192.0.2.77") == "net:192.0.2.0/24");
    CHECK(source_of("", "192.0.2.77") == "net:192.0.2.0/24");
    CHECK(source_of("", "::ffff:192.0.2.77") == "net:192.0.2.0/24");
    CHECK(source_of("", "2001:DB8:0001:9::77") == "net:2001:db8:1::/48");
    CHECK(source_of("", "2001:db8::1") == "net:2001:db8:0::/48");
    CHECK(source_of("", "::2") == "net:0:0:0::/48");
    CHECK(source_of("spf=none network=net:192.0.2.0/24", "") == "net:192.0.2.0/24");
    CHECK(source_of("domain=legacy.test network=net:192.0.2.0/24", "") == "domain:legacy.test");
    for (const auto* here : {"127.0.0.1", "::1", "::ffff:127.0.0.1"}) CHECK(source_of("", here) == "");
    CHECK(source_of("", "127.0.5.1") == "net:127.0.5.0/24");
    CHECK(source_of("", "") == "");
    CHECK(source_of("", "1.2.3.4.5") == "");
    CHECK(source_of("", "1.2.3.400") == "");
}

TEST_CASE("trust is relative to volume, falls with complaints, and who is written to is never refused")
{
    struct Row {
        SourceRecord record;
        Verdict verdict;
    };

    for (const auto& [record, expected] : std::vector<Row>{{{0, 0}, Verdict::take}, {{1, 0}, Verdict::take},
             {{1, 3}, Verdict::defer},   // its first mail was spam
             {{2, 6}, Verdict::refuse},  // and its second
             {{100, 3}, Verdict::take}, {{100, 30}, Verdict::defer}, {{100, 100}, Verdict::refuse},
             {{1'000'000, 3000}, Verdict::take}}) {
        CAPTURE(record.messages);
        CAPTURE(record.complaints);
        CHECK(verdict(record, false) == expected);
        CHECK(verdict(record, true) == Verdict::take);
    }
    rc::check([](std::uint16_t messages, std::uint16_t complaints) {
        const SourceRecord record{double(messages), double(complaints)};
        RC_ASSERT(trust(record) > 0 && trust(record) <= 1);
        RC_ASSERT(trust({record.messages, record.complaints + 1}) < trust(record));
        RC_ASSERT(trust({record.messages + 1, record.complaints}) >= trust(record));
    });
}

TEST_CASE("a refusal for too much says for how many seconds, rounded up, or that nobody can tell")
{
    const Time now{std::chrono::milliseconds(1'000'000)};
    struct Row {
        std::optional<Time> until;
        std::int64_t seconds;
    };
    for (const auto& [until, seconds] : std::vector<Row>{{std::nullopt, 0}, {now + std::chrono::milliseconds(1), 1},
             {now + std::chrono::milliseconds(1001), 2}, {now + std::chrono::hours(1), 3600}, {now, 1},
             {now - std::chrono::hours(1), 1}}) {  // over while this was decided
        const auto error = rate_refusal("A sentence.", until, now);
        CHECK(error.code == Code::rate_limited);
        CHECK(error.text == "A sentence.");
        CHECK(error.retry_after.count() == seconds);
    }
}
