// mailbox_name: mailbox names on the wire (modified UTF-7, RFC 3501 5.1.3) and inside (UTF-8), and
// LIST's patterns.
#include "imap/mailbox_name.h"

#include "imap/limits.h"
#include "imap/text.h"
#include "mime/ascii.h"
#include "mime/transfer_encoding.h"
#include "mime/utf8.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace imap {

namespace {

constexpr std::string_view inbox = "INBOX";

// UTF-16 in network order, surrogate pairs joined.
bool put_utf16(std::string& out, std::string_view octets)
{
    if (octets.size() % 2 != 0) return false;
    const auto unit = [&](std::size_t i) {
        return static_cast<char32_t>(
            (static_cast<unsigned char>(octets[i]) << 8) | static_cast<unsigned char>(octets[i + 1]));
    };
    for (std::size_t i = 0; i < octets.size(); i += 2) {
        auto c = unit(i);
        if (c >= 0xdc00 && c < 0xe000) return false;
        if (c >= 0xd800 && c < 0xdc00) {
            i += 2;
            if (i >= octets.size() || unit(i) < 0xdc00 || unit(i) >= 0xe000) return false;
            c = 0x10000 + ((c - 0xd800) << 10) + (unit(i) - 0xdc00);
        }
        mime::append_utf8(out, c);
    }
    return true;
}

void put_unit(std::string& octets, char32_t unit)
{
    octets += static_cast<char>(unit >> 8);
    octets += static_cast<char>(unit & 0xff);
}

// Base64 with "," for "/", and without padding.
std::string shifted_base64(std::string_view octets)
{
    auto text = mime::encode_base64(octets);
    text.erase(std::min(text.find('='), text.size()));
    std::ranges::replace(text, '/', ',');
    return text;
}

std::optional<std::string> unshifted_base64(std::string text)
{
    if (text.find_first_of("/=") != std::string::npos) return std::nullopt;
    std::ranges::replace(text, ',', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return mime::decode_exact_base64(text);
}

bool printable(char32_t c)
{
    return c >= 0x20 && c < 0x7f;
}

}  // namespace

std::optional<std::string> decode_mailbox(std::string_view wire)
{
    if (std::ranges::any_of(wire, [](unsigned char c) { return c >= 0x80; })) {
        return mime::is_utf8(wire) ? std::optional{std::string{wire}} : std::nullopt;
    }
    std::string out;
    for (std::size_t i = 0; i < wire.size(); ++i) {
        if (wire[i] != '&') {
            out += wire[i];
            continue;
        }
        const auto end = wire.find('-', i);
        if (end == std::string_view::npos) return std::nullopt;
        if (end == i + 1) {
            out += '&';
        } else {
            const auto octets = unshifted_base64(std::string(wire.substr(i + 1, end - i - 1)));
            if (!octets || !put_utf16(out, *octets)) return std::nullopt;
        }
        i = end;
    }
    return out;
}

std::string encode_mailbox(std::string_view utf8)
{
    std::string out, shifted;
    const auto unshift = [&] {
        if (!shifted.empty()) out += "&" + shifted_base64(shifted) + "-";
        shifted.clear();
    };
    for (std::size_t at = 0; at < utf8.size();) {
        char32_t c = 0;
        const auto length = mime::utf8_character(utf8, at, c);
        if (length == 0) c = 0xfffd;
        at += std::max<std::size_t>(length, 1);
        if (printable(c)) {
            unshift();
            out += static_cast<char>(c);
            if (c == '&') out += '-';
        } else if (c >= 0x10000) {
            put_unit(shifted, 0xd800 + ((c - 0x10000) >> 10));
            put_unit(shifted, 0xdc00 + ((c - 0x10000) & 0x3ff));
        } else {
            put_unit(shifted, c);
        }
    }
    unshift();
    return out;
}

std::string normal_mailbox(std::string name)
{
    const auto first = std::string_view{name}.substr(0, name.find(hierarchy));
    if (mime::equal_ignoring_case(first, inbox)) name.replace(0, inbox.size(), inbox);
    return name;
}

bool valid_mailbox(std::string_view name)
{
    if (name.empty() || name.size() > mailbox_name || !mime::is_utf8(name)) return false;
    if (name.starts_with(hierarchy) || name.ends_with(hierarchy) || name.find("//") != std::string_view::npos)
        return false;
    if (std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) return false;
    return static_cast<std::size_t>(std::ranges::count(name, hierarchy)) < mailbox_depth;
}

bool matches_pattern(std::string_view name, std::string_view pattern)
{
    const bool in_inbox = name.substr(0, name.find(hierarchy)) == inbox;
    const auto same = [&](std::size_t at, char p) {
        return name[at] == p ||
               (in_inbox && at < inbox.size() && mime::equal_ignoring_case(name.substr(at, 1), {&p, 1}));
    };
    // reached[i]: the pattern read so far matches the first i octets of the name.
    std::vector<char> reached(name.size() + 1, 0);
    reached[0] = 1;
    for (const char p : pattern) {
        if (p == '*' || p == '%') {
            for (std::size_t i = 1; i <= name.size(); ++i) {
                if (reached[i - 1] && (p == '*' || name[i - 1] != hierarchy)) reached[i] = 1;
            }
        } else {
            for (std::size_t i = name.size(); i > 0; --i)
                reached[i] = static_cast<char>(reached[i - 1] && same(i - 1, p));
            reached[0] = 0;
        }
    }
    return reached[name.size()] != 0;
}

}  // namespace imap
