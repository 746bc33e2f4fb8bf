// text: how strings are written in responses, RFC 3501 4.3 and 9.
#include "imap/text.h"

#include "mime/ascii.h"
#include "mime/header.h"
#include "mime/utf8.h"

#include <algorithm>
#include <charconv>

namespace imap {

namespace {

// ASTRING-CHAR = ATOM-CHAR / resp-specials
bool astring_char(unsigned char c)
{
    return c > ' ' && c < 0x7f && std::string_view{"(){%*\"\\"}.find(static_cast<char>(c)) == std::string_view::npos;
}

std::string unfolded(std::string_view raw)
{
    std::string out;
    out.reserve(raw.size());
    for (const char c : raw) {
        if (c != '\r' && c != '\n') out += c == '\0' ? ' ' : c;
    }
    const auto end = out.find_last_not_of(" \t");
    out.resize(end == std::string::npos ? 0 : end + 1);
    return out;
}

}  // namespace

void put_quoted(std::string& out, std::string_view text)
{
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c == '\0' || c == '\r' || c == '\n' ? ' ' : c;
    }
    out += '"';
}

void put_astring(std::string& out, std::string_view text)
{
    const bool atom = !text.empty() && std::all_of(text.begin(), text.end(), astring_char);
    if (atom && !mime::equal_ignoring_case(text, "NIL")) {
        out += text;
    } else if (!mime::is_ascii(text) || text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos) {
        out += '{';
        put_number(out, text.size());
        out += "}\r\n";
        out += text;
    } else {
        put_quoted(out, text);
    }
}

void put_header_text(std::string& out, std::string_view raw)
{
    if (mime::is_ascii(raw)) return put_quoted(out, unfolded(raw));
    const std::string legal = unfolded(mime::encode_text(mime::decode_text(raw), 0));
    put_quoted(out, !mime::is_ascii(legal) ? std::string_view{"?"} : std::string_view{legal});
}

void put_header_text(std::string& out, std::optional<std::string_view> raw)
{
    if (raw) {
        put_header_text(out, *raw);
    } else {
        out += "NIL";
    }
}

void put_number(std::string& out, std::uint64_t number)
{
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

}  // namespace imap
