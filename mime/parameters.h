// parameters: the values of Content-Type and Content-Disposition, RFC 2045 5.1, 2183, 2231.
#pragma once

#include "mime/message.h"

#include <string_view>

namespace mime {

// Both take the raw value of the field. Tolerant: missing quotes and semicolons, comments,
// continuations out of order, encoded words and raw 8-bit in values. At most `limit` parameters are
// kept. `valid` is false when there is no "type/subtype" to be read; the type is then text/plain
// (RFC 2045 5.2).
[[nodiscard]] ContentType parse_content_type(std::string_view raw, std::size_t limit, bool& valid);
[[nodiscard]] Disposition parse_disposition(std::string_view raw, std::size_t limit);
[[nodiscard]] TransferEncoding parse_transfer_encoding(std::string_view raw);

}  // namespace mime
