// noop: NOOP, RFC 3501 6.1.2: the moment for news.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Noop&)
{
    if (conversation.selected) co_await conversation.selected->mailbox->refresh();
    co_return ok("NOOP completed");
}

}  // namespace imap
