// base64: RFC 4648 4, and the variant of mailbox names (RFC 3501 5.1.3).
#include "imap/base64.h"

#include <cstdint>

namespace imap {

namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+";

char letter(unsigned value, char last)
{
    return value == 63 ? last : letters[value];
}

std::string encode(std::string_view octets, char last)
{
    std::string out;
    unsigned held = 0;
    int bits = 0;
    for (const char c : octets) {
        held = (held << 8) | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 6; bits -= 6) out += letter((held >> (bits - 6)) & 63, last);
        held &= 0xff;
    }
    if (bits > 0) out += letter((held << (6 - bits)) & 63, last);
    return out;
}

std::optional<std::string> decode(std::string_view text, char last)
{
    if (text.size() % 4 == 1) return std::nullopt;
    std::string out;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : text) {
        const auto value = c == last ? 63 : letters.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        held = ((held << 6) | static_cast<std::uint32_t>(value)) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += static_cast<char>((held >> bits) & 0xff);
        }
    }
    if ((held & ((1U << bits) - 1)) != 0) return std::nullopt;  // bits that mean nothing must be zero
    return out;
}

}  // namespace

std::string encode_base64(std::string_view octets)
{
    auto out = encode(octets, '/');
    while (out.size() % 4 != 0) out += '=';
    return out;
}

std::optional<std::string> decode_base64(std::string_view text)
{
    if (text.size() % 4 != 0) return std::nullopt;
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    return decode(text, '/');
}

std::string encode_mailbox_base64(std::string_view octets)
{
    return encode(octets, ',');
}

std::optional<std::string> decode_mailbox_base64(std::string_view text)
{
    return decode(text, ',');
}

}  // namespace imap
