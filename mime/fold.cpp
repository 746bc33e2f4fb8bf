// fold: how text is made comparable: canonical caseless matching (Unicode 3.13, D145), then NFC.
#include "mime/fold.h"

#include "mime/ascii.h"
#include "mime/utf8.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace mime {

namespace {

// ASCII in lower case; white space and controls (NUL included) are a space.
constexpr auto ascii_table = [] {
    std::array<char, 256> table{};
    for (int c = 0; c < 256; ++c) {
        const char octet = static_cast<char>(c);
        table[static_cast<std::size_t>(c)] = is_control(octet) ? ' ' : lower(octet);
    }
    return table;
}();

char folded_ascii(char c)
{
    return ascii_table[static_cast<unsigned char>(c)];
}

const icu::Normalizer2& normalizer(bool compose)
{
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* result =
        compose ? icu::Normalizer2::getNFCInstance(status) : icu::Normalizer2::getNFDInstance(status);
    return *result;  // part of ICU's own data: there is no ICU without it
}

// Unicode's White_Space beyond ASCII.
bool is_wide_space(char32_t c)
{
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

// The whole way, for text whose characters act upon each other.
std::string folded_by_icu(std::string_view utf8)
{
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeString text =
        icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<int32_t>(utf8.size())));
    text = normalizer(false).normalize(text, status);
    text.foldCase(U_FOLD_CASE_DEFAULT);
    text = normalizer(true).normalize(text, status);
    std::string out;
    text.toUTF8String(out);
    return out;
}

// Characters that fold by themselves: nothing before them can compose with them or with what they
// fold to. So text of them alone is folded character by character, twenty times as fast.
class Alone {
public:
    Alone()
    {
        const icu::Normalizer2& nfc = normalizer(true);
        for (char32_t c = 0x80; c < end; ++c) {
            if (!nfc.hasBoundaryBefore(static_cast<UChar32>(c))) continue;
            std::string text;
            append_utf8(text, c);
            const std::string folded = folded_by_icu(text);
            char32_t first = 0;
            if (folded.size() > longest || utf8_character(folded, 0, first) == 0) continue;
            if (!nfc.hasBoundaryBefore(static_cast<UChar32>(first))) continue;
            entries_[c].length = static_cast<std::uint8_t>(folded.size());
            std::copy(folded.begin(), folded.end(), entries_[c].octets.begin());
        }
    }

    // What the character (`text`, of the code `c`) folds to; "" when it does not fold by itself.
    [[nodiscard]] std::string_view folded(char32_t c, std::string_view text) const
    {
        if (c < end) return {entries_[c].octets.data(), entries_[c].length};
        return stays(c) ? text : std::string_view{};
    }

private:
    static constexpr char32_t end = 0x2200;  // the alphabets and the punctuation of most mail
    static constexpr std::size_t longest = 7;

    struct Entry {
        std::uint8_t length = 0;
        std::array<char, longest> octets{};
    };

    // Kana, ideographs, Hangul, emoji: neither case nor composition.
    static bool stays(char32_t c)
    {
        return (c >= 0x3001 && c <= 0x3029) || (c >= 0x3041 && c <= 0x3096) || (c >= 0x30A1 && c <= 0x30FF) ||
               (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3) ||
               c == 0xFE0F || (c >= 0xFF01 && c <= 0xFF20) || (c >= 0x1F300 && c <= 0x1FAFF);
    }

    std::array<Entry, end> entries_{};
};

const Alone& alone()
{
    static const Alone table;
    return table;
}

// Appends text that may hold white space of every kind; runs become one space, also across calls.
class Squeezer {
public:
    explicit Squeezer(std::size_t expected) { out_.reserve(expected); }

    void add(std::string_view text)
    {
        char32_t code = 0;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t length = std::max<std::size_t>(1, utf8_character(text, at, code));
            if (length == 1 ? folded_ascii(text[at]) == ' ' : is_wide_space(code)) space();
            else out_.append(text, at, length);
            at += length;
        }
    }

    // Octets below 128 only. The hot loop of ingest: no branch but its end.
    void add_ascii(std::string_view text)
    {
        const std::size_t before = out_.size();
        out_.resize(before + text.size());
        char* to = out_.data() + before;
        bool after_space = before > 0 && out_[before - 1] == ' ';
        for (const char octet : text) {
            const char c = folded_ascii(octet);
            const bool is_space = c == ' ';
            *to = c;
            to += static_cast<std::size_t>(!(is_space && after_space));
            after_space = is_space;
        }
        out_.resize(static_cast<std::size_t>(to - out_.data()));
    }

    void add_folded(std::string_view character) { out_ += character; }

    void space()
    {
        if (out_.empty() || out_.back() != ' ') out_ += ' ';
    }

    [[nodiscard]] std::size_t size() const { return out_.size(); }

    void cut(std::size_t size) { out_.resize(size); }

    std::string take() { return std::move(out_); }

private:
    std::string out_;
};

bool is_ascii_space(char c)
{
    return !is_eight_bit(c) && folded_ascii(c) == ' ';
}

// Folds the character at `at` when it does so by itself. Returns its length, 0 when it does not.
std::size_t fold_alone(Squeezer& out, std::string_view text, std::size_t at)
{
    char32_t code = 0;
    const std::size_t length = utf8_character(text, at, code);
    if (length == 1) {
        const char c = folded_ascii(text[at]);
        out.add_folded({&c, 1});
        return 1;
    }
    if (length > 0 && is_wide_space(code)) {
        out.space();
        return length;
    }
    const std::string_view folded = length == 0 ? std::string_view{} : alone().folded(code, text.substr(at, length));
    out.add_folded(folded);
    return folded.empty() ? 0 : length;
}

// Folds up to ASCII white space, across which nothing composes. Characters that do not fold by
// themselves go through ICU together with the one before them. Returns the octets folded.
std::size_t fold_word(Squeezer& out, std::string_view text)
{
    constexpr std::size_t longest = 64 * 1024;  // of what ICU is given at once; it is held three times
    std::size_t last = 0;                       // where the last character begins
    std::size_t last_out = out.size();
    std::size_t at = 0;
    while (at < text.size() && !is_ascii_space(text[at])) {
        const std::size_t before = out.size();
        if (const std::size_t length = fold_alone(out, text, at)) {
            last = at;
            last_out = before;
            at += length;
            continue;
        }
        Squeezer scratch(16);
        std::size_t end = at;
        char32_t code = 0;
        do end += std::max<std::size_t>(1, utf8_character(text, end, code));
        while (end < text.size() && !is_ascii_space(text[end]) && end - last < longest &&
               fold_alone(scratch, text, end) == 0);
        out.cut(last_out);
        out.add(folded_by_icu(text.substr(last, end - last)));
        at = last = end;
        last_out = out.size();
    }
    return at;
}

void fold_into(Squeezer& out, std::string_view text)
{
    while (!text.empty()) {
        std::size_t ascii = ascii_prefix(text);
        // The word in which the first wide character stands goes with it: its marks compose with
        // letters before.
        if (ascii < text.size())
            while (ascii > 0 && !is_ascii_space(text[ascii - 1])) --ascii;
        out.add_ascii(text.substr(0, ascii));
        text.remove_prefix(ascii);
        text.remove_prefix(fold_word(out, text));
    }
}

}  // namespace

std::string fold(std::string_view utf8)
{
    Squeezer out(utf8.size());
    fold_into(out, utf8);
    return out.take();
}

}  // namespace mime
