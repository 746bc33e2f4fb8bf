// rename: RENAME, RFC 3501 6.3.5.
#include "imap/execute/execute.h"
#include "imap/mailbox_name.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Rename& command)
{
    if (!valid_mailbox(command.to)) co_return no("No mailbox can have that name", "CANNOT");
    if (command.to.starts_with(command.from + hierarchy)) co_return no("A mailbox cannot be put into itself", "CANNOT");
    const auto renamed = co_await conversation.mailboxes->rename(command.from, command.to);
    if (!renamed) co_return refused(renamed.error());
    if (conversation.is_selected(command.from) && command.from != "INBOX") conversation.selected->name = command.to;
    co_return ok("Rename completed");
}

}  // namespace imap
