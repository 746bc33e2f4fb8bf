// limits: what logging in may cost, with the reasons.
#pragma once

#include <chrono>
#include <cstddef>

namespace gateway::accounts {

// RFC 7677 4: at least 4096. About a millisecond, off the network thread.
inline constexpr int iterations = 4096;
inline constexpr std::size_t salt_octets = 16;
// Logins remembered as verified, so that a client that connects for every mail costs no hashing.
// About 150 octets each.
inline constexpr std::size_t remembered = 20'000;
// Longer ones are refused unread: hashing is work that a stranger can ask for.
inline constexpr std::size_t credential = 1024;
// Failures from one address: so many are free (a client that has an old password makes three for
// each connection), later ones are answered late, up to the longest; all is forgotten after the
// window.
inline constexpr int free_failures = 12;
inline constexpr std::chrono::milliseconds first_delay{500}, longest_delay{5'000};
inline constexpr std::chrono::minutes failure_window{10};
inline constexpr std::size_t failing_addresses = 10'000;
// An exchange that has not ended after so many steps is no exchange: the longest has three.
inline constexpr int steps = 8;

}  // namespace gateway::accounts
