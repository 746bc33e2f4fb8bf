// start_tls: STARTTLS, RFC 3501 6.2.1.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::StartTls&)
{
    if (!conversation.settings.start_tls) co_return bad("STARTTLS is not offered");
    if (conversation.wire.encrypted()) co_return bad("TLS is active already");
    // What came in plain after the command could be anybody's (CVE-2011-0411): it is never taken
    // for the client's.
    if (!conversation.channel.pending().empty()) {
        conversation.over = true;
        co_return bad("Nothing may follow STARTTLS");
    }
    put_reply(conversation.out(), conversation.tag, ok("Begin TLS negotiation now"));
    co_await conversation.channel.flush();
    bool encrypted = true;
    try {
        co_await conversation.wire.start_tls();
    } catch (const std::exception&) {
        encrypted = false;
    }
    if (!encrypted) throw Disconnected{Disconnected::Why::gone};
    co_return Reply{Reply::Kind::said, {}, {}};
}

}  // namespace imap
