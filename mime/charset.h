// charset: octets in some charset become UTF-8. Never fails: an unknown charset is read as
// windows-1252.
#pragma once

#include <string>
#include <string_view>

namespace mime {

// Whether the label (any case, as in a charset parameter) names a charset that can be read.
[[nodiscard]] bool known_charset(std::string_view label);
// UTF-8 of `octets`; what is no character becomes U+FFFD. No label or us-ascii: see guessed_utf8.
[[nodiscard]] std::string to_utf8(std::string_view octets, std::string_view label);
// Octets without a label: as they are when they are UTF-8, else windows-1252.
[[nodiscard]] std::string guessed_utf8(std::string_view octets);

}  // namespace mime
