// utf8: characters in and out of UTF-8, RFC 3629.
//
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace imap {

void put_utf8(std::string& out, char32_t character);
// Takes one character off `text`, which is not empty; nullopt where it is no UTF-8 (overlong forms
// and surrogates included).
[[nodiscard]] std::optional<char32_t> take_utf8(std::string_view& text);
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace imap
