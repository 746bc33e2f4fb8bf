// enable: ENABLE, RFC 5161.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Enable& command)
{
    auto& out = conversation.out();
    out += "* ENABLED";
    for (const auto& name : command.capabilities) {  // those unknown are passed over
        if (name != "CONDSTORE" || conversation.condstore) continue;
        conversation.condstore = true;
        out += " CONDSTORE";
    }
    out += "\r\n";
    co_return ok("Enabled");
}

}  // namespace imap
