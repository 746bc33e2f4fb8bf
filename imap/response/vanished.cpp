// vanished: the VANISHED response, RFC 7162 3.2.10.
#include "imap/response/vanished.h"

#include "imap/limits.h"
#include "imap/text.h"

namespace imap::response {

// expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids
void put_vanished(std::string& out, std::span<const UidRange> uids, Vanished when)
{
    std::size_t begin = 0;
    for (std::size_t i = 0; i < uids.size(); ++i) {
        const bool fresh = i == 0 || out.size() - begin >= vanished_line;
        if (fresh) {
            if (i > 0) out += "\r\n";
            begin = out.size();
            out += when == Vanished::earlier ? "* VANISHED (EARLIER) " : "* VANISHED ";
        } else {
            out += ',';
        }
        put_number(out, uids[i].first);
        if (uids[i].last == uids[i].first) continue;
        out += ':';
        put_number(out, uids[i].last);
    }
    if (!uids.empty()) out += "\r\n";
}

}  // namespace imap::response
