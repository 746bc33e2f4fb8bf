// view: how a client's view of a mailbox comes up to date.
#include "imap/view.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace imap;

namespace {

using Shared = std::shared_ptr<const Snapshot>;

Shared snapshot(std::vector<MessageState> messages, Uid uid_next, ModSeq highest = 1)
{
    return std::make_shared<const Snapshot>(Snapshot{std::move(messages), uid_next, 1, highest});
}

constexpr Permit everything{true, true};

bool shows(const std::vector<MessageState>& messages, Uid uid)
{
    return std::ranges::find(messages, uid, &MessageState::uid) != messages.end();
}

}  // namespace

TEST_CASE("nothing is told when nothing changed")
{
    const auto now = snapshot({{1}, {2}}, 3);
    View view{now};
    const auto changes = view.advance(now, everything);
    CHECK(changes.expunged.empty());
    CHECK(changes.changed.empty());
    CHECK_FALSE(changes.arrived);
}

TEST_CASE("all kinds of change are told at once and the snapshot is shared again")
{
    View view{snapshot({{1, 0, 1}, {2, 0, 1}, {3, 0, 1}}, 4)};
    const auto now = snapshot({{2, seen, 5}, {7, 0, 6}}, 8);
    const auto changes = view.advance(now, everything);
    CHECK(changes.expunged == std::vector<std::uint32_t>{3, 1});
    CHECK(changes.changed == std::vector<Position>{0});
    CHECK(changes.arrived);
    CHECK(view.shows(now));
}

TEST_CASE("what is not permitted waits")
{
    View view{snapshot({{1, 0, 1}, {2, 0, 1}}, 3)};
    const auto now = snapshot({{2, flagged, 2}, {3, 0, 3}}, 4, 3);
    auto changes = view.advance(now, Permit{false, false});
    CHECK(changes.expunged.empty());
    CHECK(changes.changed == std::vector<Position>{1});
    CHECK_FALSE(changes.arrived);
    CHECK(view.messages().size() == 2);
    CHECK(view.told() == 1);
    changes = view.advance(now, Permit{true, false});
    CHECK(changes.gone == std::vector<Uid>{1});
    CHECK(view.told() == 2);
    changes = view.advance(now, everything);
    CHECK(changes.expunged.empty());
    CHECK(view.told() == 3);
    CHECK(changes.changed.empty());
    CHECK(changes.arrived);
    CHECK(view.shows(now));
}

TEST_CASE("flags that a command's answer told are not told again, even while the snapshot lags")
{
    const auto before = snapshot({{1, 0, 1}}, 2);
    View view{before};
    CHECK(view.advance(before, everything, Own{{{1, seen, 5}}, {}}).changed.empty());
    CHECK(view.messages()[0].flags == seen);
    CHECK(view.advance(before, everything).changed.empty());
    CHECK(view.messages()[0].flags == seen);
    CHECK(view.advance(snapshot({{1, seen, 5}}, 2), everything).changed.empty());
    CHECK(view.advance(snapshot({{1, seen | flagged, 6}}, 2), everything).changed.size() == 1);
}

TEST_CASE("own expunges are told at once and once, even while the snapshot lags")
{
    const auto before = snapshot({{1}, {2}, {3}}, 4);
    View view{before};
    CHECK(view.advance(before, everything, Own{{}, {1, 3}}).expunged == std::vector<std::uint32_t>{3, 1});
    CHECK(view.messages().size() == 1);
    const auto changes = view.advance(before, everything);
    CHECK(changes.expunged.empty());
    CHECK_FALSE(changes.arrived);
    CHECK(view.messages().size() == 1);
}

TEST_CASE("a client that obeys what it is told always sees the mailbox as it is")
{
    rc::check("told changes lead to the snapshot", [](const std::vector<std::vector<std::uint8_t>>& rounds) {
        std::vector<MessageState> mailbox, client;
        std::vector<std::pair<Uid, ModSeq>> expunged;
        Uid next = 1;
        ModSeq modseq = 1;
        View view{snapshot({}, 1)};
        for (const auto& round : rounds) {
            for (const auto action : round) {
                if (action < 100 || mailbox.empty()) {
                    mailbox.push_back({next++, 0, ++modseq});
                } else if (action < 180) {
                    mailbox[action % mailbox.size()] = {mailbox[action % mailbox.size()].uid, action, ++modseq};
                } else {
                    const auto gone = mailbox.begin() + action % static_cast<int>(mailbox.size());
                    expunged.emplace_back(gone->uid, ++modseq);
                    mailbox.erase(gone);
                }
            }
            const bool last = &round == &rounds.back();
            const Permit permit{last || round.size() % 2 == 0, last || round.size() % 3 == 0};
            const auto changes = view.advance(snapshot(mailbox, next, modseq), permit);
            for (const auto number : changes.expunged) client.erase(client.begin() + number - 1);
            if (changes.arrived) {
                for (auto i = client.size(); i < view.messages().size(); ++i) client.push_back(view.messages()[i]);
            }
            for (const auto place : changes.changed) client[place] = view.messages()[place];
            for (const auto uid : changes.gone) RC_ASSERT(!shows(client, uid));
            // What was changed by then, it has been told: it may ask for all that is later, and has everything.
            for (const auto& [uid, at] : expunged) RC_ASSERT(at > view.told() || !shows(client, uid));
            for (const auto& state : mailbox) RC_ASSERT(state.modseq > view.told() || shows(client, state.uid));
            if (last) RC_ASSERT(view.told() == modseq);
        }
        RC_ASSERT(client.size() == (rounds.empty() ? 0 : mailbox.size()));
        for (std::size_t i = 0; i < client.size(); ++i) {
            RC_ASSERT(client[i].uid == mailbox[i].uid);
            RC_ASSERT(client[i].flags == mailbox[i].flags);
        }
    });
}
