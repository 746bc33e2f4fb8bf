// utf8: validation and repair, RFC 3629.
#include "mime/utf8.h"

#include "mime/ascii.h"

#include <cstdint>
#include <cstring>

namespace mime {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool is_continuation(char c)
{
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

std::size_t ascii_prefix(std::string_view text)
{
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t block = 0;
        std::memcpy(&block, text.data() + at, 8);
        if ((block & 0x8080808080808080ULL) != 0) break;
    }
    while (at < text.size() && !is_eight_bit(text[at])) ++at;
    return at;
}

std::size_t utf8_character(std::string_view text, std::size_t at, char32_t& code)
{
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead < 0x80) {
        code = lead;
        return 1;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return 0;
    code = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if (!is_continuation(text[at + i])) return 0;
        code = (code << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    return overlong || surrogate || code > 0x10FFFF ? 0 : length;
}

bool is_ascii(std::string_view text)
{
    return ascii_prefix(text) == text.size();
}

bool is_utf8(std::string_view text)
{
    std::size_t at = 0;
    char32_t code = 0;
    while ((at += ascii_prefix(text.substr(at))) < text.size()) {
        while (at < text.size() && is_eight_bit(text[at])) {
            const std::size_t length = utf8_character(text, at, code);
            if (length == 0) return false;
            at += length;
        }
    }
    return true;
}

std::string repaired_utf8(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    char32_t code = 0;
    for (std::size_t at = 0; at < text.size();) {
        if (const std::size_t length = utf8_character(text, at, code)) {
            out.append(text, at, length);
            at += length;
            continue;
        }
        out += replacement;
        const bool leads = (static_cast<unsigned char>(text[at++]) & 0xC0) == 0xC0;
        // What followed a lead octet is part of the same broken character, three octets at most.
        for (int i = 0; leads && i < 3 && at < text.size() && is_continuation(text[at]); ++i) ++at;
    }
    return out;
}

void append_utf8(std::string& out, char32_t code)
{
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | (code >> 6));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else if ((code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) {
        out += replacement;
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | (code >> 12));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (code >> 18));
        out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    }
}

std::string_view cut_utf8(std::string_view text, std::size_t octets)
{
    if (text.size() <= octets) return text;
    while (octets > 0 && is_continuation(text[octets])) --octets;
    return text.substr(0, octets);
}

}  // namespace mime
