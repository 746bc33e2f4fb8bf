// websocket: one accepted WebSocket, RFC 6455: text out, nothing in.
//
// Beast speaks it; it stays inside websocket.cpp. Pings keep it alive and find out that it is not.
#pragma once

#include "gateway/http/message.h"
#include "gateway/net/connection.h"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace gateway::http {

// For the connection's thread. One send() or close() at a time, beside one listen().
class WebSocket {
public:
    // `input`: what was read of the connection already. The connection outlives it.
    WebSocket(net::Connection& connection, std::string input);
    ~WebSocket();
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;

    // Answers the upgrade with 101; false, and nothing is said, when it is none.
    boost::asio::awaitable<bool> accept(const Request& request);
    // One text frame. Throws PeerGone, also when the client does not take it for limits::write_patience.
    boost::asio::awaitable<void> send(std::string_view text);
    // Reads, and answers what has to be answered, until the client closes or is gone.
    boost::asio::awaitable<void> listen();
    // Says why (RFC 6455 7.4.1), and waits a moment for the answer. Throws nothing.
    boost::asio::awaitable<void> close(unsigned code, std::string reason);
    // Ends listen() and send() without a word.
    void abort();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::http
