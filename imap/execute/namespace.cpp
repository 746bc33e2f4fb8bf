// namespace: NAMESPACE, RFC 2342: one personal namespace, hierarchy by slash.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Namespace&)
{
    conversation.out() += "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n";
    co_return ok("Namespace completed");
}

}  // namespace imap
