// logged_sink: see logged_sink.h.
#include "gateway/ingress/logged_sink.h"

#include "gateway/log.h"
#include "gateway/mapping/address_forms.h"
#include "gateway/mapping/mail_in.h"

namespace gateway::ingress {

namespace asio = boost::asio;
using smtp::Reply;

namespace {

constexpr std::size_t header_looked_at = 16 * 1024;  // octets; a Message-ID further down is not shown
constexpr std::size_t recipients_shown = 5;

struct About {
    smtp::Peer peer;
    const char* command;
    std::string from, to, header;
};

std::string shown(const std::vector<smtp::RcptTo>& recipients)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(recipients.size(), recipients_shown); ++i)
        text += (i > 0 ? " " : "") + recipients[i].forward_path;
    if (recipients.size() > recipients_shown) text += " +" + std::to_string(recipients.size() - recipients_shown);
    return text;
}

std::string message_id_in(const std::string& header)
{
    return header.empty() ? std::string{} : mapping::read_facts(mime::parse(header), header).message_id;
}

asio::awaitable<Reply> told(asio::awaitable<Reply> answer, About about)
{
    const auto from = mapping::without_tokens(about.from), to = mapping::without_tokens(about.to);
    try {
        auto reply = co_await std::move(answer);
        if (reply.code >= 400)
            log::info(reply.code < 500 ? "mail.put_off" : "mail.refused",
                {{"session", about.peer.session}, {"peer", about.peer.address}, {"account", about.peer.user},
                    {"command", about.command}, {"from", from}, {"to", to}, {"message", message_id_in(about.header)},
                    {"code", std::to_string(reply.code)}, {"status", reply.status}, {"reply", reply.text}});
        co_return reply;
    } catch (const std::exception& error) {  // the session answers it with 451
        log::warning(
            "mail.put_off", {{"session", about.peer.session}, {"peer", about.peer.address},
                                {"account", about.peer.user}, {"command", about.command}, {"from", from}, {"to", to},
                                {"message", message_id_in(about.header)}, {"reason", error.what()}});
        throw;
    }
}

}  // namespace

asio::awaitable<Reply> LoggedSink::mail(const smtp::Peer& peer, const smtp::MailFrom& from)
{
    co_return co_await told(sink_.mail(peer, from), {peer, "MAIL", from.reverse_path, "", ""});
}

asio::awaitable<Reply> LoggedSink::rcpt(const smtp::Peer& peer, const smtp::Envelope& so_far, const smtp::RcptTo& to)
{
    co_return co_await told(
        sink_.rcpt(peer, so_far, to), {peer, "RCPT", so_far.from.reverse_path, to.forward_path, ""});
}

asio::awaitable<Reply> LoggedSink::data(const smtp::Peer& peer, smtp::Envelope envelope, mime::Spool mail)
{
    About about{peer, "DATA", envelope.from.reverse_path, shown(envelope.to),
        std::string(mail.bytes().substr(0, header_looked_at))};
    co_return co_await told(sink_.data(peer, std::move(envelope), std::move(mail)), std::move(about));
}

}  // namespace gateway::ingress
