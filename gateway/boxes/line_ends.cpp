#include "gateway/boxes/line_ends.h"

#include <algorithm>

namespace gateway::boxes {

bool survives_lf(std::string_view mail)
{
    for (auto at = mail.find('\n'); at != mail.npos; at = mail.find('\n', at + 1))
        if (at == 0 || mail[at - 1] != '\r' || (at > 1 && mail[at - 2] == '\r')) return false;
    return true;
}

std::string to_lf(std::string_view mail)
{
    std::string out;
    out.reserve(mail.size());
    std::size_t from = 0;
    for (auto at = mail.find("\r\n"); at != mail.npos; at = mail.find("\r\n", from)) {
        out.append(mail, from, at - from) += '\n';
        from = at + 2;
    }
    return out.append(mail, from);
}

std::string to_crlf(std::string_view file)
{
    std::string out;
    out.reserve(file.size() + static_cast<std::size_t>(std::count(file.begin(), file.end(), '\n')));
    std::size_t from = 0;
    for (auto at = file.find('\n'); at != file.npos; at = file.find('\n', from)) {
        const bool has_cr = at > 0 && file[at - 1] == '\r';
        out.append(file, from, at - from) += has_cr ? "\n" : "\r\n";
        from = at + 1;
    }
    return out.append(file, from);
}

}  // namespace gateway::boxes
