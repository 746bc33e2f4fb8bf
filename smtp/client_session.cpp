// client_session: our conversation with a server that is to take mail, RFC 5321 3.3, RFC 2920, RFC
// 3207.
#include "smtp/client_session.h"

#include "mime/transfer_encoding.h"
#include "smtp/limits.h"
#include "smtp/reply_reader.h"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace smtp {
namespace asio = boost::asio;

namespace {

// The server said something that is not SMTP.
struct NotSmtp : std::runtime_error {
    NotSmtp() : std::runtime_error("the server does not speak SMTP") {}
};

}  // namespace

ClientSession::ClientSession(Wire& wire, ClientSettings settings) : wire_(wire), settings_(std::move(settings)) {}

asio::awaitable<Reply> ClientSession::read(std::chrono::milliseconds patience)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (true) {
        auto result = read_reply(input_);
        if (result.reading == Reading::malformed) throw NotSmtp();
        if (result.reading == Reading::whole) {
            input_.erase(0, result.length);
            if (result.reply.code == 421) usable_ = false;
            co_return std::move(result.reply);
        }
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (!co_await wire_.read(input_, std::max(left, std::chrono::milliseconds{1})))
            throw boost::system::system_error(asio::error::eof);
    }
}

asio::awaitable<void> ClientSession::write(std::string_view bytes)
{
    co_await wire_.write(bytes, settings_.timeouts.block);
}

asio::awaitable<Reply> ClientSession::ask(std::string line)
{
    line += "\r\n";
    co_await write(line);
    co_return co_await read(settings_.timeouts.command);
}

// What the world broke, as a reply of our own.
Reply ClientSession::broken(const std::exception& error)
{
    usable_ = false;
    local_ = true;
    const auto* system = dynamic_cast<const boost::system::system_error*>(&error);
    if (system == nullptr) return {451, "4.5.0", error.what()};
    if (system->code() == asio::error::timed_out) return {451, "4.4.2", "The server did not answer in time"};
    return {451, "4.4.2", "The connection broke: " + system->code().message()};
}

asio::awaitable<Answer> ClientSession::open()
{
    Reply reply;
    local_ = false;
    try {
        reply = co_await converse_opening();
    } catch (const std::exception& error) {
        reply = broken(error);
    }
    usable_ = reply.code / 100 == 2 && !local_;
    if (!usable_) reply = as_refusal(std::move(reply));
    co_return Answer{phase_, std::move(reply), local_};
}

asio::awaitable<Reply> ClientSession::converse_opening()
{
    phase_ = Phase::greeting;
    auto reply = co_await read(settings_.timeouts.greeting);
    if (reply.code / 100 != 2) co_return reply;
    phase_ = Phase::hello;
    reply = co_await hello();
    if (reply.code / 100 != 2) co_return reply;
    if (auto refusal = co_await secure()) co_return std::move(*refusal);
    if (settings_.credentials) co_return co_await authenticate();
    co_return reply;
}

// EHLO, or HELO where that is not known.
asio::awaitable<Reply> ClientSession::hello()
{
    auto reply = co_await ask("EHLO " + settings_.hostname);
    offered_ = reply.code == 250 ? read_ehlo(reply.text) : Offered{};
    if (reply.code / 100 == 5) reply = co_await ask("HELO " + settings_.hostname);
    co_return reply;
}

// STARTTLS as wanted and offered; why the session cannot go on, or nothing.
asio::awaitable<std::optional<Reply>> ClientSession::secure()
{
    if (settings_.tls == TlsUse::never || wire_.encrypted()) co_return std::nullopt;
    phase_ = Phase::tls;
    const bool required = settings_.tls == TlsUse::required;
    if (!offered_.starttls) {
        local_ = required;
        co_return required ? std::optional(Reply{451, "4.7.4", "TLS is required here and not offered there"})
                           : std::nullopt;
    }
    auto reply = co_await ask("STARTTLS");
    const bool over = required || reply.code == 421;
    if (reply.code / 100 != 2) co_return over ? std::optional(std::move(reply)) : std::nullopt;
    if (!input_.empty()) throw NotSmtp();  // somebody's words from before the handshake, RFC 3207 6
    co_await wire_.start_tls(settings_.server_name);
    phase_ = Phase::hello;
    reply = co_await hello();
    co_return reply.code / 100 == 2 ? std::nullopt : std::optional(std::move(reply));
}

asio::awaitable<Reply> ClientSession::authenticate()
{
    phase_ = Phase::auth;
    const auto& [user, password] = *settings_.credentials;
    const auto offers = [&](std::string_view name) {
        return std::find(offered_.mechanisms.begin(), offered_.mechanisms.end(), name) != offered_.mechanisms.end();
    };
    local_ = true;
    if (!wire_.encrypted() && !wire_.loopback()) co_return Reply{451, "4.7.4", "No password is sent without TLS"};
    if (!offers("PLAIN") && !offers("LOGIN")) co_return Reply{451, "4.7.4", "Neither AUTH PLAIN nor LOGIN is offered"};
    local_ = false;
    if (offers("PLAIN")) {
        using namespace std::string_literals;
        co_return co_await ask("AUTH PLAIN " + mime::encode_base64("\0"s + user + "\0"s + password));
    }
    auto reply = co_await ask("AUTH LOGIN");
    if (reply.code == 334) reply = co_await ask(mime::encode_base64(user));
    if (reply.code == 334) reply = co_await ask(mime::encode_base64(password));
    co_return reply;
}

asio::awaitable<void> ClientSession::quit()
{
    try {
        if (usable_) {
            co_await wire_.write("QUIT\r\n", settings_.timeouts.quit);
            co_await read(settings_.timeouts.quit);
        }
    } catch (const std::exception&) {
        // They need not say goodbye.
    }
    usable_ = false;
    wire_.close();
}

}  // namespace smtp
