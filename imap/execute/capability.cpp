// capability: CAPABILITY, RFC 3501 6.1.1.
#include "imap/capabilities.h"
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Capability&)
{
    conversation.out() += "* CAPABILITY " + capabilities(conversation) + "\r\n";
    co_return ok("Capability completed");
}

}  // namespace imap
