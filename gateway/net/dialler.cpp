// dialler: resolve, then connect, under one deadline.
#include "gateway/net/dialler.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gateway::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::system_error;

namespace {

asio::awaitable<tcp::socket> connect(asio::any_io_executor executor, std::string host, std::uint16_t port)
{
    tcp::socket socket(executor);
    boost::system::error_code is_a_name;
    const auto address = asio::ip::make_address(host, is_a_name);
    if (!is_a_name) {
        co_await socket.async_connect({address, port}, asio::use_awaitable);
        co_return socket;
    }
    tcp::resolver resolver(executor);
    const auto found = co_await resolver.async_resolve(host, std::to_string(port), asio::use_awaitable);
    co_await asio::async_connect(socket, found, asio::use_awaitable);
    co_return socket;
}

}  // namespace

asio::awaitable<std::unique_ptr<Connection>> dial(asio::any_io_executor executor, std::string host, std::uint16_t port,
    std::chrono::milliseconds patience, std::shared_ptr<const TlsContext> tls)
{
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(executor, patience);
    auto first =
        co_await (connect(executor, std::move(host), port) || timer.async_wait(asio::as_tuple(asio::use_awaitable)));
    if (first.index() == 1) throw system_error(asio::error::timed_out);
    co_return std::make_unique<Connection>(std::get<0>(std::move(first)), Side::client, std::move(tls));
}

asio::awaitable<std::unique_ptr<smtp::Wire>> Dialler::dial(
    std::string host, std::uint16_t port, std::chrono::milliseconds deadline)
{
    co_return co_await net::dial(executor_, std::move(host), port, deadline, tls_);
}

}  // namespace gateway::net
