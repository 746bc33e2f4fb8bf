// client_mail: one transaction of a client session, RFC 5321 3.3, RFC 1870, 2920, 3461, 6531.
#include "mime/utf8.h"
#include "smtp/client_session.h"
#include "smtp/command.h"
#include "smtp/limits.h"
#include "smtp/mail_text.h"
#include "smtp/reply_reader.h"

#include <boost/system/system_error.hpp>

namespace smtp {
namespace asio = boost::asio;

struct ClientSession::Transaction {
    const OutgoingMail& mail;
    std::vector<std::optional<Answer>> answers;  // by recipient, once known
    std::vector<std::size_t> accepted;           // recipients that the server took
    Reply data;                                  // to DATA

    // An answer for all who have none.
    void settle(const Answer& answer)
    {
        for (auto& known : answers)
            if (!known) known = answer;
    }

    void settle_rcpt(std::size_t i, Reply reply)
    {
        if (reply.code / 100 == 2) accepted.push_back(i);
        else answers[i] = Answer{Phase::rcpt, as_refusal(std::move(reply)), false};
    }
};

namespace {

bool has_controls(std::string_view text)
{
    return std::any_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string_view notify_text(const Notify& notify, std::string& buffer)
{
    if (!notify.success && !notify.failure && !notify.delay) return "NEVER";
    for (const auto& [wanted, word] :
        {std::pair(notify.success, "SUCCESS"), {notify.failure, "FAILURE"}, {notify.delay, "DELAY"}})
        if (wanted) buffer += (buffer.empty() ? "" : ",") + std::string(word);
    return buffer;
}

// "rfc822;carol@legacy.test" as a parameter; "" for what needs RFC 6533.
std::string orcpt_text(const std::string& orcpt)
{
    const auto semicolon = orcpt.find(';');
    if (semicolon == std::string::npos || !mime::is_ascii(orcpt)) return {};
    return " ORCPT=" + orcpt.substr(0, semicolon + 1) + encode_xtext(orcpt.substr(semicolon + 1));
}

std::uint64_t size_of(const OutgoingMail& mail)
{
    std::uint64_t size = 0;
    for (const auto piece : mail.content) size += piece.size();
    return size;
}

}  // namespace

// What need not be tried with this server.
std::optional<Reply> ClientSession::impossible(const OutgoingMail& mail) const
{
    bool international = !mime::is_ascii(mail.from.reverse_path);
    bool broken = has_controls(mail.from.reverse_path);
    for (const auto& to : mail.to) {
        international |= !mime::is_ascii(to.forward_path);
        broken |= has_controls(to.forward_path) || to.forward_path.empty();
    }
    if (broken) return Reply{501, "5.1.3", "Not an address"};
    if (international && !offered_.smtputf8) return Reply{553, "5.6.7", "The server takes no international addresses"};
    if (offered_.size_limit != 0 && mail.from.size.value_or(0) > offered_.size_limit)
        return Reply{
            552, "5.3.4", "The server takes mails of up to " + std::to_string(offered_.size_limit) + " octets"};
    return std::nullopt;
}

std::string ClientSession::mail_command(const OutgoingMail& mail) const
{
    const auto& from = mail.from;
    std::string line = "MAIL FROM:<" + from.reverse_path + ">";
    if (offered_.size) line += " SIZE=" + std::to_string(from.size.value_or(0));
    if (offered_.eight_bit_mime && from.body == Body::eight_bit_mime) line += " BODY=8BITMIME";
    if (offered_.smtputf8 && from.smtputf8) line += " SMTPUTF8";
    if (offered_.dsn && from.ret != Ret::unset) line += from.ret == Ret::full ? " RET=FULL" : " RET=HDRS";
    if (offered_.dsn && !from.envid.empty()) line += " ENVID=" + encode_xtext(from.envid);
    return line + "\r\n";
}

std::string ClientSession::rcpt_command(const RcptTo& to) const
{
    std::string line = "RCPT TO:<" + to.forward_path + ">";
    std::string buffer;
    if (offered_.dsn && to.notify.set) line.append(" NOTIFY=").append(notify_text(to.notify, buffer));
    if (offered_.dsn) line += orcpt_text(to.orcpt);
    return line + "\r\n";
}

asio::awaitable<std::vector<Answer>> ClientSession::send(OutgoingMail mail)
{
    if (!mail.from.size) mail.from.size = size_of(mail);
    if (!mime::is_ascii(mail.from.reverse_path)) mail.from.smtputf8 = true;
    for (const auto& to : mail.to)
        if (!mime::is_ascii(to.forward_path)) mail.from.smtputf8 = true;

    Transaction transaction{mail, std::vector<std::optional<Answer>>(mail.to.size()), {}, {}};
    local_ = false;
    phase_ = Phase::mail;
    if (auto reply = impossible(mail))
        co_return std::vector<Answer>(mail.to.size(), Answer{Phase::mail, std::move(*reply), true});
    try {
        co_await transact(transaction);
    } catch (const std::exception& error) {
        transaction.settle({phase_, broken(error), true});
    }
    std::vector<Answer> answers;
    for (auto& answer : transaction.answers) answers.push_back(std::move(answer.value()));
    co_return answers;
}

asio::awaitable<void> ClientSession::transact(Transaction& transaction)
{
    if (offered_.pipelining && transaction.mail.to.size() <= pipelined_recipients)
        co_await envelope_in_one(transaction);
    else co_await envelope_by_step(transaction);
    const bool ready = transaction.data.code == 354;
    if (ready) co_await content(transaction);
    else open_transaction_ = true;
}

// RFC 2920 3.1: all of the envelope in one packet, with DATA at its end.
asio::awaitable<void> ClientSession::envelope_in_one(Transaction& transaction)
{
    const bool resets = std::exchange(open_transaction_, false);
    std::string commands = resets ? "RSET\r\n" : "";
    commands += mail_command(transaction.mail);
    for (const auto& to : transaction.mail.to) commands += rcpt_command(to);
    co_await write(commands + "DATA\r\n");

    const auto patience = settings_.timeouts.command;
    if (resets) co_await read(patience);
    const auto mail = co_await read(patience);
    // Who is refused with the sender is refused for that reason, whatever is said about RCPT then.
    if (mail.code / 100 != 2) transaction.settle({Phase::mail, as_refusal(mail), false});
    phase_ = Phase::rcpt;
    for (std::size_t i = 0; i < transaction.mail.to.size(); ++i) {
        auto reply = co_await read(patience);
        if (mail.code / 100 == 2) transaction.settle_rcpt(i, std::move(reply));
    }
    phase_ = Phase::data;
    transaction.data = co_await read(settings_.timeouts.data);
    if (transaction.data.code != 354) transaction.settle({Phase::data, as_refusal(transaction.data), false});
}

asio::awaitable<void> ClientSession::envelope_by_step(Transaction& transaction)
{
    if (std::exchange(open_transaction_, false)) co_await ask("RSET");
    const auto step = [this](std::string line) -> asio::awaitable<Reply> {
        co_await write(line);
        co_return co_await read(settings_.timeouts.command);
    };
    auto reply = co_await step(mail_command(transaction.mail));
    if (reply.code / 100 != 2) {
        transaction.settle({Phase::mail, as_refusal(std::move(reply)), false});
        co_return;
    }
    phase_ = Phase::rcpt;
    for (std::size_t i = 0; i < transaction.mail.to.size(); ++i)
        transaction.settle_rcpt(i, co_await step(rcpt_command(transaction.mail.to[i])));
    if (transaction.accepted.empty()) co_return;
    phase_ = Phase::data;
    transaction.data = co_await step("DATA\r\n");
    if (transaction.data.code != 354) transaction.settle({Phase::data, as_refusal(transaction.data), false});
}

asio::awaitable<void> ClientSession::content(Transaction& transaction)
{
    phase_ = Phase::content;
    DotStuffer stuffer;
    std::string piece;
    // Nobody was accepted and the server waits for a mail all the same: an empty one, RFC 2920 3.1.
    const bool wanted = !transaction.accepted.empty();
    for (auto rest : wanted ? transaction.mail.content : std::vector<std::string_view>{}) {
        while (!rest.empty()) {
            stuffer.put(rest.substr(0, write_piece), piece);
            rest.remove_prefix(std::min(rest.size(), write_piece));
            if (piece.size() < write_piece) continue;
            co_await write(piece);
            piece.clear();
        }
    }
    stuffer.end(piece);
    co_await write(piece);
    auto reply = co_await read(settings_.timeouts.content);
    if (reply.code / 100 != 2) reply = as_refusal(std::move(reply));
    for (const auto i : transaction.accepted) transaction.answers[i] = Answer{Phase::content, reply, false};
    // Whoever has no answer by now was refused with the sender, or a server lost count.
    transaction.settle({Phase::content, {451, "4.5.0", "No answer"}, true});
}

}  // namespace smtp
