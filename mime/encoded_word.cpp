// encoded_word: text in headers, RFC 2047, 2231 5 and 6532; decoding is tolerant, encoding is
// strict.
#include "mime/encoded_word.h"

#include "mime/ascii.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/limits.h"
#include "mime/transfer_encoding.h"
#include "mime/utf8.h"

#include <algorithm>
#include <vector>

namespace mime {

namespace {

constexpr std::size_t longest_charset = 64;
constexpr std::size_t longest_word = 75;  // RFC 2047 2
constexpr std::size_t longest_line = 76;
constexpr std::string_view opening_b = "=?utf-8?b?";
constexpr std::string_view opening_q = "=?utf-8?q?";
constexpr std::size_t overhead = opening_q.size() + 2;

std::string decode_q(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '=' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low >= 0) {
            out += static_cast<char>(high << 4 | low);
            i += 2;
        } else {
            out += text[i] == '_' ? ' ' : text[i];
        }
    }
    return out;
}

// RFC 5322 2.2.3: the line ends go, the white space stays; controls become spaces.
std::string unfolded(std::string_view raw)
{
    std::string out;
    out.reserve(raw.size());
    for (const char c : raw)
        if (c != '\r' && c != '\n') out += is_control(c) ? ' ' : c;
    return out;
}

// Line ends and controls that came out of encoded words (U+0080 to U+009F included) must not go on.
std::string without_controls(std::string text)
{
    std::size_t to = 0;
    for (std::size_t from = 0; from < text.size(); ++from) {
        const bool c1 =
            text[from] == '\xC2' && from + 1 < text.size() && static_cast<unsigned char>(text[from + 1]) < 0xA0;
        text[to++] = c1 || is_control(text[from]) ? ' ' : text[from];
        if (c1) ++from;
    }
    text.resize(to);
    return text;
}

// Where the "?=" is that closes a word whose text begins at `begin`. Another opening before it:
// there is none. So no octet is looked at twice, however many openings lack an end.
std::size_t closing(std::string_view text, std::size_t begin)
{
    for (std::size_t i = begin; i + 1 < text.size(); ++i) {
        if (text[i] == '?' && text[i + 1] == '=') return i;
        if (text[i] == '=' && text[i + 1] == '?' && (i + 2 == text.size() || text[i + 2] != '=')) break;
    }
    return std::string_view::npos;
}

// Collects neighbouring words, so that a character split between two of the same charset is made
// whole again.
class Decoder {
public:
    void word(const EncodedWord& word)
    {
        if (!equal_ignoring_case(charset_, word.charset)) flush();
        charset_ = word.charset;
        octets_ += word.octets;
    }

    void plain(std::string_view text)
    {
        flush();
        out_ += guessed_utf8(text);
    }

    std::string finish()
    {
        flush();
        return without_controls(std::move(out_));
    }

private:
    void flush()
    {
        if (!octets_.empty()) out_ += to_utf8(octets_, charset_);
        octets_.clear();
    }

    std::string out_;
    std::string_view charset_;
    std::string octets_;
};

bool stands_in_q(char c)
{
    // The set of RFC 2047 5 (3), good in phrases as well as in text.
    return is_alpha(c) || is_digit(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

std::size_t q_width(std::string_view text)
{
    std::size_t width = 0;
    for (const char c : text) width += stands_in_q(c) || c == ' ' ? 1 : 3;
    return width;
}

std::size_t b_width(std::string_view text)
{
    return (text.size() + 2) / 3 * 4;
}

std::string q_encoded(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (c == ' ') out += '_';
        else if (stands_in_q(c)) out += c;
        else out.append({'=', digits[static_cast<unsigned char>(c) >> 4], digits[static_cast<unsigned char>(c) & 15]});
    }
    return out;
}

// How much of `text` (whole characters) fits into `room` characters of encoded text.
std::size_t fitting(std::string_view text, std::size_t room, bool q)
{
    std::size_t taken = 0;
    std::size_t width = 0;
    while (taken < text.size()) {
        char32_t code = 0;
        const std::size_t length = std::max<std::size_t>(1, utf8_character(text, taken, code));
        width = q ? width + q_width(text.substr(taken, length)) : b_width(text.substr(0, taken + length));
        if (width > room) break;
        taken += length;
    }
    return taken;
}

struct Word {
    std::string_view text;
    bool encode = false;
};

// Splits at single spaces. A word stands as it is when it is printable ASCII that nobody can take
// for an encoded word; neighbours of an empty word are encoded with it, since the white space
// between plain words is nobody's to keep.
std::vector<Word> split_words(std::string_view text)
{
    std::vector<Word> words;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        const std::string_view word = text.substr(begin, end - begin);
        constexpr std::size_t longest_plain = 900;  // a line holds 998
        bool encode = word.size() > longest_plain || word.find("=?") != std::string_view::npos;
        for (const char c : word) encode = encode || is_eight_bit(c);
        words.push_back({word, encode});
        begin = end + 1;
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (!words[i].text.empty()) continue;
        words[i].encode = true;
        if (i > 0) words[i - 1].encode = true;
        if (i + 1 < words.size()) words[i + 1].encode = true;
    }
    return words;
}

}  // namespace

std::optional<EncodedWord> encoded_word(std::string_view text, std::size_t at)
{
    text = text.substr(at);
    if (!text.starts_with("=?")) return std::nullopt;
    const std::size_t charset_end = text.substr(0, longest_charset).find('?', 2);
    if (charset_end == std::string_view::npos || charset_end + 3 > text.size()) return std::nullopt;
    const char encoding = lower(text[charset_end + 1]);
    if ((encoding != 'b' && encoding != 'q') || text[charset_end + 2] != '?') return std::nullopt;
    const std::size_t begin = charset_end + 3;
    const std::size_t end = closing(text, begin);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view content = text.substr(begin, end - begin);
    EncodedWord word;
    word.charset = text.substr(2, charset_end - 2);
    word.charset = word.charset.substr(0, word.charset.find('*'));
    word.length = end + 2;
    if (encoding == 'b' && !is_base64(trimmed(content))) return std::nullopt;
    word.octets = encoding == 'b' ? decode_base64(content) : decode_q(content);
    return word;
}

std::string decode_text(std::string_view raw)
{
    const std::string text = unfolded(raw.substr(0, Limits{}.field_value));
    Decoder decoder;
    std::size_t plain = 0;  // what is not yet given on begins here
    bool after_word = false;
    for (std::size_t at = text.find("=?"); at != std::string::npos;) {
        const std::optional<EncodedWord> word = encoded_word(text, at);
        if (!word) {
            at = text.find("=?", at + 2);
            continue;
        }
        const std::string_view between = std::string_view(text).substr(plain, at - plain);
        const bool joins = after_word && trimmed(between).empty();
        if (!joins && !between.empty()) decoder.plain(between);
        decoder.word(*word);
        after_word = true;
        plain = at + word->length;
        at = text.find("=?", plain);
    }
    if (plain < text.size()) decoder.plain(std::string_view(text).substr(plain));
    return decoder.finish();
}

void append_encoded_words(std::string& out, std::string_view utf8, std::size_t& column)
{
    const bool q = q_width(utf8) <= b_width(utf8);
    while (!utf8.empty()) {
        std::size_t room = column + overhead < longest_line ? longest_line - column - overhead : 0;
        room = std::min(room, longest_word - overhead);
        const std::size_t taken = fitting(utf8, room, q);
        if (taken == 0) {
            out += "\r\n ";
            column = 1;
            continue;
        }
        const std::string_view chunk = utf8.substr(0, taken);
        const std::string content = q ? q_encoded(chunk) : encode_base64(chunk);
        out.append(q ? opening_q : opening_b).append(content).append("?=");
        column += overhead + content.size();
        utf8.remove_prefix(taken);
        if (!utf8.empty()) {
            out += "\r\n ";
            column = 1;
        }
    }
}

std::string encode_text(std::string_view utf8, std::size_t column)
{
    const std::string text = without_controls(repaired_utf8(utf8));
    const std::vector<Word> words = split_words(text);
    std::string out;
    for (std::size_t i = 0; i < words.size();) {
        std::size_t end = i + 1;
        while (words[i].encode && end < words.size() && words[end].encode) ++end;
        if (i > 0) {
            // An encoded word can be split, but not before its first character, which takes twelve
            // at most.
            const bool fold =
                words[i].encode ? column + 1 + overhead + 12 > longest_line : column + 1 + words[i].text.size() > 78;
            out += fold ? "\r\n " : " ";
            column = fold ? 1 : column + 1;
        }
        if (words[i].encode) {
            const char* last = words[end - 1].text.data() + words[end - 1].text.size();
            append_encoded_words(
                out, {words[i].text.data(), static_cast<std::size_t>(last - words[i].text.data())}, column);
        } else {
            out += words[i].text;
            column += words[i].text.size();
        }
        i = end;
    }
    return out;
}

}  // namespace mime
