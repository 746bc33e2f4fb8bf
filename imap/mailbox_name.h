// mailbox_name: mailbox names on the wire (modified UTF-7, RFC 3501 5.1.3) and inside (UTF-8), and
// LIST's patterns.
//
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace imap {

inline constexpr char hierarchy = '/';

// Also takes raw UTF-8, which some clients send. nullopt when it is neither.
[[nodiscard]] std::optional<std::string> decode_mailbox(std::string_view wire);
[[nodiscard]] std::string encode_mailbox(std::string_view utf8);

// INBOX in any case becomes "INBOX", also as the first level of a longer name.
[[nodiscard]] std::string normal_mailbox(std::string name);
// Whether a mailbox may be made under that name: no empty level, no control, neither too long nor
// too deep.
[[nodiscard]] bool valid_mailbox(std::string_view name);

// "*" any characters, "%" any but the hierarchy separator; INBOX in any case. Linear in name times
// pattern.
[[nodiscard]] bool matches_pattern(std::string_view name, std::string_view pattern);

}  // namespace imap
