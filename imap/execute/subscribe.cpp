// subscribe: SUBSCRIBE and UNSUBSCRIBE, RFC 3501 6.3.6-7.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Subscribe& command)
{
    const auto done = co_await conversation.mailboxes->subscribe(command.mailbox, true);
    co_return done ? ok("Subscribe completed") : refused(done.error());
}

Async<Reply> execute(Conversation& conversation, const command::Unsubscribe& command)
{
    const auto done = co_await conversation.mailboxes->subscribe(command.mailbox, false);
    co_return done ? ok("Unsubscribe completed") : refused(done.error());
}

}  // namespace imap
