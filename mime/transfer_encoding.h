// transfer_encoding: base64 and quoted-printable, RFC 2045 6.7 and 6.8. Decoding is total.
#pragma once

#include "mime/defect.h"

#include <optional>
#include <string>
#include <string_view>

namespace mime {

// What is no base64 character is passed over; "=" ends a group, so that concatenated pieces are
// read on. Other characters than white space, and a lone one at the end, are a defect.
[[nodiscard]] std::string decode_base64(std::string_view text, Defects* found = nullptr);
// Whether there are only base64 characters, padding at the end, and no lone character in the last
// group.
[[nodiscard]] bool is_base64(std::string_view text);
// Bad escapes stand as they are and are a defect, white space at line ends goes, line ends stay as
// they are.
[[nodiscard]] std::string decode_quoted_printable(std::string_view text, Defects* found = nullptr);
// One line, padded.
[[nodiscard]] std::string encode_base64(std::string_view octets);
// The octets of which encode_base64 makes exactly this text, else nullopt: credentials are never guessed at.
[[nodiscard]] std::optional<std::string> decode_exact_base64(std::string_view text);
// Lines of 76 characters, each closed by CRLF.
void append_base64_lines(std::string& out, std::string_view octets);
// Lines of at most 76 characters; CRLF and LF in the text become CRLF, a lone CR is encoded.
void append_quoted_printable(std::string& out, std::string_view text);

}  // namespace mime
