// delete: DELETE, RFC 3501 6.3.4.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Delete& command)
{
    if (command.mailbox == "INBOX") co_return no("INBOX stays", "CANNOT");
    const auto removed = co_await conversation.mailboxes->remove(command.mailbox);
    if (!removed) co_return refused(removed.error());
    if (conversation.is_selected(command.mailbox)) {
        conversation.selected.reset();
        conversation.out() += "* OK [CLOSED] The selected mailbox is gone.\r\n";
    }
    co_return ok("Delete completed");
}

}  // namespace imap
