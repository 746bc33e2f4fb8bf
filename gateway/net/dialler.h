// dialler: outgoing connections.
#pragma once

#include "gateway/egress/dialler.h"
#include "gateway/net/connection.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace gateway::net {

// Connects to `host` (an IP address, or a name that the system's resolver knows: its addresses are
// tried in turn) within `patience`. Throws boost::system::system_error: timed_out,
// connection_refused, host_not_found, …; never returns null.
boost::asio::awaitable<std::unique_ptr<Connection>> dial(boost::asio::any_io_executor executor, std::string host,
    std::uint16_t port, std::chrono::milliseconds patience, std::shared_ptr<const TlsContext> tls);

// The same behind egress's port; for the thread of `executor`.
class Dialler final : public egress::Dialler {
public:
    Dialler(boost::asio::any_io_executor executor, std::shared_ptr<const TlsContext> tls)
        : executor_(std::move(executor)), tls_(std::move(tls))
    {
    }

    boost::asio::awaitable<std::unique_ptr<smtp::Wire>> dial(
        std::string host, std::uint16_t port, std::chrono::milliseconds deadline) override;

private:
    boost::asio::any_io_executor executor_;
    std::shared_ptr<const TlsContext> tls_;
};

}  // namespace gateway::net
