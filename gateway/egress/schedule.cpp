// schedule: when a deferred delivery is tried again, and when it is given up. RFC 5321 4.5.4.1.
#include "gateway/egress/schedule.h"

#include <algorithm>
#include <array>

namespace gateway::egress {

std::chrono::seconds delay_after(int tries, std::int64_t id, const Schedule& schedule)
{
    constexpr std::array factors{1, 5, 15, 30, 60, 120, 240};
    const auto step = std::clamp<std::size_t>(static_cast<std::size_t>(std::max(tries, 1)) - 1, 0, factors.size() - 1);
    const auto delay = std::min(schedule.retry_first * factors.at(step), schedule.retry_max);
    const auto spread = delay.count() / 8 + 1;
    return delay + std::chrono::seconds{static_cast<std::int64_t>(
                       static_cast<std::uint64_t>(id) * 2654435761U % static_cast<std::uint64_t>(spread))};
}

bool expired(std::chrono::sys_seconds queued_at, std::chrono::sys_seconds now, const Schedule& schedule)
{
    return now - queued_at >= schedule.give_up;
}

}  // namespace gateway::egress
