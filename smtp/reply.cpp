// reply: an SMTP reply as a value, RFC 5321 4.2 with the enhanced status codes of RFC 3463.
#include "smtp/reply.h"

#include <algorithm>

namespace smtp {
namespace {

// A sink's text may quote what a client said; a reply line holds no controls whatever it quotes.
void append_clean(std::string& out, std::string_view text)
{
    for (const char c : text) out += (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F ? '?' : c;
}

}  // namespace

std::string Reply::encoded() const
{
    std::string out;
    std::string_view rest = text;
    for (bool last = false; !last;) {
        const auto end = rest.find('\n');
        last = end == std::string_view::npos;
        const auto line = rest.substr(0, end);
        out += std::to_string(code);
        out += last ? ' ' : '-';  // also before nothing: "334 " is how an empty challenge looks, RFC 4954 8
        out += status;
        if (!status.empty() && !line.empty()) out += ' ';
        append_clean(out, line);
        out += "\r\n";
        if (!last) rest.remove_prefix(end + 1);
    }
    return out;
}

}  // namespace smtp
