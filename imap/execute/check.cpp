// check: CHECK, RFC 3501 6.4.1: all is on disk anyway, so it is a NOOP.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Check&)
{
    co_await conversation.selected->mailbox->refresh();
    co_return ok("Check completed");
}

}  // namespace imap
