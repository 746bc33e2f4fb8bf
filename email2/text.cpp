// text: characters: ASCII classes, UTF-8 and what XML 1.0 can carry.
#include "email2/text.h"

#include <cstring>

namespace email2 {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct Lead {
    std::size_t length;  // of the whole sequence; 0: no lead byte
    char32_t bits;
    char32_t least;  // smaller values are overlong
};

Lead read_lead(unsigned char byte)
{
    if (byte < 0x80) return {1, byte, 0};
    if (byte >= 0xC2 && byte < 0xE0) return {2, byte & 0x1FU, 0x80};
    if (byte >= 0xE0 && byte < 0xF0) return {3, byte & 0x0FU, 0x800};
    if (byte >= 0xF0 && byte < 0xF5) return {4, byte & 0x07U, 0x10000};
    return {0, 0, 0};
}

constexpr std::uint64_t each = 0x0101010101010101;  // times a byte: that byte eight times
constexpr std::uint64_t high_bits = each * 0x80;

std::uint64_t word_at(std::string_view text, std::size_t at)
{
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    return word;
}

// How far from `at` on there is ASCII alone, eight octets at a time: nearly all of it.
std::size_t ascii_to(std::string_view text, std::size_t at)
{
    while (at + 8 <= text.size() && (word_at(text, at) & high_bits) == 0) at += 8;
    return at;
}

// The same of ASCII without control characters.
std::size_t printable_to(std::string_view text, std::size_t at)
{
    for (; at + 8 <= text.size(); at += 8) {
        const auto word = word_at(text, at);
        const bool control = ((word - each * 0x20) & ~word & high_bits) != 0;
        if (control || (word & high_bits) != 0) break;
    }
    return at;
}

// Whether nothing in `text` needs to be replaced: nearly always, so that it is worth a first look.
bool is_clean(std::string_view text)
{
    for (std::size_t at = printable_to(text, 0); at < text.size(); at = printable_to(text, at)) {
        const auto c = next_character(text, at);
        if (!c || !is_xml_character(*c)) return false;
    }
    return true;
}

}  // namespace

std::string ascii_lower(std::string_view text)
{
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

bool is_ascii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::optional<char32_t> next_character(std::string_view text, std::size_t& at)
{
    const std::size_t start = at++;
    auto [length, character, least] = read_lead(static_cast<unsigned char>(text[start]));
    if (length == 0 || text.size() - start < length) return std::nullopt;
    for (std::size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[start + i]);
        if ((byte & 0xC0U) != 0x80) return std::nullopt;
        character = (character << 6U) | (byte & 0x3FU);
    }
    const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
    if (character < least || surrogate || character > 0x10FFFF) return std::nullopt;
    at = start + length;
    return character;
}

bool is_utf8(std::string_view text)
{
    for (std::size_t at = ascii_to(text, 0); at < text.size(); at = ascii_to(text, at))
        if (!next_character(text, at)) return false;
    return true;
}

std::string xml_text(std::string_view text)
{
    if (is_clean(text)) return std::string(text);
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t start = at;
        const auto c = next_character(text, at);
        if (c && is_xml_character(*c)) result += text.substr(start, at - start);
        else result += replacement;
    }
    return result;
}

}  // namespace email2
