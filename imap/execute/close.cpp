// close: CLOSE, RFC 3501 6.4.2: expunges without saying so.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Close&)
{
    auto& mailbox = *conversation.selected->mailbox;
    if (!mailbox.read_only()) {
        const auto gone = co_await mailbox.expunge(std::nullopt);
        if (!gone && gone.error().code == "UNAVAILABLE") co_return refused(gone.error());
    }
    conversation.selected.reset();
    co_return ok("Close completed");
}

}  // namespace imap
