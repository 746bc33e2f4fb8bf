// id: ID, RFC 2971: our name, and no version that would help an attacker.
#include "imap/execute/execute.h"
#include "imap/text.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Id&)
{
    auto& out = conversation.out();
    out += "* ID (\"name\" ";
    put_quoted(out, conversation.settings.name);
    out += ")\r\n";
    co_return ok("ID completed");
}

}  // namespace imap
