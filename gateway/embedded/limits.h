// limits: how long the private database gets for what, with the reasons.
#pragma once

#include <chrono>
#include <cstddef>

namespace gateway::embedded {

// Until it takes connections. Replaying the log after a crash takes long when much was written;
// progress is logged.
inline constexpr std::chrono::minutes until_ready{10};
// A clean stop writes all dirty pages; after that it is told to drop everything and to recover at
// its next start.
inline constexpr std::chrono::seconds until_stopped{60};
inline constexpr std::chrono::seconds until_dropped{5};
// How often files of its state are looked at while one waits.
inline constexpr std::chrono::milliseconds look_again{20};
// Its end is noticed at once; whether it was told to stop and does not, so often.
inline constexpr std::chrono::milliseconds look_at_stopping{500};
// Pauses before the next attempt when it does not come up: doubling from the first to the second,
// without end.
inline constexpr std::chrono::milliseconds first_pause{50}, longest_pause{5'000};
// Another command that works on the data directory (`account add`) is waited for.
inline constexpr std::chrono::seconds until_unlocked{15};
// sun_path holds 108 octets with its final zero.
inline constexpr std::size_t socket_path = 107;
// Its own log is cut at a start when it has grown beyond.
inline constexpr std::size_t log_size = 16 * 1024 * 1024;

}  // namespace gateway::embedded
