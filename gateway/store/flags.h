// flags: the bits of ref.flags: the system flags, the keywords that every account has at fixed
// places, and its own after them.
//
// The system flags are those of imap::Flags; person.keywords holds the names from bit 5 on, the
// fixed ones first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gateway::store {

using FlagBits = std::int64_t;

namespace flags {

inline constexpr FlagBits answered = 1, flagged = 2, deleted = 4, seen = 8, draft = 16;

// Set by the gateway (mapping.md "The mailbox view").
inline constexpr FlagBits edited = 1 << 5, failed = 1 << 6, withdrawn = 1 << 7, list = 1 << 8;
// What nearly every client uses (RFC 5788 registry).
inline constexpr FlagBits forwarded = 1 << 9, mdn_sent = 1 << 10, junk = 1 << 11, not_junk = 1 << 12;

}  // namespace flags

inline constexpr int first_keyword_bit = 5;
// The first elements of person.keywords of every account, in the order of their bits.
inline constexpr std::array<const char*, 8> fixed_keywords{
    "$Edited", "$Failed", "$Withdrawn", "$List", "$Forwarded", "$MDNSent", "$Junk", "$NotJunk"};
// Keywords of one account at most, the fixed ones included: bits 5 to 62, so that the number stays
// positive.
inline constexpr std::size_t keyword_limit = 58;

}  // namespace gateway::store
