// enable: ENABLE, RFC 5161; CONDSTORE and QRESYNC, RFC 7162 3.2.3.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Enable& command)
{
    auto& out = conversation.out();
    out += "* ENABLED";
    const auto enable = [&](std::string_view name, bool& enabled) {
        if (enabled || std::ranges::find(command.capabilities, name) == command.capabilities.end()) return;
        enabled = true;
        out += ' ';
        out += name;
    };
    enable("CONDSTORE", conversation.condstore);
    enable("QRESYNC", conversation.qresync);
    if (conversation.qresync) conversation.condstore = true;
    out += "\r\n";
    co_return ok("Enabled");
}

}  // namespace imap
