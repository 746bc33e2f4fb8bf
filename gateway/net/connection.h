// connection: one TCP connection, plain or TLS, as both protocols' wire.
//
// Holds no buffer of its own while it is idle: it waits for the socket to become readable and then
// reads into a buffer that all share, so an idle plain connection costs about 3 KB and an idle TLS
// one about 20 KB. For one thread only.
#pragma once

#include "gateway/net/admission.h"
#include "gateway/net/tls.h"
#include "imap/wire.h"
#include "smtp/wire.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::net {

// Errors as the wires say: boost::system::system_error, timed_out when a deadline passed. It may be
// destroyed when no coroutine is inside; close() ends those that are (operation_aborted).
class Connection final : public smtp::Wire, public imap::Wire {
public:
    using Clock = std::chrono::steady_clock;

    // Takes an open socket. `tls` may be null: then start_tls throws.
    Connection(boost::asio::ip::tcp::socket socket, Side side, std::shared_ptr<const TlsContext> tls);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    boost::asio::awaitable<bool> read(std::string& buffer, std::chrono::milliseconds patience) override;
    // The patience begins anew with every 64 KB that the peer takes.
    boost::asio::awaitable<void> write(std::string_view bytes, std::chrono::milliseconds patience) override;
    boost::asio::awaitable<void> start_tls(std::string server_name = {}) override;

    [[nodiscard]] bool encrypted() const override { return ssl_ != nullptr; }

    [[nodiscard]] std::string tls_summary() const override;
    [[nodiscard]] std::string peer_address() const override;
    [[nodiscard]] bool loopback() const override;
    // Flushes nothing; what was written before still arrives. Idempotent.
    void close() override;

    // Says one line as far as the system takes it at once, and closes: for a peer that is not worth
    // a wait.
    void refuse(std::string_view line);

    // Kept until the connection's end.
    void hold(Admission::Place place) { place_.emplace(std::move(place)); }

    [[nodiscard]] boost::asio::any_io_executor executor() { return socket_.get_executor(); }

private:
    enum class Direction { read, write };
    enum class Outcome { moved, ended, wants_read, wants_write };
    struct Turn;  // one operation with its deadline

    Outcome receive(std::string& buffer);
    Outcome send(std::string_view bytes, std::size_t& taken);
    Outcome tls_outcome(int result, std::string_view what);
    boost::asio::awaitable<void> ready(Outcome wanted, Direction direction);
    void arm(Clock::time_point when);
    void check_deadlines();

    struct Deadline {
        Clock::time_point at = Clock::time_point::max();
        bool passed = false;
    };

    Deadline& deadline(Direction direction) { return direction == Direction::read ? reading_ : writing_; }

    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;
    Clock::time_point armed_ = Clock::time_point::max();
    Deadline reading_, writing_;
    Side side_;
    int reads_in_a_row_ = 0;
    std::shared_ptr<const TlsContext> tls_;
    std::unique_ptr<SSL, TlsContext::Free> ssl_;
    boost::asio::ip::address peer_;
    std::shared_ptr<char> alive_;  // the timer's handler may be queued when the connection goes
    std::optional<Admission::Place> place_;
};

}  // namespace gateway::net
