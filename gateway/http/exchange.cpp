// exchange: requests in and answers out over one connection, RFC 9112: framing only.
#include "gateway/http/exchange.h"

#include "email2/text.h"
#include "gateway/http/limits.h"
#include "gateway/http/websocket.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace gateway::http {

namespace asio = boost::asio;
namespace beast = boost::beast::http;
using boost::system::error_code;

struct Exchange::Parser {
    beast::request_parser<beast::buffer_body> beast;
    bool expects_continue = false;
    Clock::time_point body_deadline;
    std::uint64_t body_octets = 0;

    Parser()
    {
        beast.header_limit(limits::head);
        beast.body_limit(boost::none);  // each reader names its own
    }

    // Parses what stands in `input` and cuts what it took: false when that is nothing. Throws
    // Refusal.
    bool put(std::string& input);
};

namespace {

Refusal refusal_of(const error_code& error)
{
    if (error == beast::error::header_limit || error == beast::error::buffer_overflow)
        return {431, "The request's header is too large."};
    return {400, "This is no HTTP request."};
}

}  // namespace

bool Exchange::Parser::put(std::string& input)
{
    if (input.empty()) return false;
    error_code error;
    const auto taken = beast.put(asio::const_buffer(input.data(), input.size()), error);
    input.erase(0, taken);
    if (error && error != beast::error::need_more && error != beast::error::need_buffer) throw refusal_of(error);
    return taken > 0;
}

Exchange::Exchange(net::Connection& connection) : connection_(connection) {}

Exchange::~Exchange() = default;

asio::awaitable<bool> Exchange::fill(Clock::time_point deadline)
{
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) throw PeerGone("too slow");
    try {
        co_return co_await connection_.read(input_, left);
    } catch (const boost::system::system_error& error) {
        throw PeerGone(error.code().message());
    }
}

asio::awaitable<void> Exchange::write(std::string_view bytes)
{
    try {
        co_await connection_.write(bytes, limits::write_patience);
    } catch (const boost::system::system_error& error) {
        throw PeerGone(error.code().message());
    }
}

asio::awaitable<bool> Exchange::next()
{
    if (!keep_alive_ || draining_) co_return false;
    idle_ = true;
    // RFC 9112 2.2: an empty line before a request is nothing.
    while (input_.starts_with("\r\n")) input_.erase(0, 2);
    if (input_.empty()) {
        try {
            if (!co_await fill(Clock::now() + limits::idle)) co_return false;
        } catch (const PeerGone&) {
            co_return false;
        }
    }
    idle_ = false;
    parser_ = std::make_unique<Parser>();
    co_await read_head();
    take_head();
    co_return true;
}

asio::awaitable<void> Exchange::read_head()
{
    const auto deadline = Clock::now() + limits::head_patience;
    while (true) {
        parser_->put(input_);
        if (parser_->beast.is_header_done()) co_return;
        if (input_.size() > limits::head) throw Refusal(431, "The request's header is too large.");
        if (!co_await fill(deadline)) throw PeerGone("closed within a request");
    }
}

void Exchange::take_head()
{
    const auto& head = parser_->beast.get();
    request_ = {};
    request_.method = std::string(head.method_string());
    for (const auto& field : head)
        request_.fields.push_back({email2::ascii_lower(field.name_string()), std::string(field.value())});
    request_.encrypted = connection_.encrypted();
    request_.loopback = connection_.loopback();
    request_.peer = connection_.peer_address();
    keep_alive_ = head.keep_alive();
    parser_->expects_continue = boost::beast::iequals(head[beast::field::expect], "100-continue");
    parser_->body_deadline = Clock::now() + limits::body_patience;
    // RFC 9112 3.2: exactly one Host.
    if (head.version() >= 11 && head.count(beast::field::host) != 1) throw Refusal(400, "The request names no host.");
    if (request_.method == "OPTIONS" && head.target() == "*") return;  // RFC 9112 3.2.4: the server itself, no path
    auto target = parse_target(head.target());
    if (!target) throw Refusal(400, "The request's target is malformed.");
    request_.target = *std::move(target);
}

asio::awaitable<std::size_t> Exchange::some(char* into, std::size_t size, std::uint64_t most)
{
    auto& parser = *parser_;
    const Refusal too_large(413, "The content is too large.");
    const auto announced = parser.beast.content_length();
    if (announced && *announced > most) throw too_large;
    if (std::exchange(parser.expects_continue, false) && !parser.beast.is_done())
        co_await write("HTTP/1.1 100 Continue\r\n\r\n");
    while (!parser.beast.is_done()) {
        auto& body = parser.beast.get().body();
        body.data = into;
        body.size = size;
        const bool moved = parser.put(input_);
        const auto got = size - body.size;
        if ((parser.body_octets += got) > most) throw too_large;
        if (got > 0) co_return got;
        if (moved || parser.beast.is_done()) continue;
        const std::chrono::seconds earned(parser.body_octets / limits::body_rate);
        if (!co_await fill(parser.body_deadline + earned)) throw PeerGone("closed within a request");
    }
    co_return 0;
}

asio::awaitable<void> Exchange::body(std::uint64_t most, std::function<void(std::string_view)> sink)
{
    std::string piece(limits::piece, '\0');
    while (const auto got = co_await some(piece.data(), piece.size(), most))
        sink(std::string_view(piece).substr(0, got));
}

asio::awaitable<std::string> Exchange::body_piece(std::size_t size, std::uint64_t most)
{
    std::string piece(size, '\0');
    std::size_t filled = 0;
    while (filled < size) {
        const auto got = co_await some(piece.data() + filled, size - filled, most);
        if (got == 0) break;
        filled += got;
    }
    piece.resize(filled);
    co_return piece;
}

asio::awaitable<std::string> Exchange::body(std::uint64_t most)
{
    // What is announced, and no more than a piece in advance: an announcement costs its sender nothing.
    const auto announced = parser_->beast.content_length().value_or(0);
    std::string all(std::min<std::uint64_t>(announced, limits::piece), '\0');
    std::size_t filled = 0;
    while (true) {
        if (filled == all.size()) {
            if (parser_->beast.is_done()) break;
            all.resize(filled + limits::piece);
        }
        const auto got = co_await some(all.data() + filled, all.size() - filled, most);
        if (got == 0) break;
        filled += got;
    }
    all.resize(filled);
    co_return all;
}

asio::awaitable<std::shared_ptr<WebSocket>> Exchange::websocket()
{
    auto socket = std::make_shared<WebSocket>(connection_, std::exchange(input_, {}));
    upgraded_ = true;
    keep_alive_ = false;
    if (!co_await socket->accept(request_)) {
        upgraded_ = false;
        throw Refusal(400, "This is no request for a WebSocket.");
    }
    co_return socket;
}

asio::awaitable<void> Exchange::drop_body()
{
    if (!parser_ || parser_->beast.is_done()) co_return;
    const auto announced = parser_->beast.content_length();
    // A client that waits for "100 Continue" may send its body or not: only closing is unambiguous.
    const bool long_one = announced && *announced > limits::dropped;
    if (parser_->expects_continue || long_one || !keep_alive_) {
        keep_alive_ = false;
        co_return;
    }
    try {
        co_await body(limits::dropped, [](std::string_view) {});
    } catch (const Refusal&) {
        keep_alive_ = false;
    }
}

asio::awaitable<void> Exchange::linger()
{
    if (!parser_ || !parser_->beast.is_header_done() || parser_->beast.is_done()) co_return;
    if (parser_->expects_continue) co_return;
    const auto announced = parser_->beast.content_length();
    const auto rest = announced ? *announced - parser_->body_octets : limits::lingering;
    const auto deadline = Clock::now() + limits::linger_patience;
    std::uint64_t dropped = input_.size();
    try {
        while (dropped < std::min<std::uint64_t>(rest, limits::lingering)) {
            input_.clear();
            if (!co_await fill(deadline)) break;
            dropped += input_.size();
        }
    } catch (const PeerGone&) {
        // Then there is nobody to be patient with.
    }
}

asio::awaitable<void> Exchange::respond(Response response)
{
    if (upgraded_) co_return;  // it has been answered, and there is nothing after it
    co_await drop_body();
    keep_alive_ = keep_alive_ && !draining_;
    auto head = head_of(response, keep_alive_);
    const bool bodiless = request_.method == "HEAD" || response.status == 204 || response.status == 304;
    if (bodiless || response.next) {
        co_await write(head);
        if (!bodiless) co_await write_stream(response);
        co_return;
    }
    head += response.body;
    co_await write(head);
    if (!keep_alive_) co_await linger();
}

asio::awaitable<void> Exchange::write_stream(const Response& response)
{
    std::uint64_t offset = 0;
    while (offset < response.length) {
        // After the head there is no way to say that something failed but to break off.
        std::string piece;
        try {
            piece = co_await response.next(offset);
        } catch (const std::exception& failure) {
            throw PeerGone(failure.what());
        }
        if (piece.empty() || piece.size() > response.length - offset) throw PeerGone("a blob ended early");
        co_await write(piece);
        offset += piece.size();
    }
}

asio::awaitable<void> Exchange::refuse(Response response)
{
    keep_alive_ = false;
    const auto text = head_of(response, false) + response.body;
    co_await write(text);
    co_await linger();
}

void Exchange::drain()
{
    draining_ = true;
    if (idle_) connection_.close();
}

}  // namespace gateway::http
