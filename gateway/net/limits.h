// limits: what one connection may cost, with the reason of each figure.
#pragma once

#include <chrono>
#include <cstddef>

namespace gateway::net {

// Octets read at once, into a buffer that all connections share. 64 KB is what both wires promise
// at most.
inline constexpr std::size_t read_at_once = 65'536;
// Reads in a row that need not wait before the others get their turn: one fast sender must not
// keep the thread.
inline constexpr int reads_in_a_row = 16;
// A peer earns its patience anew with every so many octets that it takes.
inline constexpr std::size_t progress = 65'536;
// A TLS handshake, both sides. A client on a bad mobile line needs some seconds; a slow-loris gets
// no more.
inline constexpr std::chrono::seconds handshake{30};
// What is read and thrown away at close, so that the system sends FIN and not RST, which would eat
// our last line.
inline constexpr std::size_t swallowed_at_close = 262'144;
// A wait after accept() failed for want of descriptors.
inline constexpr std::chrono::milliseconds accept_again{100};
inline constexpr int backlog = 4096;

}  // namespace gateway::net
