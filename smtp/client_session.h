// client_session: our conversation with a server that is to take mail, RFC 5321 3.3, RFC 2920, RFC
// 3207.
//
// What the server refuses, and what the world breaks on the way, are answers for each recipient: a
// caller learns who has the mail, who never will and who may later, also when the connection broke
// in the middle.
#pragma once

#include "smtp/extensions.h"
#include "smtp/mail_sink.h"
#include "smtp/reply.h"
#include "smtp/wire.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtp {

enum class TlsUse {
    never,
    opportunistic,  // when offered
    required,       // else the session does not open
};

// RFC 5321 4.5.3.2
struct ClientTimeouts {
    std::chrono::milliseconds greeting = std::chrono::minutes{5};
    std::chrono::milliseconds command = std::chrono::minutes{5};
    std::chrono::milliseconds data = std::chrono::minutes{2};      // for 354
    std::chrono::milliseconds block = std::chrono::minutes{3};     // for the server to take a piece of the mail
    std::chrono::milliseconds content = std::chrono::minutes{10};  // for the answer to the final dot
    std::chrono::milliseconds quit = std::chrono::seconds{5};      // nothing depends on it
};

struct Credentials {
    std::string user, password;
};

struct ClientSettings {
    std::string hostname;     // ours, for EHLO
    std::string server_name;  // theirs, for SNI
    TlsUse tls = TlsUse::opportunistic;
    std::optional<Credentials> credentials;  // AUTH PLAIN or LOGIN, over TLS or loopback only
    ClientTimeouts timeouts;
};

enum class Phase { greeting, hello, tls, auth, mail, rcpt, data, content };

struct Answer {
    Phase phase = Phase::greeting;
    Reply reply;
    bool local = false;  // said by us: the connection broke, or what was asked for is not offered
    bool operator==(const Answer&) const = default;
};

struct OutgoingMail {
    MailFrom from;  // size: filled in when it is not set
    std::vector<RcptTo> to;
    std::vector<std::string_view> content;  // joined: CRLF lines, not dot-stuffed; must outlive send()
};

class ClientSession {
public:
    // `wire` is connected and outlives the session.
    ClientSession(Wire& wire, ClientSettings settings);

    // From the greeting to where mail may be sent; positive when it came so far. Never throws for
    // what the world breaks.
    boost::asio::awaitable<Answer> open();
    // One transaction; an answer for each of `mail.to`, positive for those for whom the server has
    // taken over. As many transactions as wanted may follow each other while usable(). A mail with
    // 8-bit content is sent as it is, also where 8BITMIME is not offered: nobody's server cuts bits
    // any more, and re-encoding breaks signatures. SMTPUTF8 is asked for when the mail needs it; an
    // address that needs it is refused with 5.6.7 where it is not offered.
    boost::asio::awaitable<std::vector<Answer>> send(OutgoingMail mail);
    // QUIT, when that makes sense; closes the wire.
    boost::asio::awaitable<void> quit();

    [[nodiscard]] bool usable() const { return usable_; }

    [[nodiscard]] const Offered& offered() const { return offered_; }

private:
    struct Transaction;  // what is known of one while it runs

    boost::asio::awaitable<Reply> read(std::chrono::milliseconds patience);
    boost::asio::awaitable<void> write(std::string_view bytes);
    boost::asio::awaitable<Reply> ask(std::string line);
    boost::asio::awaitable<Reply> converse_opening();
    boost::asio::awaitable<Reply> hello();
    boost::asio::awaitable<std::optional<Reply>> secure();
    boost::asio::awaitable<Reply> authenticate();
    boost::asio::awaitable<void> transact(Transaction& transaction);
    boost::asio::awaitable<void> envelope_in_one(Transaction& transaction);
    boost::asio::awaitable<void> envelope_by_step(Transaction& transaction);
    boost::asio::awaitable<void> content(Transaction& transaction);
    [[nodiscard]] std::optional<Reply> impossible(const OutgoingMail& mail) const;
    [[nodiscard]] std::string mail_command(const OutgoingMail& mail) const;
    [[nodiscard]] std::string rcpt_command(const RcptTo& to) const;
    Reply broken(const std::exception& error);

    Wire& wire_;
    ClientSettings settings_;
    Offered offered_;
    std::string input_;
    Phase phase_ = Phase::greeting;
    bool usable_ = false;
    bool open_transaction_ = false;  // RSET comes before the next MAIL
    bool local_ = false;             // the reply at hand is our own
};

}  // namespace smtp
