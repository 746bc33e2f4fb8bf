// server_session: one client's conversation, from our greeting to the end, RFC 5321 3 and 4.
//
// A session is a coroutine over a Wire: it reads lines, asks the table and the sink, and answers.
// What it says to the client are replies; what the world breaks ends it quietly. The sink's
// exceptions become 451 and the session lives on.
#pragma once

#include "smtp/command.h"
#include "smtp/limits.h"
#include "smtp/mail_sink.h"
#include "smtp/mail_text.h"
#include "smtp/sasl.h"
#include "smtp/transaction.h"
#include "smtp/wire.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace smtp {

enum class BareNewline {
    refuse,     // 550 5.6.11 for a mail, 500 for a command
    normalise,  // taken for CRLF within a mail (never for its end) and at the end of a command
};

struct ServerSettings {
    std::string hostname;     // in the greeting
    bool submission = false;  // RFC 6409: MAIL needs AUTH
    bool starttls = true;     // a certificate is there
    BareNewline bare_newline = BareNewline::refuse;
    Limits limits;
    Timeouts timeouts;
};

enum class Ending { quit, disconnected, timed_out, drained, refused, tls_failed, broken };

class ServerSession {
public:
    // `wire`, `sink` and `sasl` outlive the session; without `sasl` AUTH is not offered. `id` names
    // the session in Peer.
    ServerSession(
        Wire& wire, MailSink& sink, Sasl* sasl, std::shared_ptr<const ServerSettings> settings, std::string id);

    // The whole conversation; closes the wire. Never throws. Run it on a strand.
    boost::asio::awaitable<Ending> run();
    // Ends the session with 421 as soon as no transaction is open; at once when it is idle. Call it
    // on the session's strand.
    void drain();

private:
    // A command line, or why there is none.
    enum class LineKind { text, too_long, bare_newline, none };

    struct Line {
        LineKind kind = LineKind::none;
        std::string text;
    };

    // A mail while it comes in.
    struct Incoming {
        explicit Incoming(Framing framing) : text(framing) {}

        MailText text;
        mime::Spool spool;
        std::uint64_t size = 0;  // octets of it that came, kept or not
        bool too_large = false, disk_full = false;
        std::chrono::steady_clock::time_point deadline;
    };
    enum class Wait { idle, busy };

    boost::asio::awaitable<void> converse();
    boost::asio::awaitable<void> last_word(Reply reply);
    boost::asio::awaitable<void> obey(const Line& line);
    void say(const Reply& reply);
    void finish(Ending ending, const Reply& reply);
    boost::asio::awaitable<void> flush();

    // input
    [[nodiscard]] std::string_view pending() const { return std::string_view(input_).substr(taken_); }

    void take(std::size_t octets);
    boost::asio::awaitable<Line> read_line(std::size_t limit);
    boost::asio::awaitable<bool> swallow_line(std::chrono::steady_clock::time_point deadline);
    boost::asio::awaitable<bool> more(std::chrono::milliseconds patience, Wait wait);

    [[nodiscard]] bool may_leave() const
    {
        return draining_ && (stage_ == Stage::connected || stage_ == Stage::greeted);
    }

    boost::asio::awaitable<std::optional<bool>> read_idle(std::chrono::milliseconds patience);

    // commands
    [[nodiscard]] Standing standing(Verb verb) const;
    boost::asio::awaitable<void> execute(Helo& command);
    boost::asio::awaitable<void> execute(Ehlo& command);
    boost::asio::awaitable<void> execute(MailCommand& command);
    boost::asio::awaitable<void> execute(RcptCommand& command);
    boost::asio::awaitable<void> execute(Data& command);
    boost::asio::awaitable<void> execute(Bdat& command);
    boost::asio::awaitable<void> execute(Rset& command);
    boost::asio::awaitable<void> execute(Noop& command);
    boost::asio::awaitable<void> execute(Vrfy& command);
    boost::asio::awaitable<void> execute(Expn& command);
    boost::asio::awaitable<void> execute(Help& command);
    boost::asio::awaitable<void> execute(Quit& command);
    boost::asio::awaitable<void> execute(StartTls& command);
    boost::asio::awaitable<void> execute(Auth& command);

    // mail
    void reset();
    boost::asio::awaitable<Reply> ask_mail(const MailFrom& from);
    boost::asio::awaitable<Reply> ask_rcpt(const RcptTo& to);
    boost::asio::awaitable<bool> receive_chunk(std::uint64_t octets);
    boost::asio::awaitable<bool> discard_chunk(std::uint64_t octets);
    boost::asio::awaitable<bool> await_mail(std::chrono::steady_clock::time_point deadline);
    void keep(std::string_view octets);
    [[nodiscard]] std::optional<Reply> fault() const;
    boost::asio::awaitable<Reply> hand_over();

    // AUTH
    [[nodiscard]] std::vector<std::string> mechanisms() const;
    boost::asio::awaitable<std::optional<Reply>> converse(SaslExchange& exchange, std::optional<std::string> initial);
    boost::asio::awaitable<Reply> authenticate(Auth& command);
    boost::asio::awaitable<void> count_auth_failure();

    Wire& wire_;
    MailSink& sink_;
    Sasl* sasl_;
    std::shared_ptr<const ServerSettings> settings_;
    Peer peer_;
    Stage stage_ = Stage::connected;
    Envelope envelope_;
    std::unique_ptr<Incoming> incoming_;
    std::string input_;
    std::size_t taken_ = 0;  // octets of input_ that are used up
    std::string output_;
    int errors_ = 0;
    int auth_failures_ = 0;
    std::optional<Ending> ending_;
    bool draining_ = false, idle_ = false;
    boost::asio::cancellation_signal wake_;
};

}  // namespace smtp
