// value: a number and its unit.
#include "gateway/config/value.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <span>

namespace gateway::config {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t factor;
};

constexpr Unit durations[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit sizes[] = {{"", 1}, {"KB", 1024}, {"MB", 1024 * 1024}, {"GB", 1024 * 1024 * 1024}};

// Nothing but digits and a unit, and no overflow.
bool read(std::string_view text, std::span<const Unit> units, std::int64_t& result)
{
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0) return false;
    const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const auto& [name, factor] : units) {
        if (unit != name || number > std::numeric_limits<std::int64_t>::max() / factor) continue;
        result = number * factor;
        return true;
    }
    return number == 0 && unit.empty();
}

}  // namespace

tl::expected<std::chrono::milliseconds, std::string> duration(std::string_view text)
{
    std::int64_t milliseconds = 0;
    if (read(text, durations, milliseconds)) return std::chrono::milliseconds(milliseconds);
    return tl::unexpected(fmt::format("\"{}\" is no duration, like \"10s\", \"2m\", \"4h\" or \"7d\"", text));
}

tl::expected<std::size_t, std::string> size(std::string_view text)
{
    std::int64_t octets = 0;
    if (read(text, sizes, octets)) return static_cast<std::size_t>(octets);
    return tl::unexpected(fmt::format("\"{}\" is no size, like \"50MB\"", text));
}

}  // namespace gateway::config
