// reply: the tagged answer to a command, RFC 3501 7.1.
#include "imap/reply.h"

namespace imap {

namespace {

// resp-text is a line of its own: nothing that a backend or a client said may break it.
void put_line_text(std::string& out, std::string_view text)
{
    for (const unsigned char c : text) out += c < 0x20 || c >= 0x7f ? '?' : static_cast<char>(c);
}

}  // namespace

void put_reply(std::string& out, std::string_view tag, const Reply& reply)
{
    out += tag;
    out += reply.kind == Reply::Kind::ok ? " OK " : reply.kind == Reply::Kind::no ? " NO " : " BAD ";
    if (!reply.code.empty()) {
        out += '[';
        put_line_text(out, reply.code);
        out += "] ";
    }
    put_line_text(out, reply.text);
    out += "\r\n";
}

}  // namespace imap
