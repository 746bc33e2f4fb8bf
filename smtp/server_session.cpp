// server_session: one client's conversation, from our greeting to the end, RFC 5321 3 and 4.
#include "smtp/server_session.h"

#include "mime/ascii.h"
#include "smtp/extensions.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace smtp {
namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t idle_capacity = 512;  // octets of buffers that an idle session may keep

milliseconds left_until(Clock::time_point deadline)
{
    return std::max(milliseconds{1}, std::chrono::duration_cast<milliseconds>(deadline - Clock::now()));
}

bool is_timeout(const boost::system::system_error& error)
{
    return error.code() == asio::error::timed_out;
}

// Octets that follow such a line would be a mail's, not commands.
bool announces_chunk(std::string_view line)
{
    return mime::equal_ignoring_case(line.substr(0, 4), "BDAT");
}

bool counts_as_error(const Reply& reply)
{
    return (reply.code >= 500 && reply.code <= 504) || reply.code == 555;
}

}  // namespace

ServerSession::ServerSession(
    Wire& wire, MailSink& sink, Sasl* sasl, std::shared_ptr<const ServerSettings> settings, std::string id)
    : wire_(wire), sink_(sink), sasl_(sasl), settings_(std::move(settings))
{
    peer_.address = wire_.peer_address();
    peer_.session = std::move(id);
    peer_.submission = settings_->submission;
    peer_.tls = wire_.tls_summary();
}

asio::awaitable<Ending> ServerSession::run()
{
    std::optional<Reply> farewell;
    try {
        co_await converse();
    } catch (const boost::system::system_error& error) {
        ending_ = is_timeout(error) ? Ending::timed_out : Ending::disconnected;
        if (is_timeout(error)) farewell = Reply{421, "4.4.2", settings_->hostname + " Timeout, closing"};
    } catch (const std::exception&) {
        ending_ = Ending::broken;
        farewell = Reply{421, "4.3.0", settings_->hostname + " Internal error, closing"};
    }
    if (farewell) co_await last_word(std::move(*farewell));
    wire_.close();
    co_return ending_.value_or(Ending::disconnected);
}

// Whether the client hears it does not matter any more.
asio::awaitable<void> ServerSession::last_word(Reply reply)
{
    try {
        const auto bytes = reply.encoded();
        co_await wire_.write(bytes, std::chrono::seconds{5});
    } catch (const std::exception&) {
        ending_ = ending_.value_or(Ending::disconnected);
    }
}

void ServerSession::drain()
{
    draining_ = true;
    if (idle_ && may_leave()) wake_.emit(asio::cancellation_type::all);
}

asio::awaitable<void> ServerSession::converse()
{
    say({220, "", settings_->hostname + " ESMTP"});
    while (!ending_) {
        if (may_leave()) {
            finish(Ending::drained, {421, "4.3.2", settings_->hostname + " Shutting down"});
            break;
        }
        const auto line = co_await read_line(settings_->limits.command_line);
        if (line.kind == LineKind::none) continue;
        co_await obey(line);
        if (errors_ >= settings_->limits.errors)
            finish(Ending::refused, {421, "4.7.0", settings_->hostname + " Too many errors"});
        if (output_.size() > settings_->limits.output) co_await flush();
    }
    co_await flush();
}

asio::awaitable<void> ServerSession::obey(const Line& line)
{
    if (line.kind == LineKind::too_long) {
        say({500, "5.5.2", "Line too long"});
        co_return;
    }
    if (line.kind == LineKind::bare_newline) {
        say({500, "5.5.2", "Lines end with CRLF"});
        co_return;
    }
    auto command = parse_command(line.text);
    if (!command) {
        say(command.error().reply);
        if (announces_chunk(line.text))
            finish(Ending::refused, {421, "4.7.0", settings_->hostname + " Lost count of your chunk"});
        co_return;
    }
    if (auto reply = objection(standing(verb_of(*command)), verb_of(*command))) {
        say(*reply);
        // The octets of a chunk come whatever we think of it, RFC 3030 2.
        if (const auto* bdat = std::get_if<Bdat>(&*command)) co_await discard_chunk(bdat->size);
        co_return;
    }
    co_await std::visit([this](auto& known) { return execute(known); }, *command);
}

void ServerSession::say(const Reply& reply)
{
    if (counts_as_error(reply)) ++errors_;
    output_ += reply.encoded();
}

void ServerSession::finish(Ending ending, const Reply& reply)
{
    if (ending_) return;
    output_ += reply.encoded();
    ending_ = ending;
}

asio::awaitable<void> ServerSession::flush()
{
    if (output_.empty()) co_return;
    const auto bytes = std::exchange(output_, {});
    co_await wire_.write(bytes, settings_->timeouts.write);
}

void ServerSession::take(std::size_t octets)
{
    taken_ += octets;
    if (taken_ < input_.size()) return;
    input_.clear();
    taken_ = 0;
}

asio::awaitable<ServerSession::Line> ServerSession::read_line(std::size_t limit)
{
    const auto deadline = Clock::now() + settings_->timeouts.command;
    std::size_t searched = 0;
    while (true) {
        const auto newline = pending().find('\n', searched);
        const auto length = newline == std::string_view::npos ? pending().size() : newline + 1;
        if (length > limit) co_return Line{co_await swallow_line(deadline) ? LineKind::too_long : LineKind::none, {}};
        if (newline != std::string_view::npos) break;
        searched = pending().size();
        const auto wait = pending().empty() ? Wait::idle : Wait::busy;
        if (!co_await more(left_until(deadline), wait)) co_return Line{};
    }
    Line line{LineKind::text, std::string(pending().substr(0, pending().find('\n')))};
    take(line.text.size() + 1);
    if (line.text.ends_with('\r')) line.text.pop_back();
    else if (settings_->bare_newline == BareNewline::refuse) line.kind = LineKind::bare_newline;
    co_return line;
}

// Reads on to the end of an overlong line; false when the session is over.
asio::awaitable<bool> ServerSession::swallow_line(Clock::time_point deadline)
{
    std::size_t swallowed = 0;
    while (true) {
        const auto newline = pending().find('\n');
        if (newline != std::string_view::npos) {
            take(newline + 1);
            co_return true;
        }
        swallowed += pending().size();
        take(pending().size());
        if (swallowed > settings_->limits.swallowed_line) {
            finish(Ending::refused, {421, "4.7.0", settings_->hostname + " Line too long"});
            co_return false;
        }
        if (!co_await more(left_until(deadline), Wait::busy)) co_return false;
    }
}

// Sends what is to be said and waits for input; false when there will be none.
asio::awaitable<bool> ServerSession::more(milliseconds patience, Wait wait)
{
    co_await flush();
    if (taken_ != 0) {
        input_.erase(0, taken_);
        taken_ = 0;
    }
    if (input_.empty() && input_.capacity() > idle_capacity) input_ = {};
    std::optional<bool> here;
    if (wait == Wait::idle) here = co_await read_idle(patience);
    else here = co_await wire_.read(input_, patience);
    if (here == false) ending_ = Ending::disconnected;
    co_return here.value_or(false);
}

// A read that drain() can wake; nothing when it did.
asio::awaitable<std::optional<bool>> ServerSession::read_idle(milliseconds patience)
{
    if (may_leave()) co_return std::nullopt;
    idle_ = true;
    std::optional<bool> here;
    try {
        here = co_await asio::co_spawn(co_await asio::this_coro::executor, wire_.read(input_, patience),
            asio::bind_cancellation_slot(wake_.slot(), asio::use_awaitable));
    } catch (const boost::system::system_error& error) {
        idle_ = false;
        if (!draining_ || error.code() != asio::error::operation_aborted) throw;
    }
    idle_ = false;
    co_return here;
}

Standing ServerSession::standing(Verb verb) const
{
    return {
        .stage = stage_,
        .encrypted = wire_.encrypted(),
        .starttls = settings_->starttls,
        .auth = verb == Verb::auth && !mechanisms().empty(),
        .authenticated = !peer_.user.empty(),
        .must_authenticate = settings_->submission,
    };
}

asio::awaitable<void> ServerSession::execute(Helo& command)
{
    reset();
    peer_.greeting = std::move(command.name);
    peer_.esmtp = false;
    stage_ = stage_after(stage_, Verb::helo);
    say({250, "", settings_->hostname});
    co_return;
}

asio::awaitable<void> ServerSession::execute(Ehlo& command)
{
    reset();
    peer_.greeting = std::move(command.name);
    peer_.esmtp = true;
    stage_ = stage_after(stage_, Verb::ehlo);
    const Offer offer{settings_->limits.message, settings_->starttls && !wire_.encrypted(), mechanisms()};
    say({250, "", ehlo_text(settings_->hostname, offer)});
    co_return;
}

asio::awaitable<void> ServerSession::execute(Rset&)
{
    const auto next = stage_after(stage_, Verb::rset);
    reset();
    stage_ = next;
    say({250, "2.0.0", "OK"});
    co_return;
}

asio::awaitable<void> ServerSession::execute(Noop&)
{
    say({250, "2.0.0", "OK"});
    co_return;
}

// Says nothing about who is here, RFC 5321 7.3.
asio::awaitable<void> ServerSession::execute(Vrfy&)
{
    say({252, "2.0.0", "Send some mail, we will try"});
    co_return;
}

asio::awaitable<void> ServerSession::execute(Expn&)
{
    say({502, "5.5.1", "EXPN is not offered"});
    co_return;
}

asio::awaitable<void> ServerSession::execute(Help&)
{
    say({214, "2.0.0", "RFC 5321"});
    co_return;
}

asio::awaitable<void> ServerSession::execute(Quit&)
{
    finish(Ending::quit, {221, "2.0.0", "Bye"});
    co_return;
}

}  // namespace smtp
