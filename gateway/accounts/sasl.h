// sasl: both protocols' SASL ports: SCRAM-SHA-256, PLAIN, LOGIN. RFC 4422, 5802, 7677, 4616.
//
// Nothing is offered on a connection that is neither encrypted nor on loopback. No channel binding
// (-PLUS): the ports do not carry it.
#pragma once

#include "gateway/accounts/authenticator.h"
#include "imap/sasl.h"
#include "smtp/sasl.h"

#include <memory>
#include <string>

namespace gateway::accounts {

// One exchange as either port wants it.
class Exchange : public smtp::SaslExchange, public imap::SaslExchange {
public:
    Exchange(Authenticator& authenticator, std::string peer) : authenticator_(authenticator), peer_(std::move(peer)) {}

    boost::asio::awaitable<std::optional<std::string>> step(std::optional<std::string> response) final;

    [[nodiscard]] std::string user() const final { return outcome_.user; }

    [[nodiscard]] std::string reason() const final { return outcome_.reason; }

protected:
    // As step(); when it gives nullopt, outcome_ says how it ended. Called until then only.
    virtual boost::asio::awaitable<std::optional<std::string>> next(std::optional<std::string> response) = 0;

    Authenticator& authenticator_;
    std::string peer_;
    Outcome outcome_;

private:
    int steps_ = 0;
    bool over_ = false;
};

std::vector<std::string> offered(bool encrypted, bool loopback);
// nullptr for a mechanism that is not offered there. Names in any case.
std::unique_ptr<Exchange> start_exchange(
    Authenticator& authenticator, std::string_view mechanism, bool encrypted, bool loopback, std::string peer);

// Made for each connection; `peer` is its address, so that failures are counted by it.
template <class Port, class PortExchange>
class SaslDoor final : public Port {
public:
    SaslDoor(Authenticator& authenticator, std::string peer) : authenticator_(authenticator), peer_(std::move(peer)) {}

    [[nodiscard]] std::vector<std::string> mechanisms(bool encrypted, bool loopback) const override
    {
        return offered(encrypted, loopback);
    }

    std::unique_ptr<PortExchange> start(std::string_view mechanism, bool encrypted, bool loopback) override
    {
        return start_exchange(authenticator_, mechanism, encrypted, loopback, peer_);
    }

private:
    Authenticator& authenticator_;
    std::string peer_;
};

using SmtpSasl = SaslDoor<smtp::Sasl, smtp::SaslExchange>;
using ImapSasl = SaslDoor<imap::Sasl, imap::SaslExchange>;

}  // namespace gateway::accounts
