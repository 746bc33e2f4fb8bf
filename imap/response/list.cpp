// list: the LIST, LSUB and XLIST responses, RFC 3501 7.2.2-3, RFC 5258.
#include "imap/response/list.h"

#include "imap/mailbox_name.h"
#include "imap/text.h"

namespace imap::response {

void put_list(std::string& out, std::string_view label, const ListLine& line)
{
    out += "* ";
    out += label;
    out += " (";
    for (std::size_t i = 0; i < line.attributes.size(); ++i) {
        if (i > 0) out += ' ';
        out += line.attributes[i];
    }
    out += ") \"/\" ";
    put_astring(out, encode_mailbox(line.name));
    if (line.child_info) out += " (\"CHILDINFO\" (\"SUBSCRIBED\"))";
    if (!line.old_name.empty()) {
        out += " (\"OLDNAME\" (";
        put_astring(out, encode_mailbox(line.old_name));
        out += "))";
    }
    out += "\r\n";
}

}  // namespace imap::response
