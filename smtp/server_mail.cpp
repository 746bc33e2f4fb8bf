// server_mail: MAIL, RCPT, DATA and BDAT of a server session, RFC 5321 4.1.1.2 to 4.1.1.4, RFC
// 3030.
#include "mime/utf8.h"
#include "smtp/server_session.h"

#include <boost/asio/this_coro.hpp>

namespace smtp {
namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

const Reply sink_failed{451, "4.3.0", "Temporary failure, try again later"};
const Reply too_large{552, "5.3.4", "Message too large"};

}  // namespace

// Ends the transaction, if there is one.
void ServerSession::reset()
{
    envelope_ = {};
    incoming_.reset();
    if (stage_ != Stage::connected) stage_ = Stage::greeted;
}

asio::awaitable<Reply> ServerSession::ask_mail(const MailFrom& from)
{
    try {
        co_return co_await sink_.mail(peer_, from);
    } catch (const std::exception&) {
        co_return sink_failed;
    }
}

asio::awaitable<Reply> ServerSession::ask_rcpt(const RcptTo& to)
{
    try {
        co_return co_await sink_.rcpt(peer_, envelope_, to);
    } catch (const std::exception&) {
        co_return sink_failed;
    }
}

asio::awaitable<void> ServerSession::execute(MailCommand& command)
{
    const auto limit = settings_->limits.message;
    if (draining_) {
        finish(Ending::drained, {421, "4.3.2", settings_->hostname + " Shutting down"});
        co_return;
    }
    if (limit != 0 && command.from.size.value_or(0) > limit) {
        say(too_large);
        co_return;
    }
    const auto reply = co_await ask_mail(command.from);
    say(reply);
    if (!reply.positive()) co_return;
    envelope_ = {std::move(command.from), {}};
    stage_ = stage_after(stage_, Verb::mail);
}

asio::awaitable<void> ServerSession::execute(RcptCommand& command)
{
    if (envelope_.to.size() >= settings_->limits.recipients) {
        say({452, "4.5.3", "Too many recipients"});
        co_return;
    }
    if (!envelope_.from.smtputf8 && !mime::is_ascii(command.to.forward_path)) {
        say({553, "5.6.7", "An international address needs SMTPUTF8"});
        co_return;
    }
    const auto reply = co_await ask_rcpt(command.to);
    say(reply);
    if (!reply.positive()) co_return;
    envelope_.to.push_back(std::move(command.to));
    stage_ = stage_after(stage_, Verb::rcpt);
}

asio::awaitable<void> ServerSession::execute(Data&)
{
    incoming_ = std::make_unique<Incoming>(Framing::dots);
    incoming_->deadline = Clock::now() + settings_->timeouts.data;
    say({354, "", "End data with <CR><LF>.<CR><LF>"});
    std::string lines;
    while (!incoming_->text.finished()) {
        if (pending().empty() && !co_await await_mail(incoming_->deadline)) co_return;
        lines.clear();
        const auto used = incoming_->text.take(pending(), lines);
        take(used);
        incoming_->size += used;
        keep(lines);
        if (incoming_->size > settings_->limits.swallowed_message) {
            finish(Ending::refused, {421, "4.3.4", settings_->hostname + " Message too large"});
            co_return;
        }
    }
    say(co_await hand_over());
}

asio::awaitable<void> ServerSession::execute(Bdat& command)
{
    if (!incoming_) {
        incoming_ = std::make_unique<Incoming>(Framing::octets);
        incoming_->deadline = Clock::now() + settings_->timeouts.data;
    }
    if (!co_await receive_chunk(command.size)) co_return;
    if (command.last) {
        std::string rest;
        incoming_->text.end(rest);
        keep(rest);
        say(co_await hand_over());
        co_return;
    }
    if (auto reply = fault()) {
        say(*reply);
        reset();
        co_return;
    }
    stage_ = stage_after(stage_, Verb::bdat);
    say({250, "2.0.0", std::to_string(command.size) + " octets received"});
}

// Waits for more of a mail; false when the session is over.
asio::awaitable<bool> ServerSession::await_mail(Clock::time_point deadline)
{
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    co_return co_await more(std::clamp(left, std::chrono::milliseconds{1}, settings_->timeouts.data_block), Wait::busy);
}

// Takes the octets of one BDAT into incoming_; false when the session is over.
asio::awaitable<bool> ServerSession::receive_chunk(std::uint64_t octets)
{
    std::string lines;
    while (octets > 0) {
        if (octets >
            settings_->limits.swallowed_message - std::min(settings_->limits.swallowed_message, incoming_->size)) {
            finish(Ending::refused, {421, "4.3.4", settings_->hostname + " Message too large"});
            co_return false;
        }
        if (pending().empty() && !co_await await_mail(incoming_->deadline)) co_return false;
        lines.clear();
        const auto used = incoming_->text.take(pending().substr(0, octets), lines);
        take(used);
        incoming_->size += used;
        octets -= used;
        keep(lines);
    }
    co_return true;
}

// Takes the octets of a BDAT that was refused.
asio::awaitable<bool> ServerSession::discard_chunk(std::uint64_t octets)
{
    if (octets > settings_->limits.swallowed_message) {
        finish(Ending::refused, {421, "4.3.4", settings_->hostname + " Message too large"});
        co_return false;
    }
    const auto deadline = Clock::now() + settings_->timeouts.data;
    while (octets > 0) {
        if (pending().empty() && !co_await await_mail(deadline)) co_return false;
        const auto used = std::min<std::uint64_t>(octets, pending().size());
        take(used);
        octets -= used;
    }
    co_return true;
}

// Adds to the mail, unless it is lost already: then what comes is read and forgotten.
void ServerSession::keep(std::string_view octets)
{
    auto& mail = *incoming_;
    const auto limit = settings_->limits.message;
    if (limit != 0 && mail.spool.size() + octets.size() > limit) mail.too_large = true;
    if (mail.too_large || mail.disk_full) {
        mail.spool = mime::Spool();
        return;
    }
    try {
        mail.spool.append(octets);
    } catch (const std::exception&) {
        mail.disk_full = true;
    }
}

// What is wrong with the mail as far as it came.
std::optional<Reply> ServerSession::fault() const
{
    const auto& mail = *incoming_;
    if (mail.too_large) return too_large;
    if (mail.disk_full) return Reply{452, "4.3.1", "Insufficient system storage"};
    if (mail.text.nul()) return Reply{550, "5.6.0", "NUL in the mail"};
    if (mail.text.bare_newline() && settings_->bare_newline == BareNewline::refuse)
        return Reply{550, "5.6.11", "Bare CR or LF in the mail"};
    return std::nullopt;
}

// The whole mail is here: the sink's answer, or ours. The transaction is over either way.
asio::awaitable<Reply> ServerSession::hand_over()
{
    const auto bad = fault();
    auto envelope = std::move(envelope_);
    auto incoming = std::move(incoming_);
    reset();
    if (bad) co_return *bad;
    try {
        co_return co_await sink_.data(peer_, std::move(envelope), std::move(incoming->spool));
    } catch (const std::exception&) {
        co_return sink_failed;
    }
}

}  // namespace smtp
