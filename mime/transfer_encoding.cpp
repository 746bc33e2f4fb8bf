// transfer_encoding: base64 and quoted-printable, RFC 2045 6.7 and 6.8.
//
// Base64 is written by mimetic's encoder. Its quoted-printable one is not used: from the first
// octet of eight bits on it escapes blanks and line ends too, so that no line of the text is left.
#include "mime/transfer_encoding.h"

#include "mime/ascii.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <mimetic/codec/base64.h>

namespace mime {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t none = 0x80;  // in no table value: values have six bits
constexpr std::size_t line_length = 76;

constexpr auto values = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(none);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return table;
}();

std::uint8_t value(char c)
{
    return values[static_cast<unsigned char>(c)];
}

// Collects six bits at a time.
struct Group {
    std::uint32_t bits = 0;
    int count = 0;

    void add(std::uint8_t six, char*& out)
    {
        bits = (bits << 6) | six;
        if (++count < 4) return;
        *out++ = static_cast<char>(bits >> 16);
        *out++ = static_cast<char>(bits >> 8);
        *out++ = static_cast<char>(bits);
        *this = {};
    }

    void finish(char*& out)
    {
        if (count >= 2) *out++ = static_cast<char>(bits >> (count == 2 ? 4 : 10));
        if (count == 3) *out++ = static_cast<char>(bits >> 2);
        *this = {};
    }
};

// One line, padded. Mimetic's encoder breaks lines by LF: with a length of 0 it breaks none.
void append_base64(std::string& out, std::string_view octets)
{
    const std::size_t before = out.size();
    out.resize(before + (octets.size() + 2) / 3 * 4);
    mimetic::Base64::Encoder(0).process(octets.begin(), octets.end(), out.data() + before);
}

// What follows a "=" within a line: an octet, or nothing that quoted-printable knows. Returns the
// position behind it.
std::size_t decode_escape(std::string_view line, std::size_t at, std::string& out, Defects* found)
{
    const int high = at + 2 < line.size() ? hex_value(line[at + 1]) : -1;
    const int low = high >= 0 ? hex_value(line[at + 2]) : -1;
    out += low >= 0 ? static_cast<char>(high << 4 | low) : '=';
    if (low < 0) note(found, Defect::bad_quoted_printable);
    return low >= 0 ? at + 3 : at + 1;
}

// One line without its end. Returns whether a soft line end closes it.
bool decode_quoted_line(std::string_view line, std::string& out, Defects* found)
{
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    const bool soft = line.ends_with('=');
    if (soft) line.remove_suffix(1);
    for (std::size_t at = 0; at < line.size();) {
        const std::size_t escape = std::min(line.find('=', at), line.size());
        out.append(line, at, escape - at);
        at = escape == line.size() ? escape : decode_escape(line, escape, out, found);
    }
    return soft;
}

void append_escaped(std::string& out, char c)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    out += '=';
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
}

bool stands_for_itself(char c)
{
    return c != '=' && !is_eight_bit(c) && (!is_control(c) || c == '\t');
}

bool must_escape(std::string_view line, std::size_t at)
{
    const char c = line[at];
    if (!stands_for_itself(c)) return true;
    if (is_blank(c)) return at + 1 == line.size();  // white space at a line's end is lost on the way
    // Lines that mbox files and SMTP servers are known to change.
    return at == 0 && (c == '.' || line.starts_with("From "));
}

// One line of text, without its end.
void append_quoted_line(std::string& out, std::string_view line)
{
    std::size_t column = 0;
    for (std::size_t at = 0; at < line.size(); ++at) {
        // Within a line, what stands for itself goes together.
        if (at > 0 && column < line_length - 1) {
            const auto end = std::min(line.size() - 1, at + (line_length - 1 - column));
            const auto* from = line.data() + at;
            const auto run =
                static_cast<std::size_t>(std::find_if_not(from, line.data() + end, stands_for_itself) - from);
            out.append(from, run);
            column += run;
            at += run;
        }
        const bool escape = must_escape(line, at);
        const std::size_t width = escape ? 3 : 1;
        const std::size_t room = at + 1 == line.size() ? line_length : line_length - 1;
        if (column + width > room) {
            out += "=\r\n";
            column = 0;
        }
        if (escape) append_escaped(out, line[at]);
        else out += line[at];
        column += width;
    }
}

}  // namespace

std::string decode_base64(std::string_view text, Defects* found)
{
    std::string result(text.size() / 4 * 3 + 3, '\0');
    char* out = result.data();
    const char* in = text.data();
    const char* const end = in + text.size();
    Group group;
    while (in < end) {
        while (group.count == 0 && end - in >= 4) {
            const std::uint8_t a = value(in[0]), b = value(in[1]), c = value(in[2]), d = value(in[3]);
            if (((a | b | c | d) & none) != 0) break;
            const auto bits = static_cast<std::uint32_t>(a << 18 | b << 12 | c << 6 | d);
            out[0] = static_cast<char>(bits >> 16);
            out[1] = static_cast<char>(bits >> 8);
            out[2] = static_cast<char>(bits);
            out += 3;
            in += 4;
        }
        if (in == end) break;
        const char c = *in++;
        if (c == '=') group.finish(out);
        else if (const std::uint8_t six = value(c); six != none) group.add(six, out);
        else if (!is_space(c)) note(found, Defect::bad_base64);
    }
    if (group.count == 1) note(found, Defect::bad_base64);
    group.finish(out);
    result.resize(static_cast<std::size_t>(out - result.data()));
    return result;
}

bool is_base64(std::string_view text)
{
    std::size_t length = text.size();
    while (length > 0 && text[length - 1] == '=') --length;
    if (length % 4 == 1) return false;
    for (const char c : text.substr(0, length))
        if (value(c) == none) return false;
    return true;
}

std::string decode_quoted_printable(std::string_view text, Defects* found)
{
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::size_t content = end;
        if (end < text.size() && content > 0 && text[content - 1] == '\r') --content;
        const std::string_view line_end = text.substr(content, end == text.size() ? 0 : end + 1 - content);
        const bool soft = decode_quoted_line(text.substr(0, content), out, found);
        if (!soft) out += line_end;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string encode_base64(std::string_view octets)
{
    std::string out;
    append_base64(out, octets);
    return out;
}

std::optional<std::string> decode_exact_base64(std::string_view text)
{
    auto octets = decode_base64(text);
    return encode_base64(octets) == text ? std::optional(std::move(octets)) : std::nullopt;
}

void append_base64_lines(std::string& out, std::string_view octets)
{
    constexpr std::size_t octets_a_line = line_length / 4 * 3;
    out.reserve(out.size() + (octets.size() / octets_a_line + 1) * (line_length + 2));
    for (std::size_t at = 0; at < octets.size(); at += octets_a_line) {
        append_base64(out, octets.substr(at, octets_a_line));
        out += "\r\n";
    }
}

void append_quoted_printable(std::string& out, std::string_view text)
{
    out.reserve(out.size() + text.size() + text.size() / 4);  // of text that is mostly Latin
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
        append_quoted_line(out, line);
        if (end == std::string_view::npos) return;
        out += "\r\n";
        text.remove_prefix(end + 1);
    }
}

}  // namespace mime
