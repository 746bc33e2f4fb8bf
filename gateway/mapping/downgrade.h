// downgrade: a mail for a next hop that takes less than it has: 7-bit content (RFC 6152), header fields in ASCII (RFC
// 6857, in its simplest form: what RFC 2047 can carry is encoded, an address that cannot becomes its text in an empty
// group).
#pragma once

#include "mime/message.h"

#include <string>
#include <string_view>

namespace gateway::mapping {

// Octets over 127 in a header field, of the mail or of a part.
[[nodiscard]] bool has_eight_bit_header(const mime::Message& message, std::string_view bytes);
// A signature over the content: changing a transfer encoding would break it.
[[nodiscard]] bool is_signed(const mime::Message& message, std::string_view bytes);

// The mail with every 8-bit part as quoted-printable (text) or base64; enclosed mails are converted inside.
[[nodiscard]] std::string in_seven_bits(const mime::Message& message, std::string_view bytes);
// The mail with header fields in ASCII alone.
[[nodiscard]] std::string with_ascii_header(const mime::Message& message, std::string_view bytes);

}  // namespace gateway::mapping
