// resync: what a client that was away is told.
#include "imap/resync.h"

#include "house.h"
#include "imap/response/vanished.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <set>

using namespace imap;
using namespace imap::test;

namespace {

using Ranges = std::vector<UidRange>;
using View = std::vector<MessageState>;

SequenceSet set(std::vector<SequenceSet::Range> ranges)
{
    return {std::move(ranges)};
}

std::set<Uid> spread(const Ranges& ranges)
{
    std::set<Uid> out;
    for (const auto [first, last] : ranges)
        for (Uid uid = first; uid <= last; ++uid) out.insert(uid);
    return out;
}

std::string put(const Ranges& ranges)
{
    std::string out;
    response::put_vanished(out, ranges, response::Vanished::earlier);
    return out;
}

}  // namespace

TEST_CASE("what is gone is told of the UIDs asked about, and not what is still shown")
{
    const View view{{2}, {7}, {9}};
    const Ranges expunged{{1, 8}, {20, 30}};
    CHECK(vanished(expunged, command::Resync{1, 1}, view) == Ranges{{1, 1}, {3, 6}, {8, 8}, {20, 30}});
    CHECK(vanished(expunged, command::Resync{1, 1, set({{25, 21}, {4, 5}, {5, 6}})}, view) == Ranges{{4, 6}, {21, 25}});
    CHECK(vanished(expunged, set({{25, star}}), view) == Ranges{{25, 30}});
    CHECK(vanished(expunged, set({{star, 8}}), view) == Ranges{{8, 8}, {20, 30}});
    CHECK(vanished({}, set({{1, star}}), view).empty());
    CHECK(vanished(expunged, set({{1, star}}), {}) == expunged);
    CHECK(vanished(Ranges{{1, UINT32_MAX}}, set({{1, star}}), View{{UINT32_MAX}}) == Ranges{{1, UINT32_MAX - 1}});
}

TEST_CASE("a sequence number that is still right proves that nothing below it is news")
{
    const View view{{2}, {7}, {9}, {12}};
    CHECK(proven(set({{1, 4}}), set({{2, 5}}), view) == 2);
    CHECK(proven(set({{1, 2}, {4, 4}}), set({{2, 2}, {7, 7}, {15, 15}}), view) == 7);
    CHECK(proven(set({{2, 3}}), set({{9, 9}, {12, 12}}), view) == 0);
    CHECK(proven(set({{1, UINT32_MAX}}), set({{1, UINT32_MAX}}), view) == 0);
    CHECK(proven({}, {}, view) == 0);
    command::Resync resync{1, 1};
    resync.numbers = set({{2, 2}});
    resync.uids = set({{7, 7}});
    CHECK(vanished(Ranges{{1, 8}}, resync, view) == Ranges{{8, 8}});
}

TEST_CASE("what changed is told of the UIDs asked about")
{
    const View view{{2, 0, 5}, {7, 0, 9}, {9, 0, 6}, {12, 0, 7}};
    CHECK(changed(command::Resync{1, 5}, view) == std::vector<Position>{1, 2, 3});
    CHECK(changed(command::Resync{1, 6, set({{12, 10}, {1, 7}})}, view) == std::vector<Position>{1, 3});
    CHECK(changed(command::Resync{1, 9}, view).empty());
}

TEST_CASE("the ranges are those of the sets one by one")
{
    rc::check("expunged and asked about and not shown",
        [](const std::set<std::uint8_t>& gone, const std::vector<std::pair<std::uint8_t, std::uint8_t>>& asked,
            const std::set<std::uint8_t>& shown) {
            const std::vector<Uid> expunged(gone.begin(), gone.end());
            SequenceSet among;
            Ranges known;
            for (const auto& [a, b] : asked) {
                among.ranges.push_back({a + 1U, b + 1U});
                known.push_back({std::min(a, b) + 1U, std::max(a, b) + 1U});
            }
            View view;
            for (const auto uid : shown) view.push_back({uid});
            std::set<Uid> want;
            const auto about = spread(known);
            for (const auto uid : expunged)
                if (uid != 0 && about.contains(uid) && !shown.contains(static_cast<std::uint8_t>(uid)))
                    want.insert(uid);
            RC_ASSERT(spread(vanished(ranges_of(expunged), among, view)) == want);
        });
}

TEST_CASE("VANISHED is compact, and of very many UIDs it is several lines")
{
    CHECK(put({{41, 41}, {43, 116}, {540, 540}}) == "* VANISHED (EARLIER) 41,43:116,540\r\n");
    CHECK(put({}).empty());
    Ranges many;
    for (Uid uid = 1; uid < 20000; uid += 2) many.push_back({uid, uid});
    const auto text = put(many);
    std::size_t lines = 0, longest = 0;
    for (std::size_t at = 0; at < text.size(); ++lines) {
        const auto end = text.find("\r\n", at);
        REQUIRE(text.substr(at).starts_with("* VANISHED (EARLIER) "));
        longest = std::max(longest, end - at);
        at = end + 2;
    }
    CHECK(lines > 1);
    CHECK(longest < 9000);
    CHECK(static_cast<std::size_t>(std::ranges::count(text, ',')) + lines == many.size());
}

TEST_CASE("while something is held back, a client with QRESYNC is told from where to go on")
{
    House house;
    for (int i = 0; i < 3; ++i) house.store.add("INBOX", "Subject: x\r\n\r\n");
    auto& guest = house.login();
    CHECK(house.say(guest, "a ENABLE QRESYNC CONDSTORE\r\n") == "* ENABLED CONDSTORE QRESYNC\r\na OK Enabled\r\n");
    CHECK(house.say(guest, "b ENABLE QRESYNC\r\n") == "* ENABLED\r\nb OK Enabled\r\n");
    house.say(guest, "c SELECT INBOX\r\n");
    const auto before = house.store.boxes["INBOX"]->snapshot->highest_modseq;
    auto& other = house.select();
    house.say(other, "a STORE 1 +FLAGS.SILENT (\\Deleted)\r\nb EXPUNGE\r\nc STORE 1 +FLAGS (\\Seen)\r\n");
    const auto after = std::to_string(house.store.boxes["INBOX"]->snapshot->highest_modseq);

    const auto answer = house.say(guest, "d FETCH 2 (FLAGS)\r\n");
    CHECK(answer.find("VANISHED") == std::string::npos);
    CHECK(answer.find(" MODSEQ (" + after + "))") != std::string::npos);
    CHECK(answer.find("d OK [HIGHESTMODSEQ " + std::to_string(before) + "] ") != std::string::npos);
    const auto rest = house.say(guest, "e NOOP\r\n");
    CHECK(rest == "* VANISHED 1\r\ne OK NOOP completed\r\n");

    // Where the tagged answer has a code of its own, it stands apart.
    house.say(other, "d STORE 1 +FLAGS.SILENT (\\Deleted)\r\ne EXPUNGE\r\n");
    const auto modified = house.say(guest, "f STORE 2 (UNCHANGEDSINCE 1) FLAGS (\\Flagged)\r\n");
    CHECK(modified.find("* OK [HIGHESTMODSEQ ") != std::string::npos);
    CHECK(modified.find("f OK [MODIFIED 2] ") != std::string::npos);
}
