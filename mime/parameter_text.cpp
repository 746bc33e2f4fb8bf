// parameter_text: the values of Content-Type and Content-Disposition, RFC 2045 5.1, 2183, 2231.
#include "mime/parameter_text.h"

#include "mime/ascii.h"
#include "mime/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace mime {

namespace {

constexpr std::size_t folded_line = 76;

std::string_view to_view(const mimetic::istring& text)
{
    return {text.data(), text.size()};
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
        if (is_attribute(c)) out += c;
        else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

void append_piece(std::string& out, std::string_view piece)
{
    constexpr std::size_t name_width = std::string_view("Content-Disposition: ").size();
    const std::size_t line = out.rfind('\n');
    const std::size_t column = line == std::string::npos ? name_width + out.size() : out.size() - line - 1;
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
    for (std::size_t i = 0; i < pieces.size(); ++i) append_piece(out, fmt::format("{}*{}*={}", name, i, pieces[i]));
}

void append_parameter(std::string& out, std::string_view name, std::string_view raw_value)
{
    std::string value = repaired_utf8(raw_value);
    for (char& c : value)
        if (is_control(c)) c = ' ';
    constexpr std::size_t longest_plain = 70;
    if (!is_ascii(value) || value.size() > longest_plain || value.find("=?") != std::string::npos)
        return append_extended(out, name, value);
    if (!value.empty() && std::all_of(value.begin(), value.end(), is_token))
        return append_piece(out, fmt::format("{}={}", name, value));
    std::string quoted;
    for (const char c : value) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    append_piece(out, fmt::format("{}=\"{}\"", name, quoted));
}

std::string written(std::string value, const mimetic::FieldParamList& parameters)
{
    for (const mimetic::FieldParam& parameter : parameters)
        append_parameter(value, to_view(parameter.name()), parameter.value());
    return value;
}

}  // namespace

std::string parameter_name(std::string_view raw)
{
    std::string name;
    for (const char c : raw)
        if (is_attribute(c)) name += lower(c);
    return name;
}

std::string written(const mimetic::ContentType& type)
{
    std::string value(to_view(type.type()));
    value += '/';
    value += to_view(type.subtype());
    return written(std::move(value), type.paramList());
}

std::string written(const mimetic::ContentDisposition& disposition)
{
    return written(std::string(to_view(disposition.type())), disposition.paramList());
}

}  // namespace mime
