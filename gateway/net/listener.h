// listener: accepts connections on one address and gives each to a handler.
#pragma once

#include "gateway/net/address.h"
#include "gateway/net/admission.h"
#include "gateway/net/connection.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <string>

namespace gateway::net {

enum class Transport { plain, implicit_tls };  // plain: the session may still start TLS

class Listener {
public:
    // Runs on the listener's thread and owns the connection; what it throws ends the connection and
    // is logged.
    using Handler = std::function<boost::asio::awaitable<void>(std::unique_ptr<Connection>)>;

    struct Options {
        std::string kind;  // for logs: "smtp", "imaps"
        Transport transport = Transport::plain;
        std::string refusal;  // said when there is no room ("421 4.3.2 …\r\n"); "" or implicit TLS:
                              // just closed
    };

    // Binds and listens; throws boost::system::system_error whose text names the address.
    // `admission` and the io_context outlive the listener's connections. A host name is looked up
    // once, here.
    Listener(boost::asio::io_context& io, const HostPort& address, Options options,
        std::shared_ptr<const TlsContext> tls, Admission& admission, Handler handler);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // Accepts nothing more; connections that exist go on. Idempotent.
    void stop();
    // As bound: with the port that the system chose for 0.
    [[nodiscard]] HostPort address() const;
    [[nodiscard]] const std::string& kind() const;

private:
    struct State;
    std::shared_ptr<State> state_;  // shared with the accept loop, which may end later
};

}  // namespace gateway::net
