// quota: what a store may hold and an originator may publish. email2.md rule 10.
//
// Pure. 0 as a limit: none.
#pragma once

#include "email2/message.h"

#include <chrono>
#include <cstdint>

namespace email2 {

// What one account holds, in octets: of each message its size divided by the number of local accounts that hold it.
struct Storage {
    std::uint64_t charged = 0;
    std::uint64_t limit = 0;
};
enum class Room { fits, full };
// For `size` more octets; 0: for anything at all.
[[nodiscard]] Room room_for(const Storage& storage, std::uint64_t size);

// Beyond so many holders a share is as if there were no more: it is nothing by then, and counting them costs.
inline constexpr std::uint32_t holders_counted = 100;
[[nodiscard]] std::uint64_t share(std::uint64_t size, std::uint32_t holders);

struct SendQuota {
    std::uint32_t messages = 0;
    std::chrono::seconds period = std::chrono::hours(24);
};
struct Sent {  // in the period that began then
    Time began{};
    std::uint32_t messages = 0;
};
struct Sending {
    Sent next;  // to be kept when the message is published
    bool allowed = true;
};
// One more message at `now`. Drafts and imports are never asked about.
[[nodiscard]] Sending send_at(const Sent& sent, const SendQuota& quota, Time now);

}  // namespace email2
