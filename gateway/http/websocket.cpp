// websocket: Beast's stream over our connection.
#include "gateway/http/websocket.h"

#include "gateway/http/exchange.h"
#include "gateway/http/limits.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket.hpp>

namespace gateway::http {

namespace asio = boost::asio;
namespace ws = boost::beast::websocket;
using boost::system::error_code;

namespace {

// What Beast needs of a stream: reads into and writes from buffers, with a handler each.
class Stream {
public:
    using executor_type = asio::any_io_executor;

    Stream(net::Connection& connection, std::string input) : connection_(connection), input_(std::move(input)) {}

    executor_type get_executor() { return connection_.executor(); }

    net::Connection& connection() { return connection_; }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token)
    {
        return start(token, [this, buffers]() { return read(buffers); });
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token)
    {
        return start(token, [this, buffers]() { return write(buffers); });
    }

private:
    using Moved = std::pair<error_code, std::size_t>;

    template <class Token, class Work>
    auto start(Token& token, Work work)
    {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto handler, Work work) {
                asio::co_spawn(get_executor(), std::move(work),
                    [handler = std::move(handler)](
                        std::exception_ptr, Moved moved) mutable { std::move(handler)(moved.first, moved.second); });
            },
            token, std::move(work));
    }

    template <class Buffers>
    asio::awaitable<Moved> read(Buffers buffers)
    {
        error_code error;
        try {
            // Beast's own timer decides how long silence may be.
            constexpr std::chrono::hours beyond(24);
            if (input_.empty() && !co_await connection_.read(input_, beyond)) error = asio::error::eof;
        } catch (const boost::system::system_error& failure) {
            error = failure.code();
        }
        const auto count = asio::buffer_copy(buffers, asio::buffer(input_));
        input_.erase(0, count);
        if (count > 0) error = {};
        co_return Moved{error, count};
    }

    template <class Buffers>
    asio::awaitable<Moved> write(Buffers buffers)
    {
        std::string bytes(asio::buffer_size(buffers), '\0');  // a frame's head and its text in one packet
        asio::buffer_copy(asio::buffer(bytes), buffers);
        try {
            co_await connection_.write(bytes, limits::write_patience);
        } catch (const boost::system::system_error& failure) {
            co_return Moved{failure.code(), 0};
        }
        co_return Moved{{}, bytes.size()};
    }

    net::Connection& connection_;
    std::string input_;
};

// Beast's hooks for streams that are not its own: how one ends, and how a timer ends it.
[[maybe_unused]] void teardown(boost::beast::role_type, Stream& stream, error_code&)
{
    stream.connection().close();
}

template <class Handler>
void async_teardown(boost::beast::role_type, Stream& stream, Handler handler)
{
    asio::post(stream.get_executor(), [handler = std::move(handler)]() mutable { std::move(handler)(error_code{}); });
}

[[maybe_unused]] void beast_close_socket(Stream& stream)
{
    stream.connection().close();
}

}  // namespace

struct WebSocket::Impl {
    Impl(net::Connection& connection, std::string input) : socket(connection, std::move(input)) {}

    ws::stream<Stream, false> socket;
};

WebSocket::WebSocket(net::Connection& connection, std::string input)
    : impl_(std::make_unique<Impl>(connection, std::move(input)))
{
}

WebSocket::~WebSocket() = default;

asio::awaitable<bool> WebSocket::accept(const Request& request)
{
    boost::beast::http::request<boost::beast::http::empty_body> head(boost::beast::http::verb::get, "/", 11);
    for (const auto& field : request.fields) head.insert(field.name, field.value);
    if (request.method != "GET" || !ws::is_upgrade(head)) co_return false;
    auto& socket = impl_->socket;
    socket.set_option(ws::stream_base::timeout{limits::socket_handshake, limits::socket_idle, true});
    socket.read_message_max(limits::socket_frame);
    socket.text(true);
    socket.auto_fragment(false);
    error_code error;
    co_await socket.async_accept(head, asio::redirect_error(asio::use_awaitable, error));
    // Beast has said what was wrong with it.
    if (error) throw PeerGone(error.message());
    co_return true;
}

asio::awaitable<void> WebSocket::send(std::string_view text)
{
    error_code error;
    co_await impl_->socket.async_write(
        asio::buffer(text.data(), text.size()), asio::redirect_error(asio::use_awaitable, error));
    if (error) throw PeerGone(error.message());
}

asio::awaitable<void> WebSocket::listen()
{
    boost::beast::flat_buffer buffer;
    error_code error;
    while (!error) {
        co_await impl_->socket.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
        buffer.consume(buffer.size());
    }
}

asio::awaitable<void> WebSocket::close(unsigned code, std::string reason)
{
    if (!impl_->socket.is_open()) co_return;
    error_code ignored;
    const ws::close_reason why(static_cast<ws::close_code>(code), reason);
    co_await impl_->socket.async_close(why, asio::redirect_error(asio::use_awaitable, ignored));
}

void WebSocket::abort()
{
    impl_->socket.next_layer().connection().close();
}

}  // namespace gateway::http
