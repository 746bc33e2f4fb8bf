// charset: octets in some charset become UTF-8. Never fails: an unknown charset is read as
// windows-1252.
#pragma once

#include "mime/defect.h"

#include <string>
#include <string_view>

namespace mime {

// Whether the label (any case, as in a charset parameter) names a charset that can be read.
[[nodiscard]] bool known_charset(std::string_view label);
// UTF-8 of `octets`; what is no character becomes U+FFFD. No label or us-ascii: see guessed_utf8. A label that cannot
// be right is survived: octets called UTF-8 that hold not one character of several octets are windows-1252.
[[nodiscard]] std::string to_utf8(std::string_view octets, std::string_view label, Defects* found = nullptr);
// Octets without a label: as they are when they are UTF-8 (or, by their escapes, ISO-2022-JP), else windows-1252.
[[nodiscard]] std::string guessed_utf8(std::string_view octets, Defects* found = nullptr);

}  // namespace mime
