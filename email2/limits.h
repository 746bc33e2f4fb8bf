// limits: how much of a stranger's input email2 takes, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace email2::limits {

inline constexpr std::size_t local_part = 64;  // octets, RFC 5321 4.5.3.1.1
inline constexpr std::size_t domain = 255;     // octets, RFC 5321 4.5.3.1.2
inline constexpr std::size_t label = 63;       // octets, RFC 1035 2.3.4

// XML documents.
inline constexpr std::size_t document = 32U << 20U;  // bytes: several texts of 8 MB, escaped
inline constexpr std::size_t depth = 64;             // elements: the body nests as MIME's parts do
inline constexpr std::size_t elements = 200'000;     // a list of 50,000 entries with failures
inline constexpr std::size_t text = 8U << 20U;       // bytes in one element; libxml2 stops at 10 MB
inline constexpr std::size_t attribute = 8192;       // bytes in one attribute
inline constexpr std::size_t foreign = 256U << 10U;  // bytes of other namespaces' elements, each

// Rule 7: below this the network object costs no more than the mail that would replace it, and its
// holder keeps the thread; a year is far beyond.
inline constexpr std::uint64_t fossil_octets = 5U << 20U;
inline constexpr std::chrono::seconds fossil_alone = std::chrono::hours(365 * 24);

}  // namespace email2::limits
