// status: STATUS, RFC 3501 6.3.10.
#include "imap/response/status.h"

#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Status& command)
{
    const auto status = co_await conversation.mailboxes->status(command.mailbox);
    if (!status) co_return refused(status.error());
    if ((command.items & command::status_item::highest_modseq) != 0) conversation.condstore = true;  // RFC 7162 3.1
    response::put_status(conversation.out(), command.mailbox, *status, command.items);
    co_return ok("Status completed");
}

}  // namespace imap
