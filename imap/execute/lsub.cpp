// lsub: LSUB, RFC 3501 6.3.9.
#include "imap/execute/execute.h"
#include "imap/mailbox_list.h"
#include "imap/response/list.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Lsub& command)
{
    const auto lines = list_subscriptions(command, co_await conversation.mailboxes->subscriptions());
    for (const auto& line : lines) response::put_list(conversation.out(), "LSUB", line);
    co_return ok("Lsub completed");
}

}  // namespace imap
