// sequence_set: sets of message numbers or UIDs as clients write them, RFC 3501 9 (sequence-set).
//
// Pure.
#pragma once

#include "imap/mailboxes.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace imap {

inline constexpr std::uint32_t star = 0;  // "*" in a set: no number of a message is 0

struct SequenceSet {
    struct Range {
        std::uint32_t first = 1, last = 1;
        bool operator==(const Range&) const = default;
    };

    std::vector<Range> ranges;  // as written, unsorted; "*" as `star`
    bool operator==(const SequenceSet&) const = default;
};

enum class Numbers { sequence, uid };

// A message's place in the client's view: its sequence number minus one.
using Position = std::uint32_t;

// Places in `view` of the messages that the set names, ascending, each once. UIDs that are not
// there are left out. nullopt: a sequence number beyond the view (RFC 3501 9: BAD), "*" in an empty
// view included.
[[nodiscard]] std::optional<std::vector<Position>> positions(
    const SequenceSet& set, Numbers numbers, std::span<const MessageState> view);

// Runs of ascending neighbours as ranges.
[[nodiscard]] std::vector<UidRange> ranges_of(std::span<const Uid> uids);
// "1:3,7": runs of ascending neighbours; keeps the order.
[[nodiscard]] std::string encode_set(std::span<const std::uint32_t> numbers);

}  // namespace imap
