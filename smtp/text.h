// text: ASCII and UTF-8 questions that the grammars ask.
#pragma once

#include <string>
#include <string_view>

namespace smtp {

[[nodiscard]] char to_upper(char c);
[[nodiscard]] std::string upper(std::string_view text);
[[nodiscard]] bool same_ignoring_case(std::string_view a, std::string_view b);
[[nodiscard]] bool is_digit(char c);
[[nodiscard]] bool is_alpha(char c);
[[nodiscard]] bool is_ascii(std::string_view text);
// Well-formed by RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

// base64 (RFC 4648 4), strict: no white space, padding required. decode gives false for anything
// else.
[[nodiscard]] std::string encode_base64(std::string_view octets);
[[nodiscard]] bool decode_base64(std::string_view text, std::string& octets);

}  // namespace smtp
