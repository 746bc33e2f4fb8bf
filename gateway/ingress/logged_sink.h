// logged_sink: a line in the log for each mail that is refused or put off, with what finds it again. The sink behind it
// decides.
#pragma once

#include "smtp/mail_sink.h"

namespace gateway::ingress {

class LoggedSink : public smtp::MailSink {
public:
    explicit LoggedSink(smtp::MailSink& sink) : sink_(sink) {}

    boost::asio::awaitable<smtp::Reply> mail(const smtp::Peer& peer, const smtp::MailFrom& from) override;
    boost::asio::awaitable<smtp::Reply> rcpt(
        const smtp::Peer& peer, const smtp::Envelope& so_far, const smtp::RcptTo& to) override;
    boost::asio::awaitable<smtp::Reply> data(
        const smtp::Peer& peer, smtp::Envelope envelope, mime::Spool mail) override;

private:
    smtp::MailSink& sink_;
};

}  // namespace gateway::ingress
