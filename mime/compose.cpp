// compose: writes mail, RFC 5322, 2045-2047, 2183, 2231.
//
// A writer of our own, not mimetic's: the same values must give the same bytes, and nothing may
// inject a field.
#include "mime/compose.h"

#include "mime/ascii.h"
#include "mime/flowed.h"
#include "mime/transfer_encoding.h"
#include "mime/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace mime {

namespace {

constexpr std::size_t longest_line = 998;  // RFC 5322 2.1.1
constexpr std::size_t folded_line = 76;

struct Encoded {
    std::string_view name;  // of the Content-Transfer-Encoding
    std::string text;
};

// -- fields --------------------------------------------------------------------------------------

// A line end stays only where a line with something on it follows, indented: a fold. Every other
// CR, LF and NUL becomes a space.
std::string clean_value(std::string_view value)
{
    std::string out;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (c == '\r' && value.substr(i, 2) == "\r\n" && i + 2 < value.size() &&
            is_blank(value[i + 2])) {
            const std::size_t content = value.find_first_not_of(" \t", i + 2);
            if (content != std::string_view::npos && value[content] != '\r' &&
                value[content] != '\n' && value[content] != '\0' && !trimmed(out).empty()) {
                out += "\r\n";
                ++i;
                continue;
            }
        }
        out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
    }
    return out;
}

void append_field(std::string& out, std::string_view name, std::string_view value)
{
    std::string clean_name;
    for (const char c : name)
        if (c > 32 && c < 127 && c != ':') clean_name += c;
    if (clean_name.empty()) return;
    out += clean_name + ": " + clean_value(value) + "\r\n";
}

bool has_field(const Fields& fields, std::string_view name)
{
    return std::any_of(fields.begin(), fields.end(), [&](const auto& field) {
        return equal_ignoring_case(field.first, name);
    });
}

// -- parameters ----------------------------------------------------------------------------------

std::string token(std::string_view text, std::string_view otherwise)
{
    const bool good = !text.empty() && std::all_of(text.begin(), text.end(), is_token);
    return good ? lowered(text) : std::string(otherwise);
}

// RFC 2231 7: attribute-char
bool is_attribute(char c)
{
    return is_token(c) && c != '*' && c != '\'' && c != '%';
}

std::string percent_encoded(std::string_view character)
{
    std::string out;
    for (const char c : character) {
        if (is_attribute(c))
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

void append_piece(std::string& out, std::string_view piece)
{
    constexpr std::size_t name_width = std::string_view("Content-Disposition: ").size();
    const std::size_t line = out.rfind('\n');
    const std::size_t column =
        line == std::string::npos ? name_width + out.size() : out.size() - line - 1;
    out += column + piece.size() + 2 > folded_line ? ";\r\n " : "; ";
    out += piece;
}

// RFC 2231 3 and 4: extended, and in pieces when it is long.
void append_extended(std::string& out, std::string_view name, const std::string& value)
{
    constexpr std::size_t room = 50;  // of a piece's value, beside its name
    std::vector<std::string> pieces(1, "utf-8''");
    for (std::size_t at = 0; at < value.size();) {
        char32_t code = 0;
        const std::size_t length = std::max<std::size_t>(1, utf8_character(value, at, code));
        const std::string encoded = percent_encoded(std::string_view(value).substr(at, length));
        if (pieces.back().size() + encoded.size() > room) pieces.emplace_back();
        pieces.back() += encoded;
        at += length;
    }
    if (pieces.size() == 1) return append_piece(out, fmt::format("{}*={}", name, pieces[0]));
    for (std::size_t i = 0; i < pieces.size(); ++i)
        append_piece(out, fmt::format("{}*{}*={}", name, i, pieces[i]));
}

void append_parameter(std::string& out, std::string_view raw_name, std::string_view raw_value)
{
    std::string name;
    for (const char c : raw_name)
        if (is_attribute(c)) name += lower(c);
    if (name.empty()) return;
    std::string value = repaired_utf8(raw_value);
    for (char& c : value)
        if (is_control(c)) c = ' ';
    constexpr std::size_t longest_plain = 70;
    if (!is_ascii(value) || value.size() > longest_plain || value.find("=?") != std::string::npos)
        return append_extended(out, name, value);
    if (!value.empty() && std::all_of(value.begin(), value.end(), is_token))
        return append_piece(out, name + "=" + value);
    std::string quoted;
    for (const char c : value) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    append_piece(out, name + "=\"" + quoted + '"');
}

// -- contents ------------------------------------------------------------------------------------

bool is_text(const Composed& part)
{
    return equal_ignoring_case(part.type.type, "text");
}

bool is_message(const Composed& part)
{
    return equal_ignoring_case(part.type.type, "message");
}

std::size_t longest_line_of(std::string_view text)
{
    std::size_t longest = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        longest = std::max(longest, end - begin);
        begin = end + 1;
    }
    return longest;
}

std::string with_crlf(std::string_view text)
{
    std::string out;
    out.reserve(text.size() + text.size() / 32);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
        out += text[i];
    }
    return out;
}

// Whether a text goes as it is. Lines that begin with "From " do not: mbox files change them.
bool goes_as_seven_bit(std::string_view crlf_text)
{
    if (!is_ascii(crlf_text) || crlf_text.find('\0') != std::string_view::npos) return false;
    for (std::size_t i = crlf_text.find('\r'); i != std::string_view::npos;
         i = crlf_text.find('\r', i + 1))
        if (crlf_text.substr(i, 2) != "\r\n") return false;
    if (crlf_text.starts_with("From ") || crlf_text.find("\nFrom ") != std::string_view::npos)
        return false;
    return longest_line_of(crlf_text) <= longest_line;
}

Encoded encode_text_part(const Composed& part)
{
    const bool flowed = equal_ignoring_case(part.type.parameter("format"), "flowed");
    std::string text = with_crlf(flowed ? to_flowed(part.content) : part.content);
    if (goes_as_seven_bit(text)) return {"7bit", std::move(text)};
    const auto escaped =
        static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_eight_bit));
    // Quoted-printable stays readable for most Latin text; from a sixth of the octets on base64 is
    // also shorter.
    Encoded result{escaped * 4 > text.size() ? "base64" : "quoted-printable", {}};
    if (result.name == "base64")
        append_base64_lines(result.text, text);
    else
        append_quoted_printable(result.text, text);
    return result;
}

Encoded encode_content(const Composed& part)
{
    if (is_text(part)) return encode_text_part(part);
    if (is_message(part)) {  // RFC 2046 5.2.1: never encoded
        if (part.content.find('\0') != std::string::npos) return {"binary", part.content};
        return {is_ascii(part.content) ? "7bit" : "8bit", part.content};
    }
    Encoded result{"base64", {}};
    append_base64_lines(result.text, part.content);
    return result;
}

// -- parts ---------------------------------------------------------------------------------------

// Whether the text of a boundary stands anywhere below. Only contents that go unencoded can hold
// it: it begins with
// "=_", which neither base64 nor quoted-printable write (RFC 2045 6.7).
bool occurs(const Composed& part, std::string_view boundary)
{
    return part.content.find(boundary) != std::string::npos ||
           std::any_of(part.parts.begin(), part.parts.end(), [&](const Composed& child) {
               return occurs(child, boundary);
           });
}

bool holds_eight_bit(const Composed& part)
{
    if (is_message(part) && !is_ascii(part.content)) return true;
    return std::any_of(part.parts.begin(), part.parts.end(), holds_eight_bit);
}

std::uint64_t mixed(std::string_view text, std::uint64_t state)
{
    for (const char c : text)
        state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    state ^= state >> 33;
    state *= 0xFF51AFD7ED558CCDULL;
    return state ^ state >> 33;
}

class Writer {
public:
    explicit Writer(std::string_view seed)
        : first_(mixed(seed, 0xCBF29CE484222325ULL)), second_(mixed(seed, first_))
    {
    }

    void part(const Composed& part)
    {
        if (part.type.type == "multipart" || !part.parts.empty()) return multipart(part);
        const Encoded encoded = encode_content(part);
        append_field(out, "Content-Type", type_value(part, ""));
        append_field(out, "Content-Transfer-Encoding", encoded.name);
        further_fields(part);
        out += "\r\n";
        out += encoded.text;
    }

    std::string out;

private:
    void multipart(const Composed& part)
    {
        const std::string boundary = new_boundary(part);
        append_field(out, "Content-Type", type_value(part, boundary));
        if (holds_eight_bit(part)) append_field(out, "Content-Transfer-Encoding", "8bit");
        further_fields(part);
        out += "\r\n";
        bool first = true;
        for (const Composed& child : part.parts) {
            out += (first ? "--" : "\r\n--") + boundary + "\r\n";
            first = false;
            this->part(child);
        }
        if (first) out += "--" + boundary + "\r\n\r\n";  // RFC 2046 5.1.1: one part at least
        out += "\r\n--" + boundary + "--\r\n";
    }

    std::string new_boundary(const Composed& part)
    {
        for (;;) {
            const std::uint64_t number = ++boundaries_;
            std::string boundary =
                fmt::format("=_{:016x}{:08x}_{}", first_, second_ & 0xFFFFFFFF, number);
            if (!occurs(part, boundary)) return boundary;
        }
    }

    static std::string type_value(const Composed& part, std::string_view boundary)
    {
        std::string out;
        if (boundary.empty())
            out = token(part.type.type, "application") + '/' +
                  token(part.type.subtype, "octet-stream");
        else
            out = "multipart/" +
                  token(part.type.type == "multipart" ? part.type.subtype : "", "mixed");
        if (is_text(part)) {
            // The content is UTF-8 by contract, whatever the caller's type says.
            const bool ascii = is_ascii(part.content) &&
                               !equal_ignoring_case(part.type.parameter("charset"), "utf-8");
            append_parameter(out, "charset", ascii ? "us-ascii" : "utf-8");
        }
        for (const auto& [name, value] : part.type.parameters) {
            const bool ours = name == "boundary" || (name == "charset" && is_text(part));
            if (!ours) append_parameter(out, name, value);
        }
        if (!boundary.empty()) append_piece(out, fmt::format("boundary=\"{}\"", boundary));
        return out;
    }

    void further_fields(const Composed& part)
    {
        if (!part.disposition.empty() || !part.filename.empty()) {
            std::string value = token(part.disposition, "attachment");
            if (!part.filename.empty()) append_parameter(value, "filename", part.filename);
            append_field(out, "Content-Disposition", value);
        }
        std::string id;
        for (const char c : part.content_id)
            if (c > 32 && c < 127 && c != '<' && c != '>') id += c;
        if (!id.empty()) append_field(out, "Content-ID", '<' + id + '>');
        for (const auto& [name, value] : part.fields)
            append_field(out, name, value);
    }

    std::uint64_t first_;
    std::uint64_t second_;
    std::uint64_t boundaries_ = 0;
};

}  // namespace

std::string compose(const Fields& fields, const Composed& body, std::string_view seed)
{
    Writer writer(seed);
    for (const auto& [name, value] : fields)
        append_field(writer.out, name, value);
    if (!has_field(fields, "MIME-Version")) append_field(writer.out, "MIME-Version", "1.0");
    writer.part(body);
    return std::move(writer.out);
}

}  // namespace mime
