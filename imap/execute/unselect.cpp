// unselect: UNSELECT, RFC 3691: CLOSE without expunging.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Unselect&)
{
    conversation.selected.reset();
    co_return ok("Unselect completed");
}

}  // namespace imap
