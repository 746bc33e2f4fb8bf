// login: LOGIN, RFC 3501 6.2.3, and what follows any login.
#include "imap/capabilities.h"
#include "imap/execute/execute.h"
#include "mime/utf8.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Login& command)
{
    if (!conversation.private_enough()) co_return no("Use STARTTLS first", "PRIVACYREQUIRED");
    if (!mime::is_utf8(command.user) || !mime::is_utf8(command.password)) {  // no account can have such
        co_return co_await welcome(conversation, tl::unexpected{No{"AUTHENTICATIONFAILED", "Authentication failed"}});
    }
    co_return co_await welcome(conversation, co_await conversation.door.login(command.user, command.password));
}

Async<Reply> welcome(Conversation& conversation, Result<std::unique_ptr<Mailboxes>> opened)
{
    const auto& limits = conversation.settings.limits;
    if (opened) {
        conversation.mailboxes = std::move(*opened);
        conversation.channel.set_deadline(Channel::Clock::time_point::max());
        co_return ok("Logged in", "CAPABILITY " + capabilities(conversation));
    }
    if (++conversation.failed_logins >= limits.failed_logins) {
        conversation.over = true;
        conversation.out() += "* BYE Too many failed logins\r\n";
    }
    if (limits.failed_login_delay.count() > 0) {
        boost::asio::steady_timer pause{co_await boost::asio::this_coro::executor, limits.failed_login_delay};
        co_await pause.async_wait(boost::asio::use_awaitable);
    }
    auto refusal = opened.error();
    if (refusal.code.empty()) refusal.code = "AUTHENTICATIONFAILED";
    co_return refused(refusal);
}

}  // namespace imap
