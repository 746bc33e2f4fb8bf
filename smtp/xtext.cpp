// xtext: how ESMTP parameters carry other text, RFC 3461 4, RFC 6533 3.
#include "smtp/command.h"

#include <cstdint>

namespace smtp {
namespace {

// HEXDIG in upper case only, RFC 3461 4
int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

// xtext = *( xchar / hexchar )
std::optional<std::string> decode_xtext(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x21 || c == 0x7F || c == '=') return std::nullopt;
        if (c != '+') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_value(text[i + 1]);
        const int low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        const int octet = high * 16 + low;
        if (octet < 0x20 || octet == 0x7F) return std::nullopt;  // a control in it could end up in a report of ours
        out += static_cast<char>(octet);
        i += 2;
    }
    return out;
}

std::string encode_xtext(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet > 0x20 && octet < 0x7F && c != '+' && c != '=') {
            out += c;
            continue;
        }
        out += '+';
        out += digits[octet >> 4U];
        out += digits[octet & 15U];
    }
    return out;
}

}  // namespace smtp
