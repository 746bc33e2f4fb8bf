// mail_text: the octets of a mail as they come: framing by CRLF.CRLF or by count, RFC 5321 4.5.2
// and 2.3.8, RFC 3030.
#include "smtp/mail_text.h"

#include <algorithm>

namespace smtp {

void MailText::take_after_cr(char next, std::string& out)
{
    after_cr_ = false;
    if (next == '\n' && after_dot_) {
        finished_ = true;
        return;
    }
    out += "\r\n";
    after_dot_ = false;
    line_start_ = next == '\n';
    bare_newline_ |= next != '\n';
}

std::size_t MailText::take(std::string_view in, std::string& out)
{
    const auto before = out.size();
    std::size_t next_cr = 0;  // kept, so that many bare LFs cost no more than one search
    std::size_t i = 0;
    while (i < in.size() && !finished_) {
        if (after_cr_) {
            take_after_cr(in[i], out);
            if (in[i] == '\n') ++i;
            continue;
        }
        if (line_start_ && framing_ == Framing::dots) {
            line_start_ = false;
            after_dot_ = in[i] == '.';
            if (after_dot_ && ++i == in.size()) break;
        }
        if (next_cr < i || i == 0) next_cr = std::min(in.find('\r', i), in.size());
        const auto end = std::min(in.substr(0, next_cr).find('\n', i), next_cr);
        if (end > i) after_dot_ = false;
        out.append(in, i, end - i);
        i = end;
        if (i == in.size()) break;
        if (in[i] == '\n') {
            // Not a line end, so the dot before it, if any, did not end the mail.
            bare_newline_ = true;
            after_dot_ = false;
            out += "\r\n";
        } else {
            after_cr_ = true;
        }
        ++i;
    }
    if (out.find('\0', before) != std::string::npos) nul_ = true;
    return i;
}

void MailText::end(std::string& out)
{
    if (after_cr_) take_after_cr('\0', out);
    finished_ = true;
}

void DotStuffer::put(std::string_view in, std::string& out)
{
    std::size_t i = 0;
    while (i < in.size()) {
        // After a bare LF as well: there must be none, but a careless receiver would take it for a
        // line end.
        if (in[i] == '.' && last_ == '\n') out += '.';
        const auto newline = in.find('\n', i);
        const auto end = newline == std::string_view::npos ? in.size() : newline + 1;
        out.append(in, i, end - i);
        before_last_ = end - i > 1 ? in[end - 2] : last_;
        last_ = in[end - 1];
        i = end;
    }
}

void DotStuffer::end(std::string& out) const
{
    if (last_ != '\n' || before_last_ != '\r') out += "\r\n";
    out += ".\r\n";
}

}  // namespace smtp
