// dialler: the port by which egress gets a connection to the next hop. Sockets live behind it.
#pragma once

#include "smtp/wire.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace gateway::egress {

class Dialler {
public:
    virtual ~Dialler() = default;
    // A plain TCP connection, ready for the greeting. `host` is an IP address, or a name for the
    // system's resolver (static routes and smarthosts: "localhost", "postfix"); all its addresses
    // are tried in turn within `deadline`, counted from now. Throws boost::system::system_error
    // when none answers (connection_refused, timed_out, host_not_found). The wire's start_tls is
    // the client side: it sends `server_name` as SNI and checks no certificate (opportunistic TLS).
    // Called on the runner's strand; the wire is used on that strand only.
    virtual boost::asio::awaitable<std::unique_ptr<smtp::Wire>> dial(
        std::string host, std::uint16_t port, std::chrono::milliseconds deadline) = 0;
};

}  // namespace gateway::egress
