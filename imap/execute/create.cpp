// create: CREATE, RFC 3501 6.3.3, with RFC 6154 3 and RFC 8474 4.1.
#include "imap/execute/execute.h"
#include "imap/mailbox_name.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Create& command)
{
    if (!valid_mailbox(command.mailbox)) co_return no("No mailbox can have that name", "CANNOT");
    const auto created = co_await conversation.mailboxes->create(command.mailbox, command.use);
    if (!created) co_return refused(created.error());
    co_return ok("Create completed", created->empty() ? "" : "MAILBOXID (" + *created + ")");
}

}  // namespace imap
