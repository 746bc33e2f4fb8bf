// sequence_set: sets of message numbers or UIDs as clients write them, RFC 3501 9.
#include "imap/sequence_set.h"

#include "imap/text.h"

#include <algorithm>

namespace imap {

namespace {

struct Interval {
    std::size_t begin = 0, end = 0;  // positions [begin, end)
};

std::optional<Interval> by_number(SequenceSet::Range range, std::size_t size)
{
    const auto first = range.first == star ? size : range.first;
    const auto last = range.last == star ? size : range.last;
    if (size == 0 || first > size || last > size) return std::nullopt;
    return Interval{std::min(first, last) - 1, std::max(first, last)};
}

// "n:*" past the end is a range that runs backwards from n: it has the last message in it (RFC
// 3501 6.4.8).
Interval by_uid(SequenceSet::Range range, std::span<const MessageState> view)
{
    if (view.empty()) return {};
    const auto first = range.first == star ? view.back().uid : range.first;
    const auto last = range.last == star ? view.back().uid : range.last;
    const auto begin = std::ranges::lower_bound(view, std::min(first, last), {}, &MessageState::uid);
    const auto end = std::ranges::upper_bound(view, std::max(first, last), {}, &MessageState::uid);
    return {static_cast<std::size_t>(begin - view.begin()), static_cast<std::size_t>(end - view.begin())};
}

}  // namespace

std::optional<std::vector<Position>> positions(
    const SequenceSet& set, Numbers numbers, std::span<const MessageState> view)
{
    std::vector<Interval> intervals;
    intervals.reserve(set.ranges.size());
    for (const auto range : set.ranges) {
        const auto interval = numbers == Numbers::uid ? by_uid(range, view) : by_number(range, view.size());
        if (!interval) return std::nullopt;
        if (interval->begin < interval->end) intervals.push_back(*interval);
    }
    std::ranges::sort(intervals, {}, &Interval::begin);
    std::vector<Position> out;
    std::size_t next = 0;
    for (const auto [begin, end] : intervals) {
        for (next = std::max(next, begin); next < end; ++next) out.push_back(static_cast<Position>(next));
    }
    return out;
}

std::vector<UidRange> ranges_of(std::span<const Uid> uids)
{
    std::vector<UidRange> out;
    for (const auto uid : uids) {
        if (!out.empty() && out.back().last + 1 == uid) {
            out.back().last = uid;
        } else {
            out.push_back({uid, uid});
        }
    }
    return out;
}

std::string encode_set(std::span<const std::uint32_t> numbers)
{
    std::string out;
    for (std::size_t at = 0; at < numbers.size();) {
        auto last = at;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
        if (!out.empty()) out += ',';
        put_number(out, numbers[at]);
        if (last > at) {
            out += ':';
            put_number(out, numbers[last]);
        }
        at = last + 1;
    }
    return out;
}

}  // namespace imap
