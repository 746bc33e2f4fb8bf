// fold: how text is made comparable: canonical caseless matching (Unicode 3.13, D145), then NFC.
#include "mime/fold.h"

#include "mime/ascii.h"
#include "mime/utf8.h"

#include <array>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

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
    const icu::Normalizer2* result = compose ? icu::Normalizer2::getNFCInstance(status)
                                             : icu::Normalizer2::getNFDInstance(status);
    return *result;  // part of ICU's own data: there is no ICU without it
}

// Unicode's White_Space beyond ASCII.
bool is_wide_space(char32_t c)
{
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// What most text beyond ASCII consists of needs no ICU: characters that neither compose with
// anything nor have case (CJK, kana without marks), and those whose folding is one other such
// character.
std::string folded_unicode(std::string_view utf8)
{
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeString text = icu::UnicodeString::fromUTF8(
        icu::StringPiece(utf8.data(), static_cast<int32_t>(utf8.size()))
    );
    text = normalizer(false).normalize(text, status);
    text.foldCase(U_FOLD_CASE_DEFAULT);
    text = normalizer(true).normalize(text, status);
    std::string out;
    text.toUTF8String(out);
    return out;
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
            if (length == 1 ? folded_ascii(text[at]) == ' ' : is_wide_space(code))
                space();
            else
                out_.append(text, at, length);
            at += length;
        }
    }

    // Octets below 128 only, returns where others begin. The hot loop of ingest: no branch but its
    // end.
    std::size_t add_ascii(std::string_view text)
    {
        const std::size_t before = out_.size();
        out_.resize(before + text.size());
        char* to = out_.data() + before;
        bool after_space = before > 0 && out_[before - 1] == ' ';
        std::size_t at = 0;
        for (; at < text.size() && !is_eight_bit(text[at]); ++at) {
            const char c = folded_ascii(text[at]);
            const bool is_space = c == ' ';
            *to = c;
            to += static_cast<std::size_t>(!(is_space && after_space));
            after_space = is_space;
        }
        out_.resize(static_cast<std::size_t>(to - out_.data()));
        return at;
    }

    std::string take() { return std::move(out_); }

private:
    void space()
    {
        if (out_.empty() || out_.back() != ' ') out_ += ' ';
    }

    std::string out_;
};

// The run of words with characters beyond ASCII that begins at `begin`: what ICU is to see at once.
// Ends before the white space that a wholly ASCII word follows, since nothing composes across ASCII
// white space.
std::size_t run_end(std::string_view text, std::size_t begin)
{
    constexpr std::size_t longest =
        64 * 1024;  // ICU counts in int, and the run is held three times
    std::size_t end = begin;
    for (std::size_t at = begin; at < text.size() && at - begin < longest;) {
        bool wide = false;
        while (at < text.size() && folded_ascii(text[at]) == ' ' && !is_eight_bit(text[at]))
            ++at;
        while (at < text.size() && (is_eight_bit(text[at]) || folded_ascii(text[at]) != ' '))
            wide |= is_eight_bit(text[at++]);
        if (!wide) break;
        end = at;
    }
    return end;
}

// Folds ASCII by itself, word runs with anything else by ICU.
void fold_into(Squeezer& out, std::string_view text)
{
    while (!text.empty()) {
        std::size_t ascii = 0;
        while (ascii < text.size() && !is_eight_bit(text[ascii]))
            ++ascii;
        // The word in which the first wide character stands goes with it: its marks compose with
        // letters before.
        if (ascii < text.size())
            while (ascii > 0 && folded_ascii(text[ascii - 1]) != ' ')
                --ascii;
        out.add_ascii(text.substr(0, ascii));
        text.remove_prefix(ascii);
        if (text.empty()) return;
        const std::size_t wide = run_end(text, 0);
        out.add(folded_unicode(text.substr(0, wide)));
        text.remove_prefix(wide);
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
