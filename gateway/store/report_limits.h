// report_limits: how much of what comes back is told, and passed on.
#pragma once

#include <chrono>
#include <cstdint>

namespace gateway::store::limits {

// Reports to one account in a day: about one thread, and all together. What is beyond stands on the entries and as
// $Failed.
inline constexpr std::int32_t reports_of_thread = 20;
inline constexpr std::int32_t reports_of_person = 200;

// Mails in a row that came back until an address is taken for dead, and how long it then gets no follow-ups, and none
// of what goes to a whole list: once in that time it is tried.
inline constexpr std::int32_t bounces_of_the_dead = 3;
inline constexpr std::chrono::hours dead_for{7 * 24};

// Mails from one reader outside to one author outside in a day: a conversation, and no bombardment.
inline constexpr std::int32_t answers_passed_on = 50;
inline constexpr std::chrono::hours relay_keep{365 * 24};  // as long as the address that stands for the author

}  // namespace gateway::store::limits
