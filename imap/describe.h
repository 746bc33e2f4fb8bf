// describe: ENVELOPE and BODYSTRUCTURE of a mail, made once and kept, RFC 3501 7.4.2.
//
// Pure. What comes out stands in a response as it is: 7-bit, quoted strings only, never a literal.
#pragma once

#include "mime/message.h"

#include <string>
#include <string_view>

namespace imap {

// ENVELOPE with its parentheses. Header text as the mail has it, unfolded, encoded words kept; raw
// 8-bit becomes encoded words, since a quoted string cannot carry it. `bytes`: what `message` was
// parsed from.
[[nodiscard]] std::string envelope(const mime::Message& message, std::string_view bytes);

// BODYSTRUCTURE with extension data and its parentheses.
[[nodiscard]] std::string body_structure(const mime::Message& message, std::string_view bytes);

// BODY: `body_structure` without extension data. Text that body_structure() never makes comes back
// unchanged.
[[nodiscard]] std::string basic_body(std::string_view body_structure);

}  // namespace imap
