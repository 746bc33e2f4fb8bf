// limits: what one HTTP client may cost, with the reason of each figure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gateway::http::limits {

inline constexpr std::uint32_t head = 16U << 10U;  // octets of a request's line and header: two full cookies' worth
inline constexpr std::size_t parameter = 8192;     // octets of a decoded path segment or query value
inline constexpr std::size_t key = 255;            // octets of an Idempotency-Key: a UUID has 36

// Between requests; browsers and libraries keep connections for about a minute.
inline constexpr std::chrono::seconds idle{75};
// A request's head, from its first octet on: a byte a minute is no client.
inline constexpr std::chrono::seconds head_patience{20};
// A body: this, and a second for each so many octets of it (128 kbit/s).
inline constexpr std::chrono::seconds body_patience{30};
inline constexpr std::uint64_t body_rate = 16U << 10U;
// For 64 KB of an answer to be taken.
inline constexpr std::chrono::seconds write_patience{30};

inline constexpr std::size_t piece = 64U << 10U;  // octets of a body at once
// An unwanted body up to this is read and dropped, so that the connection lives; beyond, it is
// closed.
inline constexpr std::uint64_t dropped = 256U << 10U;
// After a refusal, what a client still sends before it reads is dropped, up to this and this long.
inline constexpr std::uint64_t lingering = 16U << 20U;
inline constexpr std::chrono::seconds linger_patience{5};
inline constexpr std::uint64_t form = 4096;  // octets of a one-click form

inline constexpr std::uint32_t page = 1000;  // references or events in one answer
inline constexpr std::chrono::seconds events_wait{60};
inline constexpr std::uint32_t revisions_page = 100;  // each with its whole content
inline constexpr std::size_t token_name = 200;        // octets, for a person to read

// WebSockets. A client has nothing to say in them: what is longer is a mistake.
inline constexpr std::size_t socket_frame = 4096;
inline constexpr std::chrono::seconds socket_handshake{10};
// Of silence, before it is given up; half of it before it is asked by a ping.
inline constexpr std::chrono::seconds socket_idle{90};
// News that wait for one slow reader. It reads on in the store when there are more, and loses none.
inline constexpr std::size_t followed = 1000;
// Answers up to this many octets are checked against the schema before they leave (about 0.1 ms for
// 2 KB); what a long list adds is more of the same.
inline constexpr std::size_t validated = 64U << 10U;

}  // namespace gateway::http::limits
