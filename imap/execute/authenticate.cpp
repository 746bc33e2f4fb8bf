// authenticate: AUTHENTICATE, RFC 3501 6.2.2, with an initial response as in RFC 4959.
#include "imap/execute/execute.h"
#include "mime/transfer_encoding.h"

namespace imap {

namespace {

// One challenge and the client's response to it; nullopt: the client gave up, or sent no base64.
Async<std::optional<std::string>> ask(Conversation& conversation, const std::string& challenge)
{
    conversation.out() += "+ " + mime::encode_base64(challenge) + "\r\n";
    const auto line = co_await conversation.reader.line(conversation.settings.limits.line_before_login);
    if (!line || *line == "*") co_return std::nullopt;
    co_return mime::decode_exact_base64(*line);
}

}  // namespace

Async<Reply> execute(Conversation& conversation, const command::Authenticate& command)
{
    const auto& wire = conversation.wire;
    const auto exchange = conversation.sasl.start(command.mechanism, wire.encrypted(), wire.loopback());
    if (!exchange)
        co_return no("That mechanism is not offered here", conversation.private_enough() ? "" : "PRIVACYREQUIRED");
    std::optional<std::string> response;
    if (command.initial) {  // "=" stands for an empty one
        response = *command.initial == "=" ? std::optional{std::string{}} : mime::decode_exact_base64(*command.initial);
        if (!response) co_return bad("Response is not base64");
    }
    for (auto challenge = co_await exchange->step(response); challenge; challenge = co_await exchange->step(response)) {
        response = co_await ask(conversation, *challenge);
        if (!response) co_return bad("Authentication given up");
    }
    if (exchange->user().empty()) {
        const auto reason = exchange->reason();
        const auto text = reason.empty() ? "Authentication failed" : reason;
        co_return co_await welcome(conversation, tl::unexpected{No{"AUTHENTICATIONFAILED", text}});
    }
    co_return co_await welcome(conversation, co_await conversation.door.open(exchange->user()));
}

}  // namespace imap
