// listener: the accept loop. It outlives errors: a process out of descriptors waits and goes on.
#include "gateway/net/listener.h"

#include "gateway/log.h"
#include "gateway/net/limits.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <filesystem>

namespace gateway::net {

namespace asio = boost::asio;
using asio::ip::tcp;

struct Listener::State {
    tcp::acceptor acceptor;
    HostPort bound;
    Options options;
    std::shared_ptr<const TlsContext> tls;
    Admission& admission;
    Handler handler;

    void admit(tcp::socket socket);
    static asio::awaitable<void> accept_all(std::shared_ptr<State> state);
};

namespace {

tcp::acceptor bind(asio::io_context& io, const HostPort& address)
try {
    // "*": both families by one socket, where this machine knows IPv6.
    const bool has_ipv6 = std::filesystem::exists("/proc/net/if_inet6");
    tcp::endpoint endpoint(has_ipv6 ? tcp::v6() : tcp::v4(), address.port);
    if (address.host != "*") {
        tcp::resolver resolver(io);
        endpoint = *resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive).begin();
    }
    tcp::acceptor acceptor(io, endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    if (address.host == "*" && has_ipv6) acceptor.set_option(asio::ip::v6_only(false));
    acceptor.bind(endpoint);
    acceptor.listen(backlog);
    return acceptor;

} catch (const boost::system::system_error& error) {
    throw boost::system::system_error(error.code(), "cannot listen on " + address.text());
}

// A spawned coroutine: everything by value.
asio::awaitable<void> serve(
    std::unique_ptr<Connection> connection, Transport transport, Listener::Handler handler, std::string kind)
{
    const auto peer = connection->peer_address();
    try {
        if (transport == Transport::implicit_tls) co_await connection->start_tls();
        co_await handler(std::move(connection));
    } catch (const std::exception& error) {
        log::info("connection.failed", {{"listener", kind}, {"peer", peer}, {"reason", error.what()}});
    }
}

}  // namespace

// A connection that has just come: let in, or told that there is no room.
void Listener::State::admit(tcp::socket socket)
{
    auto connection = std::make_unique<Connection>(std::move(socket), Side::server, tls);
    const auto peer = connection->peer_address();
    if (!admission.enter(*connection, connection->loopback() ? "" : peer)) {
        log::info("connection.refused", {{"listener", options.kind}, {"peer", peer}});
        connection->refuse(options.transport == Transport::plain ? options.refusal : "");
        return;
    }
    asio::co_spawn(acceptor.get_executor(), serve(std::move(connection), options.transport, handler, options.kind),
        asio::detached);
}

asio::awaitable<void> Listener::State::accept_all(std::shared_ptr<State> state)
{
    for (;;) {
        auto [error, socket] = co_await state->acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
        if (!state->acceptor.is_open()) co_return;
        if (!error) {
            state->admit(std::move(socket));
            continue;
        }
        log::warning("accept.failed", {{"listener", state->options.kind}, {"reason", error.message()}});
        asio::steady_timer pause(state->acceptor.get_executor(), accept_again);
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

Listener::Listener(asio::io_context& io, const HostPort& address, Options options,
    std::shared_ptr<const TlsContext> tls, Admission& admission, Handler handler)
    : state_(new State{bind(io, address), address, std::move(options), std::move(tls), admission, std::move(handler)})
{
    state_->bound.port = state_->acceptor.local_endpoint().port();
    asio::co_spawn(io, State::accept_all(state_), asio::detached);
}

Listener::~Listener()
{
    stop();
}

void Listener::stop()
{
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
}

HostPort Listener::address() const
{
    return state_->bound;
}

const std::string& Listener::kind() const
{
    return state_->options.kind;
}

}  // namespace gateway::net
