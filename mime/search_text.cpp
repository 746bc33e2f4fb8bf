// search_text: what SEARCH looks into and PREVIEW shows, made once when a mail comes in, RFC
// 9051 6.4.4, RFC 8970.
#include "mime/ascii.h"
#include "mime/charset.h"
#include "mime/fold.h"
#include "mime/header.h"
#include "mime/utf8.h"

#include <algorithm>
#include <array>

namespace mime {

namespace {

constexpr char separator = '\x01';                 // fold() leaves no control: nothing matches across it
constexpr std::size_t preview_characters = 200;    // RFC 8970 3
constexpr std::size_t preview_octets = 16 * 1024;  // of the text that are looked at for it

// All values of a name, decoded.
std::string values_of(const Part& part, std::string_view bytes, std::string_view name)
{
    std::string out;
    for (const Field& field : part.fields) {
        if (!equal_ignoring_case(field.name.of(bytes), name)) continue;
        if (!out.empty()) out += ' ';
        out += decode_text(field.value.of(bytes));
    }
    return out;
}

// ENVELOPE shows the first of these fields; all of a mail that has several (swaks adds a second) are
// to be found.
std::string repeated_ids(const Part& part, std::string_view bytes)
{
    constexpr std::array<std::string_view, 2> names = {"message-id", "in-reply-to"};
    std::string out;
    for (const std::string_view name : names) {
        const auto count = std::count_if(part.fields.begin(), part.fields.end(),
            [&](const Field& field) { return equal_ignoring_case(field.name.of(bytes), name); });
        if (count > 1) out += values_of(part, bytes, name) + ' ';
    }
    return out;
}

std::string folded_headers(const Part& part, std::string_view bytes)
{
    constexpr std::array<std::string_view, 5> names = {"subject", "from", "to", "cc", "bcc"};
    std::string out(1, separator);
    for (const std::string_view name : names) out += fold(values_of(part, bytes, name)) + separator;
    return out + fold(repeated_ids(part, bytes)) + separator;
}

// The preview of RFC 8970: no quotes, no runs of white space.
std::string preview_of(std::string_view text)
{
    text = cut_utf8(text, preview_octets);
    std::string out;
    std::size_t characters = 0;
    bool line_begins = true;
    bool quoted = false;
    bool space = false;
    char32_t code = 0;
    for (std::size_t at = 0; at < text.size() && characters < preview_characters;) {
        const std::size_t length = std::max<std::size_t>(1, utf8_character(text, at, code));
        const char c = text[at];
        if (line_begins) quoted = c == '>';
        line_begins = c == '\n';
        const bool white = length == 1 ? is_space(c) || is_control(c) : code == 0xA0 || code == 0x3000;
        space = space || white || quoted;
        if (!white && !quoted) {
            if (space && !out.empty()) {
                out += ' ';
                ++characters;
            }
            space = false;
            if (characters++ < preview_characters) out.append(text, at, length);
        }
        at += length;
    }
    return out;
}

// Walks the tree and collects the folded text until the limit is reached.
class Collector {
public:
    Collector(std::string_view bytes, std::size_t limit) : bytes_(bytes), limit_(limit) {}

    SearchText run(const Message& message)
    {
        result_.headers = folded_headers(message.root, bytes_);
        header(message.root);
        result_.body_at = result_.text.size();
        content(message.root, false);
        return std::move(result_);
    }

private:
    [[nodiscard]] std::size_t room() const { return limit_ > result_.text.size() ? limit_ - result_.text.size() : 0; }

    void add(std::string_view utf8)
    {
        if (room() == 0) return;
        // Folding changes lengths a little, so it is cut before and after.
        std::string folded = fold(cut_utf8(utf8, room() + room() / 2 + 16));
        result_.text += cut_utf8(folded, room());
        if (room() > 0) result_.text += separator;
    }

    void header(const Part& part)
    {
        std::string all;
        for (const Field& field : part.fields) {
            if (all.size() > limit_) break;
            all += field.name.of(bytes_);
            all += ": ";
            all += decode_text(field.value.of(bytes_));
            all += '\n';
        }
        add(all);
    }

    // `shown_as_plain`: an alternative says the same in text/plain.
    void content(const Part& part, bool shown_as_plain)
    {
        if (room() == 0) return;
        if (part.multipart()) {
            const bool plain = shown_as_plain || (part.type.subtype == "alternative" && has_plain(part));
            for (const Part& child : part.parts) content(child, plain);
            return;
        }
        if (part.enclosed_message()) {
            header(part.parts.front());
            content(part.parts.front(), false);
            return;
        }
        if (!part.filename.empty()) add(part.filename);
        // A multipart or a message that could not be taken apart is text for who reads it.
        const bool textual = part.type.type == "text" || part.type.type == "message" || part.type.type == "multipart";
        if (textual) text(part, shown_as_plain);
    }

    // Whether a text/plain with something in it stands beside the other alternatives.
    static bool has_plain(const Part& part)
    {
        return std::any_of(part.parts.begin(), part.parts.end(),
            [](const Part& child) { return child.type.is("text", "plain") && child.body.length > 4; });
    }

    void text(const Part& part, bool shown_as_plain)
    {
        const bool html = part.type.is("text", "html");
        Part front = leaf(part);
        // Enough octets to fill the room: no encoding makes more than three octets of one, HTML
        // mostly markup.
        const std::uint64_t enough = std::uint64_t{room()} * (html ? 8 : 4) + 1024;
        const bool cut = front.body.length > enough;
        if (cut) front.body.length = enough;
        std::string octets = decoded(front, bytes_);
        // Half a character at the end must not make UTF-8 look like something else.
        if (cut && !octets.empty()) octets.resize(cut_utf8(octets, octets.size() - 1).size());
        std::string utf8 = to_utf8(octets, front.type.parameter("charset"));
        if (html) utf8 = html_to_text(utf8);
        const bool repeats = html && shown_as_plain;
        if (result_.preview.empty() && part.disposition.kind != "attachment" && !repeats)
            result_.preview = preview_of(utf8);
        // The HTML of an alternative often says more than its text/plain; only what is the same again is left out.
        if (!repeats || !has_text(utf8)) add(utf8);
    }

    [[nodiscard]] bool has_text(std::string_view utf8) const
    {
        std::string folded = fold(utf8);
        folded.erase(0, folded.find_first_not_of(' '));
        folded.erase(folded.find_last_not_of(' ') + 1);
        return result_.text.find(folded, result_.body_at) != std::string::npos;
    }

    // What decoded() needs to know, without the fields.
    static Part leaf(const Part& part)
    {
        Part result;
        result.body = part.body;
        result.type = part.type;
        result.encoding = part.encoding;
        return result;
    }

    std::string_view bytes_;
    std::size_t limit_;
    SearchText result_;
};

}  // namespace

SearchText search_text(const Message& message, std::string_view bytes, std::size_t limit)
{
    return Collector(bytes, limit).run(message);
}

}  // namespace mime
