// reply_reader: replies as servers write them, RFC 5321 4.2, RFC 2034.
#include "smtp/reply_reader.h"

#include "mime/ascii.h"
#include "mime/utf8.h"
#include "smtp/limits.h"

#include <algorithm>

namespace smtp {
namespace {

// status-code = class "." subject "." detail, RFC 3463 2; "" when there is none at the start of
// `text`.
std::string_view status_at(std::string_view text, char reply_class)
{
    const auto word = text.substr(0, text.find(' '));
    if (word.size() < 5 || word.size() > 9 || word[0] != reply_class || word[1] != '.') return {};
    const auto dot = word.find('.', 2);
    if (dot == std::string_view::npos || dot == 2 || dot > 5 || dot + 1 == word.size() || word.size() - dot > 4)
        return {};
    for (std::size_t i = 2; i < word.size(); ++i)
        if (i != dot && !mime::is_digit(word[i])) return {};
    return word;
}

// Fit to be stored and shown.
std::string clean(std::string_view line)
{
    std::string out(line);
    const bool utf8 = mime::is_utf8(line);
    for (auto& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || (!utf8 && static_cast<unsigned char>(c) >= 0x80))
            c = '?';
    return out;
}

// Cut between characters.
void cut(std::string& text)
{
    if (text.size() <= reply_text_limit) return;
    auto end = reply_text_limit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
}

// Reply-line = Reply-code [ ( "-" / SP ) textstring ]; 0 when it is none.
int code_of(std::string_view line)
{
    if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !mime::is_digit(line[1]) || !mime::is_digit(line[2]))
        return 0;
    if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

void add_line(Reply& reply, std::string_view line)
{
    auto text = line.substr(std::min<std::size_t>(line.size(), 4));
    const auto status = status_at(text, line[0]);
    if (reply.status.empty()) reply.status = status;
    if (!status.empty() && status == reply.status) text.remove_prefix(std::min(text.size(), status.size() + 1));
    if (reply.code != 0) reply.text += '\n';
    if (reply.text.size() <= reply_text_limit) reply.text += clean(text);
    reply.code = code_of(line);
}

}  // namespace

ReadReply read_reply(std::string_view input)
{
    ReadReply result;
    result.reply.code = 0;
    while (true) {
        const auto newline = input.find('\n', result.length);
        if (newline == std::string_view::npos) {
            result.reading = input.size() > reply_limit ? Reading::malformed : Reading::more;
            return result;
        }
        auto line = input.substr(result.length, newline - result.length);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const int code = code_of(line);
        if (code == 0 || (result.reply.code != 0 && code != result.reply.code) || newline > reply_limit) {
            result.reading = Reading::malformed;
            return result;
        }
        add_line(result.reply, line);
        result.length = newline + 1;
        if (line.size() > 3 && line[3] == '-') continue;
        cut(result.reply.text);
        result.reading = Reading::whole;
        return result;
    }
}

Reply as_refusal(Reply reply)
{
    if (!reply.positive()) return reply;
    return {451, "4.5.0", "An answer that does not fit: " + std::to_string(reply.code) + " " + reply.text};
}

}  // namespace smtp
