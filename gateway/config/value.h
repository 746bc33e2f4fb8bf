// value: durations and sizes as people write them: "10s", "2m", "7d"; "50MB".
#pragma once

#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace gateway::config {

// A whole number with ms, s, m, h or d behind it; "0" needs no unit. The error is a sentence.
tl::expected<std::chrono::milliseconds, std::string> duration(std::string_view text);
// A whole number of octets, or with KB, MB or GB (powers of 1024) behind it.
tl::expected<std::size_t, std::string> size(std::string_view text);

}  // namespace gateway::config
