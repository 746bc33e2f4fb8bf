// limits: what ingress remembers, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>

namespace gateway::ingress::limits {

inline constexpr std::chrono::seconds verdict_memory{5};  // a busy client asks once in this time; votes act as soon
inline constexpr std::size_t verdicts = 100'000;          // sources: some 10 MB
inline constexpr std::size_t arrivals = 100'000;          // sources between two writes

}  // namespace gateway::ingress::limits
