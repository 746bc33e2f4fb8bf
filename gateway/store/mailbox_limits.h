// mailbox_limits: how large a user's tree of mailboxes may grow.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gateway::store::mailbox_limits {

inline constexpr std::size_t name_octets = 200;  // of a full name in UTF-8: responses that carry it stay one line
inline constexpr std::ptrdiff_t depth = 20;      // levels
inline constexpr std::int64_t mailboxes =
    10'000;  // of one user: LIST answers them all; and as many subscriptions to names without one
inline constexpr std::int64_t judged_references =
    1'000;  // newest messages that tell whether a mailbox is for a list: clients ask each time they select it

}  // namespace gateway::store::mailbox_limits
