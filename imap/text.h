// text: how strings are written in responses, RFC 3501 4.3 and 9 (nstring, astring, quoted).
//
// Pure. Each function appends to `out`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imap {

// A quoted string. NUL, CR and LF, which it cannot carry, become spaces; 8-bit goes through as it
// is.
void put_quoted(std::string& out, std::string_view text);
// An atom where it is one, else a quoted string, else (8-bit, CR, LF) a literal.
void put_astring(std::string& out, std::string_view text);
// A quoted string of header text: 7-bit, raw 8-bit as RFC 2047 words, folding undone.
void put_header_text(std::string& out, std::string_view raw);
// The same, NIL when there is none.
void put_header_text(std::string& out, std::optional<std::string_view> raw);

void put_number(std::string& out, std::uint64_t number);

}  // namespace imap
