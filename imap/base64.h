// base64: RFC 4648 4, and the variant of mailbox names (RFC 3501 5.1.3: "," for "/", no padding).
//
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace imap {

[[nodiscard]] std::string encode_base64(std::string_view octets);
// nullopt when it is not exactly base64 with its padding: credentials are never guessed at.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

[[nodiscard]] std::string encode_mailbox_base64(std::string_view octets);
[[nodiscard]] std::optional<std::string> decode_mailbox_base64(std::string_view text);

}  // namespace imap
