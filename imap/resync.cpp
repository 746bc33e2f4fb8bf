// resync: what a client that was away is told of a mailbox. Everything is walked in ranges: a set may name every UID.
#include "imap/resync.h"

#include <algorithm>
#include <limits>

namespace imap {

namespace {

constexpr auto last_uid = std::numeric_limits<Uid>::max();

using Ranges = std::vector<UidRange>;

// Ascending and apart, whatever way the set was written.
Ranges sorted(const SequenceSet& set)
{
    Ranges out;
    for (auto [first, last] : set.ranges) {
        if (first == star) first = last_uid;
        if (last == star) last = last_uid;
        out.push_back({std::min(first, last), std::max(first, last)});
    }
    std::ranges::sort(out, {}, &UidRange::first);
    std::size_t kept = 0;
    for (std::size_t i = 1; i < out.size(); ++i) {
        if (out[i].first <= out[kept].last) {
            out[kept].last = std::max(out[kept].last, out[i].last);
        } else {
            out[++kept] = out[i];
        }
    }
    if (!out.empty()) out.resize(kept + 1);
    return out;
}

Ranges intersection(std::span<const UidRange> a, std::span<const UidRange> b)
{
    Ranges out;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        const UidRange both{std::max(a[i].first, b[j].first), std::min(a[i].last, b[j].last)};
        if (both.first <= both.last) out.push_back(both);
        if (a[i].last < b[j].last) {
            ++i;
        } else {
            ++j;
        }
    }
    return out;
}

// Without what is there still for this client: that it is told of in its turn.
Ranges without(const Ranges& ranges, std::span<const MessageState> view)
{
    Ranges out;
    for (auto [first, last] : ranges) {
        auto there = std::ranges::lower_bound(view, first, {}, &MessageState::uid);
        for (; there != view.end() && there->uid <= last; ++there) {
            if (first < there->uid) out.push_back({first, there->uid - 1});
            first = there->uid + 1;
        }
        if (first <= last && first != 0) out.push_back({first, last});
    }
    return out;
}

}  // namespace

Ranges vanished(std::span<const UidRange> expunged, const SequenceSet& among, std::span<const MessageState> view)
{
    return without(intersection(expunged, sorted(among)), view);
}

Ranges vanished(std::span<const UidRange> expunged, const command::Resync& resync, std::span<const MessageState> view)
{
    const auto above = proven(resync.numbers, resync.uids, view);
    if (above == last_uid) return {};
    const Ranges rest{{above + 1, last_uid}};
    return without(intersection(expunged, resync.known ? intersection(sorted(*resync.known), rest) : rest), view);
}

std::vector<Position> changed(const command::Resync& resync, std::span<const MessageState> view)
{
    const auto known = resync.known ? sorted(*resync.known) : Ranges{{1, last_uid}};
    std::vector<Position> out;
    std::size_t at = 0;
    for (std::size_t place = 0; place < view.size(); ++place) {
        while (at < known.size() && known[at].last < view[place].uid) ++at;
        if (at == known.size()) break;
        if (known[at].first <= view[place].uid && view[place].modseq > resync.modseq)
            out.push_back(static_cast<Position>(place));
    }
    return out;
}

// Both sets side by side, up to the view's end.
Uid proven(const SequenceSet& numbers, const SequenceSet& uids, std::span<const MessageState> view)
{
    Uid out = 0;
    std::size_t range = 0;
    std::uint32_t step = 0;  // within that range of UIDs
    for (const auto [first, last] : numbers.ranges) {
        for (std::uint64_t number = first; number <= last; ++number) {
            if (number > view.size() || range == uids.ranges.size()) return out;
            const auto uid = uids.ranges[range].first + step;
            if (view[number - 1].uid == uid) out = uid;
            if (uid == uids.ranges[range].last) {
                ++range;
                step = 0;
            } else {
                ++step;
            }
        }
    }
    return out;
}

}  // namespace imap
