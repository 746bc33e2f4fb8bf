// connection: lazy reads, back-pressure and one timer for all deadlines.
#include "gateway/net/connection.h"

#include "gateway/net/limits.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <csignal>
#include <sys/socket.h>

namespace gateway::net {

namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::system_error;

namespace {

std::array<char, read_at_once>& scratch()
{
    thread_local std::array<char, read_at_once> shared;
    return shared;
}

// OpenSSL writes with write(2), which raises SIGPIPE where the peer is gone.
void ignore_broken_pipes()
{
    static const bool done = [] { return std::signal(SIGPIPE, SIG_IGN) != SIG_ERR; }();
    static_cast<void>(done);
}

asio::ip::address peer_of(const asio::ip::tcp::socket& socket)
{
    error_code gone;
    const auto address = socket.remote_endpoint(gone).address();
    if (gone) return {};
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    return address;
}

[[noreturn]] void throw_system(int number)
{
    throw system_error(error_code(number, boost::system::system_category()));
}

}  // namespace

// Sets the deadline of one operation and takes it back at its end, however it ends.
struct Connection::Turn {
    Turn(Connection& connection, Direction direction, std::chrono::milliseconds patience)
        : deadline(connection.deadline(direction)), connection(connection), patience(patience)
    {
        renew();
    }

    ~Turn() { deadline = {}; }

    void renew()
    {
        deadline = {Clock::now() + patience, false};
        connection.arm(deadline.at);
    }

    Deadline& deadline;
    Connection& connection;
    std::chrono::milliseconds patience;
};

Connection::Connection(asio::ip::tcp::socket socket, Side side, std::shared_ptr<const TlsContext> tls)
    : socket_(std::move(socket))
    , timer_(socket_.get_executor())
    , side_(side)
    , tls_(std::move(tls))
    , peer_(peer_of(socket_))
    , alive_(std::make_shared<char>())
{
    ignore_broken_pipes();
    error_code ignored;  // a connection that is gone already fails at its first read
    socket_.non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

Connection::~Connection()
{
    close();
}

asio::awaitable<bool> Connection::read(std::string& buffer, std::chrono::milliseconds patience)
{
    Turn turn(*this, Direction::read, patience);
    if (++reads_in_a_row_ > reads_in_a_row) {
        reads_in_a_row_ = 0;  // the others' turn, before anything is read: a cancellation here loses nothing
        co_await asio::post(socket_.get_executor(), asio::use_awaitable);
    }
    for (;;) {
        const auto outcome = receive(buffer);
        if (outcome == Outcome::ended) co_return false;
        if (outcome == Outcome::moved) co_return true;
        reads_in_a_row_ = 0;
        co_await ready(outcome, Direction::read);
    }
}

asio::awaitable<void> Connection::write(std::string_view bytes, std::chrono::milliseconds patience)
{
    Turn turn(*this, Direction::write, patience);
    std::size_t since_renewal = 0;
    while (!bytes.empty()) {
        std::size_t taken = 0;
        const auto outcome = send(bytes, taken);
        if (outcome == Outcome::ended) throw system_error(asio::error::broken_pipe);
        if (outcome != Outcome::moved) {
            co_await ready(outcome, Direction::write);
            continue;
        }
        bytes.remove_prefix(taken);
        if ((since_renewal += taken) >= progress) {
            turn.renew();
            since_renewal = 0;
            co_await asio::post(socket_.get_executor(), asio::use_awaitable);
        }
    }
}

asio::awaitable<void> Connection::start_tls(std::string server_name)
{
    if (!tls_ || ssl_) throw system_error(asio::error::operation_not_supported);
    ssl_ = tls_->open(side_);
    SSL_set_fd(ssl_.get(), socket_.native_handle());
    if (side_ == Side::server) {
        SSL_set_accept_state(ssl_.get());
    } else {
        SSL_set_connect_state(ssl_.get());
        error_code is_a_name;  // RFC 6066 3: no literal addresses in SNI
        asio::ip::make_address(server_name, is_a_name);
        if (is_a_name && !server_name.empty()) SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str());
    }
    Turn turn(*this, Direction::read, handshake);
    for (;;) {
        ERR_clear_error();
        const auto outcome = tls_outcome(SSL_do_handshake(ssl_.get()), "handshake");
        if (outcome == Outcome::moved) co_return;
        if (outcome == Outcome::ended) throw system_error(asio::error::eof);
        co_await ready(outcome, Direction::read);
    }
}

std::string Connection::tls_summary() const
{
    if (!ssl_) return {};
    return std::string(SSL_get_version(ssl_.get())) + " " + SSL_get_cipher_name(ssl_.get());
}

std::string Connection::peer_address() const
{
    return peer_.to_string();
}

bool Connection::loopback() const
{
    return peer_.is_loopback();
}

void Connection::close()
{
    if (!socket_.is_open()) return;
    timer_.cancel();
    ERR_clear_error();
    if (ssl_ && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
    const int descriptor = socket_.native_handle();
    ::shutdown(descriptor, SHUT_WR);
    for (std::size_t swallowed = 0; swallowed < swallowed_at_close;) {
        const auto got = ::recv(descriptor, scratch().data(), scratch().size(), MSG_DONTWAIT);
        if (got <= 0) break;
        swallowed += static_cast<std::size_t>(got);
    }
    error_code ignored;
    socket_.close(ignored);
}

void Connection::refuse(std::string_view line)
{
    std::size_t taken = 0;
    try {
        if (!line.empty()) send(line, taken);
    } catch (const system_error&) {  // gone already, which is what we want
    }
    close();
}

// Reads what is there: one recv, or as many TLS records as fit.
Connection::Outcome Connection::receive(std::string& buffer)
{
    if (!socket_.is_open()) throw system_error(asio::error::operation_aborted);
    auto& space = scratch();
    if (!ssl_) {
        const auto got = ::recv(socket_.native_handle(), space.data(), space.size(), MSG_DONTWAIT);
        if (got == 0) return Outcome::ended;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return Outcome::wants_read;
        if (got < 0) throw_system(errno);
        buffer.append(space.data(), static_cast<std::size_t>(got));
        return Outcome::moved;
    }
    std::size_t filled = 0;
    Outcome outcome = Outcome::moved;
    while (filled < space.size()) {
        ERR_clear_error();
        const int got = SSL_read(ssl_.get(), space.data() + filled, static_cast<int>(space.size() - filled));
        if (got <= 0) {
            if (filled > 0) break;  // whatever it was, the next read meets it again
            outcome = tls_outcome(got, "read");
            break;
        }
        filled += static_cast<std::size_t>(got);
    }
    buffer.append(space.data(), filled);
    return outcome;
}

Connection::Outcome Connection::send(std::string_view bytes, std::size_t& taken)
{
    if (!socket_.is_open()) throw system_error(asio::error::operation_aborted);
    if (!ssl_) {
        const auto sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return Outcome::wants_write;
        if (sent < 0) throw_system(errno);
        taken = static_cast<std::size_t>(sent);
        return Outcome::moved;
    }
    ERR_clear_error();
    const auto sent = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(std::min(bytes.size(), read_at_once)));
    if (sent > 0) taken = static_cast<std::size_t>(sent);
    return tls_outcome(sent, "write");
}

Connection::Outcome Connection::tls_outcome(int result, std::string_view what)
{
    if (result > 0) return Outcome::moved;
    const int saved = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return Outcome::wants_read;
    case SSL_ERROR_WANT_WRITE: return Outcome::wants_write;
    case SSL_ERROR_ZERO_RETURN: return Outcome::ended;
    case SSL_ERROR_SYSCALL:
        if (saved == 0) return Outcome::ended;
        throw_system(saved);
    default: {
        const error_code code(static_cast<int>(ERR_get_error()), asio::error::get_ssl_category());
        throw system_error(code, "TLS " + std::string(what));
    }
    }
}

asio::awaitable<void> Connection::ready(Outcome wanted, Direction direction)
{
    const auto type = wanted == Outcome::wants_write ? asio::socket_base::wait_write : asio::socket_base::wait_read;
    if (deadline(direction).passed) throw system_error(asio::error::timed_out);
    const auto [error] = co_await socket_.async_wait(type, asio::as_tuple(asio::use_awaitable));
    if (deadline(direction).passed) throw system_error(asio::error::timed_out);
    if (!error) co_return;
    // The other direction's deadline wakes both; this one goes on unless somebody really wanted its
    // end.
    const auto state = co_await asio::this_coro::cancellation_state;
    const bool wanted_end = state.cancelled() != asio::cancellation_type::none || !socket_.is_open();
    if (error != asio::error::operation_aborted || wanted_end) throw system_error(error);
}

void Connection::arm(Clock::time_point when)
{
    if (when >= armed_) return;  // the earlier wake-up looks at the later deadline by itself
    armed_ = when;
    timer_.expires_at(when);
    timer_.async_wait([this, alive = std::weak_ptr(alive_)](error_code error) {
        if (!error && !alive.expired()) check_deadlines();
    });
}

void Connection::check_deadlines()
{
    armed_ = Clock::time_point::max();
    const auto now = Clock::now();
    bool passed = false;
    for (auto* deadline : {&reading_, &writing_}) {
        if (deadline->at > now) continue;
        *deadline = {Clock::time_point::max(), true};
        passed = true;
    }
    error_code ignored;
    if (passed) socket_.cancel(ignored);
    const auto next = std::min(reading_.at, writing_.at);
    if (next != Clock::time_point::max()) arm(next);
}

}  // namespace gateway::net
