// text: characters: ASCII classes, UTF-8 and what XML 1.0 can carry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace email2 {

[[nodiscard]] constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr bool is_hex_digit(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Only A to Z change; everything else, UTF-8 included, stays as it is.
[[nodiscard]] std::string ascii_lower(std::string_view text);

[[nodiscard]] bool is_ascii(std::string_view text);

// One character of UTF-8 at `at`, which is advanced past it; nullopt, and `at` advanced by one,
// when the bytes there are not UTF-8 (RFC 3629: no surrogates, no overlong forms, at most
// U+10FFFF).
[[nodiscard]] std::optional<char32_t> next_character(std::string_view text, std::size_t& at);

[[nodiscard]] bool is_utf8(std::string_view text);

// XML 1.0 production 2, Char.
[[nodiscard]] constexpr bool is_xml_character(char32_t c)
{
    return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) ||
           (c >= 0x10000 && c <= 0x10FFFF);
}

// `text` with every character that XML cannot carry, and every byte that is not UTF-8, as U+FFFD.
[[nodiscard]] std::string xml_text(std::string_view text);

}  // namespace email2
