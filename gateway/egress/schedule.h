// schedule: when a deferred delivery is tried again, and when it is given up. RFC 5321 4.5.4.1.
//
// Pure.
#pragma once

#include <chrono>
#include <cstdint>

namespace gateway::egress {

struct Schedule {
    std::chrono::seconds retry_first = std::chrono::minutes{1};  // then 5, 15, 30, 60, 120, 240 times as long
    std::chrono::seconds retry_max = std::chrono::hours{4};      // and never longer than this
    std::chrono::seconds give_up = std::chrono::days{5};         // after it was queued
};

// How long to wait after the try that makes it `tries`; up to an eighth longer by `id`, so that
// what failed together does not come back together.
[[nodiscard]] std::chrono::seconds delay_after(int tries, std::int64_t id, const Schedule& schedule);

// Whether a delivery that failed for now is to be given up: it has waited for `give_up`.
[[nodiscard]] bool expired(std::chrono::sys_seconds queued_at, std::chrono::sys_seconds now, const Schedule& schedule);

}  // namespace gateway::egress
