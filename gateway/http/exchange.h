// exchange: requests in and answers out over one connection, RFC 9112: framing only.
//
// Beast parses, within limits.h; it stays inside exchange.cpp. Pipelined requests wait their turn.
#pragma once

#include "gateway/http/message.h"
#include "gateway/net/connection.h"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace gateway::http {

class WebSocket;

// The client has gone, or is too slow: nothing more can be said.
struct PeerGone : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What the client sent cannot be read further: say so and close.
struct Refusal : std::runtime_error {
    Refusal(unsigned status, const char* text) : std::runtime_error(text), status(status) {}

    unsigned status;
};

class Exchange {
public:
    explicit Exchange(net::Connection& connection);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    // The next request's head; false when the client is done, or was asked to be. Throws PeerGone,
    // Refusal.
    boost::asio::awaitable<bool> next();

    [[nodiscard]] const Request& request() const { return request_; }

    // The request's body, at most `most` octets, else Refusal 413. Sends "100 Continue" when asked
    // to.
    boost::asio::awaitable<std::string> body(std::uint64_t most);
    boost::asio::awaitable<void> body(std::uint64_t most, std::function<void(std::string_view)> sink);

    // The next octets of the body, `size` of them unless it ends before: "" behind its end. All of it
    // may have `most` octets.
    boost::asio::awaitable<std::string> body_piece(std::size_t size, std::uint64_t most);

    // Accepts the request's upgrade to a WebSocket; the connection is its own from now on, and ends
    // with it. Throws Refusal when the request asks for none, or wrongly.
    boost::asio::awaitable<std::shared_ptr<WebSocket>> websocket();

    // Answers the request; what is left of its body is dropped. Throws PeerGone.
    boost::asio::awaitable<void> respond(Response response);
    // Answers what could not be read, and means to close.
    boost::asio::awaitable<void> refuse(Response response);

    // Ends after the request that is being answered; at once when there is none.
    void drain();

    [[nodiscard]] bool draining() const { return draining_; }

    [[nodiscard]] boost::asio::any_io_executor executor() { return connection_.executor(); }

private:
    struct Parser;
    using Clock = std::chrono::steady_clock;

    // Octets of the body into `into`; 0 at its end.
    boost::asio::awaitable<std::size_t> some(char* into, std::size_t size, std::uint64_t most);
    boost::asio::awaitable<bool> fill(Clock::time_point deadline);
    boost::asio::awaitable<void> read_head();
    boost::asio::awaitable<void> drop_body();
    // RFC 9112 9.6: closing on a client that still sends would eat our answer; so a while is read
    // on.
    boost::asio::awaitable<void> linger();
    boost::asio::awaitable<void> write(std::string_view bytes);
    boost::asio::awaitable<void> write_stream(const Response& response);
    void take_head();

    net::Connection& connection_;
    std::unique_ptr<Parser> parser_;
    Request request_;
    std::string input_;
    bool keep_alive_ = true;
    bool idle_ = true;
    bool draining_ = false;
    bool upgraded_ = false;
};

}  // namespace gateway::http
