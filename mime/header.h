// header: what stands in header fields: text, addresses, message ids, dates. RFC 5322, 2047, 2231, 6532.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mime {

struct Address {
    std::string display_name;  // UTF-8, unquoted, encoded words undone
    std::string local_part;    // unquoted
    std::string domain;        // as written (UTF-8 or A-labels); "" in a bare local part
    std::string group;         // the group it stands in, or ""

    // local_part@domain, the local part quoted where RFC 5321 needs it.
    [[nodiscard]] std::string spec() const;
    bool operator==(const Address&) const = default;
};

// Unfolds and undoes encoded words and raw 8-bit: UTF-8, no CR or LF, controls as spaces.
[[nodiscard]] std::string decode_text(std::string_view raw);
// Text as an unstructured value in ASCII, RFC 2047 where needed, folded at 78; no CR or LF of the text survives.
[[nodiscard]] std::string encode_text(std::string_view utf8, std::size_t column);
// Every mailbox of an address list, groups opened; what cannot be read is left out.
[[nodiscard]] std::vector<Address> parse_addresses(std::string_view raw);
// "Name <a@b>" in ASCII with RFC 2047 in the name (the address itself may be UTF-8, RFC 6532).
[[nodiscard]] std::string encode_address(const Address& address);
// msg-ids without their angle brackets, in order, duplicates dropped; survives commas, missing brackets, comments.
[[nodiscard]] std::vector<std::string> parse_message_ids(std::string_view raw);
// A date-time, obsolete forms and common errors included, as UTC; nullopt when hopeless.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_date(std::string_view raw);
// "Mon, 23 Nov 2026 06:48:00 +0000"
[[nodiscard]] std::string format_date(std::chrono::sys_seconds time);

}  // namespace mime
