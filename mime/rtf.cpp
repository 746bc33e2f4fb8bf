// rtf: see rtf.h. One pass with a stack of groups; time and memory are linear in the octets.
#include "mime/rtf.h"

#include "mime/ascii.h"
#include "mime/charset.h"
#include "mime/limits.h"
#include "mime/utf8.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <vector>

namespace mime {

namespace {

// MS-OXRTFCP 2.1.2.1: what the dictionary holds at the beginning.
constexpr std::string_view dictionary_text =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    "\\fscript "
    "\\fdecor MS Sans SerifSymbolArialTimes New "
    "RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
constexpr std::size_t dictionary_size = 4096;
constexpr std::size_t header_size = 16;
constexpr std::uint32_t compressed_magic = 0x75465A4C;    // "LZFu"
constexpr std::uint32_t uncompressed_magic = 0x414C454D;  // "MELA"

std::uint32_t number_at(std::string_view octets, std::size_t at)
{
    std::uint32_t result = 0;
    for (std::size_t i = 4; i-- > 0;) result = result << 8 | static_cast<unsigned char>(octets[at + i]);
    return result;
}

// Runs of eight tokens, a bit for each: a character, or a place and a length in the dictionary,
// which is a ring.
std::string decompressed(std::string_view in, std::size_t most)
{
    std::array<char, dictionary_size> dictionary{};
    std::copy(dictionary_text.begin(), dictionary_text.end(), dictionary.begin());
    std::size_t write = dictionary_text.size();
    std::string out;
    const auto put = [&](char c) {
        out += c;
        dictionary[write] = c;
        write = (write + 1) % dictionary_size;
    };
    for (std::size_t at = 0; at < in.size() && out.size() < most;) {
        const auto flags = static_cast<unsigned char>(in[at++]);
        for (int bit = 0; bit < 8 && at < in.size() && out.size() < most; ++bit) {
            if ((flags >> bit & 1) == 0) {
                put(in[at++]);
                continue;
            }
            if (at + 1 >= in.size()) return out;
            const unsigned token = static_cast<unsigned char>(in[at]) << 8U | static_cast<unsigned char>(in[at + 1]);
            at += 2;
            std::size_t read = token >> 4;
            if (read == write) return out;  // the end
            for (std::size_t left = (token & 15) + 2; left > 0; --left) {
                put(dictionary[read]);
                read = (read + 1) % dictionary_size;
            }
        }
    }
    return out;
}

enum class Shows { text, html, nothing };

struct Group {
    Shows shows = Shows::text;
    std::size_t unicode_skip = 1;  // \ucN: characters that stand for those who know no Unicode
    bool html_rtf = false;         // \htmlrtf: RTF that the HTML does not need
};

// Destinations that hold no text of the document.
bool is_hidden(std::string_view word)
{
    constexpr std::array<std::string_view, 14> hidden = {"fonttbl", "colortbl", "stylesheet", "info", "pict", "object",
        "header", "footer", "headerl", "headerr", "footerl", "footerr", "footnote", "mhtmltag"};
    return std::find(hidden.begin(), hidden.end(), word) != hidden.end();
}

std::string_view character_of(std::string_view word)
{
    static const std::unordered_map<std::string_view, std::string_view> characters = {{"par", "\n"}, {"line", "\n"},
        {"row", "\n"}, {"sect", "\n"}, {"page", "\n"}, {"tab", "\t"}, {"cell", "\t"}, {"lquote", "‘"}, {"rquote", "’"},
        {"ldblquote", "“"}, {"rdblquote", "”"}, {"bullet", "•"}, {"endash", "–"}, {"emdash", "—"}, {"emspace", " "},
        {"enspace", " "}, {"nbsp", "\u00A0"}};
    const auto found = characters.find(word);
    return found == characters.end() ? std::string_view{} : found->second;
}

class RtfReader {
public:
    explicit RtfReader(std::string_view rtf) : rtf_(rtf) { groups_.emplace_back(); }

    RtfText run()
    {
        while (at_ < rtf_.size()) step();
        flush();
        if (has_html_) result_.text.clear();
        return std::move(result_);
    }

private:
    Group& group() { return groups_.back(); }

    void step()
    {
        const char c = rtf_[at_++];
        switch (c) {
        case '{': open(); break;
        case '}': close(); break;
        case '\\': control(); break;
        case '\r':
        case '\n': break;
        default: octet(c);
        }
    }

    void open()
    {
        flush();
        if (groups_.size() < Limits{}.rtf_groups) groups_.push_back(group());
        else ++deeper_;
    }

    void close()
    {
        flush();
        if (deeper_ > 0) --deeper_;
        else if (groups_.size() > 1) groups_.pop_back();
    }

    void control()
    {
        if (at_ == rtf_.size()) return;
        const char c = rtf_[at_];
        if (is_alpha(c)) return word();
        ++at_;
        if (c == '\'') {
            const int high = at_ + 1 < rtf_.size() ? hex_value(rtf_[at_]) : -1;
            const int low = high >= 0 ? hex_value(rtf_[at_ + 1]) : -1;
            if (low < 0) return;
            at_ += 2;
            octet(static_cast<char>(high << 4 | low));
        } else if (c == '*') {
            starred_ = true;
        } else if (c == '~') {
            text("\u00A0");
        } else if (c == '_') {
            octet('-');
        } else if (c == '\r' || c == '\n') {
            text("\n");
        } else if (c == '\\' || c == '{' || c == '}') {
            octet(c);
        }
    }

    void word()
    {
        const std::size_t begin = at_;
        while (at_ < rtf_.size() && is_alpha(rtf_[at_])) ++at_;
        const std::string_view name = rtf_.substr(begin, at_ - begin);
        const bool negative = at_ < rtf_.size() && rtf_[at_] == '-';
        if (negative) ++at_;
        bool has_number = false;
        std::int32_t number = 0;
        for (; at_ < rtf_.size() && is_digit(rtf_[at_]); ++at_) {
            has_number = true;
            if (number < 100'000'000) number = number * 10 + (rtf_[at_] - '0');
        }
        if (negative) number = -number;
        if (at_ < rtf_.size() && rtf_[at_] == ' ') ++at_;
        act(name, has_number, number);
    }

    void act(std::string_view name, bool has_number, std::int32_t number)
    {
        const bool starred = std::exchange(starred_, false);
        if (starred && name == "htmltag") {
            if (has_html_) group().shows = Shows::html;
        } else if (starred || is_hidden(name)) {
            flush();
            group().shows = Shows::nothing;
        } else if (name == "fromhtml") {
            has_html_ = true;
        } else if (name == "htmlrtf") {
            flush();
            group().html_rtf = !has_number || number != 0;
        } else if (name == "ansicpg" && number > 0) {
            charset_ = charset_of_codepage(static_cast<std::uint32_t>(number));
        } else if (name == "uc") {
            group().unicode_skip = static_cast<std::size_t>(std::clamp(number, 0, 16));
        } else if (name == "u") {
            flush();
            unicode(static_cast<char16_t>(number));
            skip_ = group().unicode_skip;
        } else if (name == "bin") {
            at_ += std::min<std::size_t>(rtf_.size() - at_, static_cast<std::size_t>(std::max(number, 0)));
        } else if (const auto character = character_of(name); !character.empty()) {
            text(character);
        }
    }

    void unicode(char16_t unit)
    {
        if (unit >= 0xD800 && unit < 0xDC00) {
            high_ = unit;
            return;
        }
        char32_t code = unit;
        if (unit >= 0xDC00 && unit < 0xE000 && high_ != 0)
            code = 0x10000 + (static_cast<char32_t>(high_ - 0xD800) << 10) + (unit - 0xDC00);
        high_ = 0;
        std::string utf8;
        append_utf8(utf8, code);
        show(utf8);
    }

    // One in the document's charset; several together may be one character.
    void octet(char c)
    {
        if (skip_ > 0) {
            --skip_;
            return;
        }
        pending_ += c;
    }

    void text(std::string_view utf8)
    {
        flush();
        show(utf8);
    }

    void flush()
    {
        if (pending_.empty()) return;
        const std::string octets = std::exchange(pending_, {});
        show(is_ascii(octets) ? octets : to_utf8(octets, charset_));
    }

    void show(std::string_view utf8)
    {
        const Group& here = group();
        if (here.shows == Shows::nothing || deeper_ > 0) return;
        if (here.shows == Shows::text) result_.text += utf8;
        if (has_html_ && !here.html_rtf) result_.html += utf8;
    }

    std::string_view rtf_;
    std::size_t at_ = 0;
    std::vector<Group> groups_;
    std::size_t deeper_ = 0;  // open groups that are not kept
    RtfText result_;
    std::string pending_;
    std::string charset_ = "windows-1252";
    std::size_t skip_ = 0;
    char16_t high_ = 0;
    bool starred_ = false;
    bool has_html_ = false;
};

}  // namespace

std::optional<std::string> decompressed_rtf(std::string_view octets)
{
    if (octets.size() < header_size) return std::nullopt;
    const auto most = std::min<std::size_t>(number_at(octets, 4), Limits{}.rtf);
    const auto magic = number_at(octets, 8);
    const auto body = octets.substr(header_size);
    if (magic == uncompressed_magic) return std::string(body.substr(0, most));
    if (magic != compressed_magic) return std::nullopt;
    return decompressed(body, most).substr(0, most);
}

RtfText read_rtf(std::string_view rtf)
{
    return RtfReader(rtf.substr(0, Limits{}.rtf)).run();
}

std::string charset_of_codepage(std::uint32_t codepage)
{
    switch (codepage) {
    case 932: return "shift_jis";
    case 936: return "gbk";
    case 949: return "windows-949";
    case 950: return "big5";
    case 20127: return "us-ascii";
    case 20866: return "koi8-r";
    case 28591: return "iso-8859-1";
    case 65001: return "utf-8";
    default: break;
    }
    if (codepage >= 28592 && codepage <= 28605) return "iso-8859-" + std::to_string(codepage - 28590);
    return (codepage >= 1250 && codepage <= 1258 ? "windows-" : "ibm-") + std::to_string(codepage);
}

}  // namespace mime
