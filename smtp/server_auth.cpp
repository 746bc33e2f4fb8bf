// server_auth: STARTTLS and AUTH of a server session, RFC 3207, RFC 4954.
#include "mime/transfer_encoding.h"
#include "smtp/server_session.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace smtp {
namespace asio = boost::asio;

namespace {

// What stands behind AUTH failed, not the client's proof.
struct SaslFailed {};

asio::awaitable<std::optional<std::string>> step(SaslExchange& exchange, std::optional<std::string> response)
{
    try {
        co_return co_await exchange.step(std::move(response));
    } catch (const std::exception&) {
        throw SaslFailed{};
    }
}

}  // namespace

asio::awaitable<void> ServerSession::execute(StartTls&)
{
    if (!pending().empty()) {
        // Whoever put it there hopes that we take it for the client's words after the handshake.
        finish(Ending::refused, {554, "5.5.1", "Nothing may be sent behind STARTTLS"});
        co_return;
    }
    say({220, "2.0.0", "Go ahead"});
    co_await flush();
    try {
        co_await wire_.start_tls();
    } catch (const std::exception&) {
        ending_ = Ending::tls_failed;
        co_return;
    }
    reset();
    stage_ = stage_after(stage_, Verb::starttls);
    peer_.greeting.clear();
    peer_.esmtp = false;
    peer_.user.clear();
    peer_.tls = wire_.tls_summary();
}

std::vector<std::string> ServerSession::mechanisms() const
{
    return sasl_ == nullptr ? std::vector<std::string>{} : sasl_->mechanisms(wire_.encrypted(), wire_.loopback());
}

asio::awaitable<void> ServerSession::execute(Auth& command)
{
    Reply reply;
    try {
        reply = co_await authenticate(command);
    } catch (const SaslFailed&) {
        reply = {454, "4.7.0", "Temporary authentication failure"};
    }
    if (reply.code == 0) co_return;
    if (reply.code == 535) co_await count_auth_failure();
    say(reply);
    if (auth_failures_ >= settings_->limits.auth_failures)
        finish(Ending::refused, {421, "4.7.0", settings_->hostname + " Too many authentication failures"});
}

asio::awaitable<Reply> ServerSession::authenticate(Auth& command)
{
    auto mechanism = sasl_->start(command.mechanism, wire_.encrypted(), wire_.loopback());
    if (!mechanism) co_return Reply{504, "5.5.4", "This mechanism is not offered"};
    std::optional<std::string> initial;
    if (command.initial) {
        initial = *command.initial == "=" ? std::optional{std::string{}} : mime::decode_exact_base64(*command.initial);
        if (!initial) co_return Reply{501, "5.5.2", "Not base64"};
    }
    if (auto refusal = co_await converse(*mechanism, std::move(initial))) co_return std::move(*refusal);
    peer_.user = mechanism->user();
    if (!peer_.user.empty()) co_return Reply{235, "2.7.0", "Authentication succeeded"};
    const auto reason = mechanism->reason();
    co_return Reply{535, "5.7.8", reason.empty() ? "Authentication failed" : reason};
}

// Challenges and responses until the mechanism has enough; else the refusal (code 0: say nothing).
// RFC 4954 4.
asio::awaitable<std::optional<Reply>> ServerSession::converse(
    SaslExchange& exchange, std::optional<std::string> initial)
{
    auto challenge = co_await step(exchange, std::move(initial));
    while (challenge) {
        say({334, "", mime::encode_base64(*challenge)});
        const auto line = co_await read_line(settings_->limits.auth_line);
        if (line.kind == LineKind::none) co_return Reply{.code = 0};  // gone, or draining: nothing to say
        if (line.kind == LineKind::too_long) co_return Reply{500, "5.5.6", "Response too long"};
        if (line.kind == LineKind::bare_newline) co_return Reply{500, "5.5.2", "Lines end with CRLF"};
        if (line.text == "*") co_return Reply{501, "5.7.0", "Authentication cancelled"};
        auto response = mime::decode_exact_base64(line.text);
        if (!response) co_return Reply{501, "5.5.2", "Not base64"};
        challenge = co_await step(exchange, std::move(response));
    }
    co_return std::nullopt;
}

asio::awaitable<void> ServerSession::count_auth_failure()
{
    if (++auth_failures_ <= settings_->limits.undelayed_auth_failures) co_return;
    asio::steady_timer timer(co_await asio::this_coro::executor, settings_->timeouts.auth_delay);
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace smtp
