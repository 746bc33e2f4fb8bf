// compose: mail of our own making, deterministic: the same values give the same bytes. RFC 5322, 2045-2047, 2231, 6532.
#pragma once

#include "mime/message.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mime {

struct Composed {  // a part to be written
    ContentType type;
    std::string disposition;                                  // "", "inline", "attachment"
    std::string filename;                                     // UTF-8
    std::string content_id;                                   // without brackets
    std::vector<std::pair<std::string, std::string>> fields;  // further fields of the part, as they shall stand
    std::string content;          // text types: UTF-8 with LF or CRLF; message/rfc822: the bytes; else octets
    std::vector<Composed> parts;  // multipart/*
    // The content is the body as it stands, encoded already, and `fields` are all that the part has: what is signed
    // stays so.
    bool as_it_stands = false;
};

// Name and value as they shall stand, without CRLF; values are encoded and folded by the caller through mime/header.h.
// CR, LF and NUL in a value become spaces: nothing can inject a field.
using Fields = std::vector<std::pair<std::string, std::string>>;

// Whether octets can stand in a mail without being encoded: lines end with CRLF, none is longer than 998 octets (RFC
// 5322 2.1.1), and there is no NUL.
[[nodiscard]] bool has_plain_lines(std::string_view octets);

// The whole mail with CRLF line ends. Text: 7bit when it is short-lined ASCII, else quoted-printable; text/plain may be
// format=flowed when the caller says so in its type. Other types: base64. message/*: 7bit or 8bit as they are, base64
// where they have no plain lines.
// Boundaries are derived from `seed` (RFC 2046 5.1.1) and checked against the content.
[[nodiscard]] std::string compose(const Fields& fields, const Composed& body, std::string_view seed);

}  // namespace mime
