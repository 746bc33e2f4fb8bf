// expunge: EXPUNGE, RFC 3501 6.4.3, and UID EXPUNGE, RFC 4315 2.1.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Expunge& command)
{
    auto& mailbox = *conversation.selected->mailbox;
    if (mailbox.read_only()) co_return no("Mailbox is read-only", "READ-ONLY");
    std::optional<std::vector<Uid>> uids;
    if (command.uids) {
        uids = conversation.uids(conversation.positions(*command.uids, Numbers::uid).value_or(std::vector<Position>{}));
        if (uids->empty()) co_return ok("Expunge completed");
    }
    auto gone = co_await mailbox.expunge(std::move(uids));
    if (!gone) co_return refused(gone.error());
    conversation.own.gone = std::move(*gone);
    co_return ok("Expunge completed");
}

}  // namespace imap
