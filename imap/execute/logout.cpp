// logout: LOGOUT, RFC 3501 6.1.3.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Logout&)
{
    conversation.selected.reset();
    conversation.over = true;
    conversation.out() += "* BYE Logging out\r\n";
    co_return ok("Logout completed");
}

}  // namespace imap
