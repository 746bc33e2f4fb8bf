// guid: names for new messages: UUIDv7, RFC 9562 5.7.
//
// Monotone by RFC 9562 6.2 method 1: the 12 bits of rand_a are a counter that starts in its lower
// half at each new millisecond; when it runs over, the millisecond is advanced.
#include "email2/guid.h"

#include "email2/address.h"
#include "email2/text.h"

#include <mutex>
#include <sys/random.h>
#include <system_error>

namespace email2 {
namespace {

constexpr std::uint64_t counter_limit = 1U << 12U;
constexpr std::size_t guid_length = 36;

void fill_random(std::span<std::uint8_t> bytes)
{
    // Up to 256 bytes getrandom is never cut short.
    if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        throw std::system_error(errno, std::generic_category(), "getrandom");
}

struct Tick {
    std::uint64_t millisecond;
    std::uint64_t counter;
};

Tick next_tick(std::uint64_t now, std::uint64_t seed)
{
    static std::mutex mutex;
    static Tick last{0, 0};
    const std::lock_guard lock(mutex);
    if (now > last.millisecond) last = {now, seed};
    else if (++last.counter == counter_limit) last = {last.millisecond + 1, seed};
    return last;
}

std::string canonical(std::span<const std::uint8_t, 16> bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(guid_length);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += digits[bytes[i] >> 4U];
        text += digits[bytes[i] & 15U];
    }
    return text;
}

}  // namespace

std::string make_guid(Time now)
{
    std::array<std::uint8_t, 16> bytes{};
    fill_random(bytes);
    const std::uint64_t seed = ((bytes[6] & 0x07U) << 8U) | bytes[7];
    const auto since_epoch = now.time_since_epoch().count();
    const Tick tick = next_tick(since_epoch < 0 ? 0 : static_cast<std::uint64_t>(since_epoch), seed);
    for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(tick.millisecond >> (40 - 8 * i));
    bytes[6] = static_cast<std::uint8_t>(0x70U | (tick.counter >> 8U));
    bytes[7] = static_cast<std::uint8_t>(tick.counter);
    bytes[8] = static_cast<std::uint8_t>(0x80U | (bytes[8] & 0x3FU));
    return canonical(bytes);
}

bool is_guid(std::string_view text)
{
    if (text.size() != guid_length) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex_digit(text[i])) return false;
    }
    return true;
}

std::optional<Name> parse_name(std::string_view text)
{
    if (text.size() <= guid_length || text[guid_length] != '@') return std::nullopt;
    const auto guid = text.substr(0, guid_length);
    if (!is_guid(guid)) return std::nullopt;
    auto server = normalise_domain(text.substr(guid_length + 1));
    if (!server) return std::nullopt;
    return Name{ascii_lower(guid), *std::move(server)};
}

}  // namespace email2
