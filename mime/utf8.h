// utf8: octets that may or may not be UTF-8, RFC 3629.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mime {

// The length of the well-formed character at `at`, or 0 where there is none. `code` is set when
// there is.
[[nodiscard]] std::size_t utf8_character(std::string_view text, std::size_t at, char32_t& code);
// How many octets at the beginning are below 128.
[[nodiscard]] std::size_t ascii_prefix(std::string_view text);
[[nodiscard]] bool is_ascii(std::string_view text);  // no octet above 127
[[nodiscard]] bool is_utf8(std::string_view text);
// Every octet that belongs to no character becomes U+FFFD (one for each broken character).
[[nodiscard]] std::string repaired_utf8(std::string_view text);
void append_utf8(std::string& out, char32_t code);  // surrogates and what is beyond Unicode: U+FFFD
// At most `octets` of the text, not ending within a character.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t octets);

}  // namespace mime
