// doubles: a sink and a password checker for transcripts, told what to do by directives.
//
//   submission | no-starttls | normalise | sasl      settings
//   size N | recipients N | errors N | line N | swallow N | mail-swallow N
//   sink mail|rcpt|data ADDRESS CODE STATUS TEXT     what the sink answers (data: for the first
//   recipient) sink throws mail|rcpt|data                       the sink's world is broken whole
//   not also octet by octet
#pragma once

#include "smtp/server_session.h"
#include "transcript.h"

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

// Notes what it accepted.
class RecordingSink : public smtp::MailSink {
public:
    std::map<std::string, smtp::Reply> answers;  // "rcpt bob@x.test"
    std::set<std::string> throws;
    std::vector<std::string> mails;
    std::vector<smtp::Peer> peers;
    std::vector<smtp::Envelope> envelopes;

    boost::asio::awaitable<smtp::Reply> mail(const smtp::Peer&, const smtp::MailFrom& from) override
    {
        co_return answer("mail", from.reverse_path, {250, "2.1.0", "OK"});
    }

    boost::asio::awaitable<smtp::Reply> rcpt(const smtp::Peer&, const smtp::Envelope&, const smtp::RcptTo& to) override
    {
        co_return answer("rcpt", to.forward_path, {250, "2.1.5", "OK"});
    }

    boost::asio::awaitable<smtp::Reply> data(const smtp::Peer& peer, smtp::Envelope envelope, mime::Spool mail) override
    {
        auto reply = answer("data", envelope.to.front().forward_path, {250, "2.0.0", "Taken"});
        if (!reply.positive()) co_return reply;
        std::string line = "<" + envelope.from.reverse_path + ">";
        for (const auto& to : envelope.to) line += " <" + to.forward_path + ">";
        mails.push_back(line + " " + std::string(mail.bytes()));
        peers.push_back(peer);
        envelopes.push_back(std::move(envelope));
        co_return reply;
    }

private:
    smtp::Reply answer(const std::string& verb, const std::string& address, smtp::Reply otherwise)
    {
        if (throws.contains(verb)) throw std::runtime_error("the disk is gone");
        const auto found = answers.find(verb + " " + address);
        return found == answers.end() ? otherwise : found->second;
    }
};

// PLAIN and LOGIN for alice with "secret"; BROKEN throws.
class OneUserSasl : public smtp::Sasl {
public:
    [[nodiscard]] std::vector<std::string> mechanisms(bool encrypted, bool) const override
    {
        return encrypted ? std::vector<std::string>{"PLAIN", "LOGIN"} : std::vector<std::string>{};
    }

    std::unique_ptr<smtp::SaslExchange> start(std::string_view mechanism, bool, bool) override;
};

struct Scene {
    smtp::ServerSettings settings;
    RecordingSink sink;
    OneUserSasl sasl;
    bool offers_auth = false;
    bool whole = false;
};

// `scene` set up as the directives say.
void direct(Scene& scene, const std::vector<std::string>& directives);
std::string name_of(smtp::Ending ending);

}  // namespace test
