// server: HTTP/1.1 on connections that a listener accepted: email2's verbs, and pages for everyone.
#pragma once

#include "gateway/http/services.h"
#include "gateway/http/settings.h"
#include "gateway/net/connection.h"
#include "gateway/net/sessions.h"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace gateway::http {

// Outlives its connections; so do `services` and `sessions`. For the connections' thread.
class Server {
public:
    Server(Settings settings, Services& services, net::Sessions& sessions);

    // Serves one connection, plain or TLS, to its end: a net::Listener::Handler. When the sessions
    // drain, it ends after the request that is being answered. Throws nothing but what cannot be
    // helped.
    boost::asio::awaitable<void> serve(std::unique_ptr<net::Connection> connection);

private:
    class Session;

    Settings settings_;
    Services& services_;
    net::Sessions& sessions_;
};

}  // namespace gateway::http
