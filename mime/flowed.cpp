// flowed: text/plain; format=flowed, RFC 3676 4.
#include "mime/flowed.h"

#include "mime/ascii.h"
#include "mime/utf8.h"

#include <algorithm>

namespace mime {

namespace {

constexpr std::size_t longest = 78;  // characters, RFC 3676 4.2

std::size_t characters(std::string_view text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Where the line is broken softly: behind a space, as late as fits; npos when the rest is short or
// has no space.
std::size_t soft_break(std::string_view line)
{
    std::size_t best = std::string_view::npos;
    if (line.size() <= longest) return best;
    std::size_t width = 0;
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        width += characters(line.substr(i, 1));
        if (line[i] == ' ' && line[i + 1] != ' ') {
            if (width > longest - 1 && best != std::string_view::npos) return best;
            best = i + 1;
        }
        if (width >= longest && best != std::string_view::npos) return best;
    }
    return width + 1 > longest ? best : std::string_view::npos;
}

// RFC 3676 4.4: what a reader would take for something else gets a space in front.
void append_stuffed(std::string& out, std::string_view line)
{
    if (line.starts_with(' ') || line.starts_with("From ")) out += ' ';
    out += line;
}

void append_paragraph(std::string& out, std::string_view line)
{
    while (line.ends_with(' ')) line.remove_suffix(1);  // would read as a soft break
    for (std::size_t at = soft_break(line); at != std::string_view::npos; at = soft_break(line)) {
        append_stuffed(out, line.substr(0, at));
        out += '\n';
        line.remove_prefix(at);
        if (line.starts_with('>')) out += ' ';  // no quote, merely broken there
    }
    append_stuffed(out, line);
}

}  // namespace

std::string to_flowed(std::string_view text)
{
    std::string out;
    out.reserve(text.size() + text.size() / 32);
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line == "-- ") out += line;
        else if (line.starts_with('>')) out += line.substr(0, line.find_last_not_of(' ') + 1);
        else append_paragraph(out, line);
        if (end == std::string_view::npos) break;
        out += '\n';
        text.remove_prefix(end + 1);
    }
    return out;
}

}  // namespace mime
