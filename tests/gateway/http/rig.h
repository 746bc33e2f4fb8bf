// rig: a server on a loopback port with doubles behind it, and a client that speaks raw HTTP.
#pragma once

#include "gateway/http/server.h"
#include "gateway/net/listener.h"
#include "tests/gateway/admin_double.h"
#include "tests/gateway/http/store_double.h"

#include <boost/asio.hpp>

#include <atomic>
#include <future>
#include <thread>

namespace http_test {

namespace asio = boost::asio;
namespace http = gateway::http;
namespace net = gateway::net;

class ServicesDouble : public http::Services {
public:
    StoreDouble store;
    test::Records records;  // what administration did
    std::string acting;     // and for whom
    http::Health state{true, true, true};
    std::atomic<int> waits = 0;
    std::atomic<int> performed = 0;
    std::function<std::optional<http::Following::News>(int)> while_waiting;  // what the nth wait brings

    Awaitable<std::optional<std::string>> authenticate(std::string user, std::string password, std::string) override
    {
        if (user == "alice@one.test" && password == "demo:\xC3\xA4") co_return user;
        co_return std::nullopt;
    }

    Awaitable<std::optional<std::string>> authenticate_token(std::string token, std::string) override
    {
        if (token == "secret") co_return "alice@one.test";
        co_return std::nullopt;
    }

    // Says what it is told to say, then that it is over.
    class FollowingDouble : public http::Following {
    public:
        explicit FollowingDouble(ServicesDouble& services) : services_(services) {}

        asio::awaitable<News> next(std::chrono::milliseconds patience) override
        {
            ++services_.waits;
            if (services_.while_waiting)
                if (auto news = services_.while_waiting(services_.waits)) co_return *std::move(news);
            bell_.emplace(co_await asio::this_coro::executor, std::min(patience, std::chrono::milliseconds(50)));
            boost::system::error_code ignored;
            co_await bell_->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            co_return News{{}, false, ended_};
        }

        void end() override
        {
            ended_ = true;
            if (bell_) bell_->cancel();
        }

    private:
        ServicesDouble& services_;
        std::optional<asio::steady_timer> bell_;
        bool ended_ = false;
    };

    Awaitable<std::shared_ptr<http::Following>> follow(std::string) override
    {
        co_return std::make_shared<FollowingDouble>(*this);
    }

    Awaitable<http::Health> health() override { co_return state; }

    Awaitable<std::string> metrics() override { co_return "mails_total 3\n"; }

    Awaitable<std::optional<http::ActionPage>> describe_action(std::string token) override
    {
        if (token != good_token) co_return std::nullopt;
        co_return http::ActionPage{"Leave <this>?", "You & others.", "Leave"};
    }

    Awaitable<std::optional<http::ActionPage>> perform_action(std::string token) override
    {
        if (token != good_token) co_return std::nullopt;
        ++performed;
        co_return http::ActionPage{"Done", "You have left.", ""};
    }

    static constexpr const char* good_token = "abcdefghijklmnopqrstuvwxyz234567";

protected:
    Awaitable<void> run_on_store(std::function<void(Store&)> work) override
    {
        const auto executor = co_await asio::this_coro::executor;
        co_await asio::post(pool_, asio::use_awaitable);
        work(store);
        co_await asio::post(executor, asio::use_awaitable);
    }

    Awaitable<void> run_on_admin(std::string account, std::function<void(gateway::Admin&)> work) override
    {
        const auto executor = co_await asio::this_coro::executor;
        co_await asio::post(pool_, asio::use_awaitable);
        acting = std::move(account);
        test::Office office(records);
        work(office);
        co_await asio::post(executor, asio::use_awaitable);
    }

private:
    asio::thread_pool pool_{1};
};

struct Answer {
    unsigned status = 0;
    std::string head;
    std::string body;

    [[nodiscard]] std::string field(std::string name) const
    {
        const auto at = head.find("\r\n" + name + ": ");
        if (at == std::string::npos) return {};
        const auto begin = at + name.size() + 4;
        return head.substr(begin, head.find("\r\n", begin) - begin);
    }
};

class Client {
public:
    explicit Client(std::uint16_t port) : socket_(io_)
    {
        socket_.connect({asio::ip::address_v4::loopback(), port});
        timeval patience{20, 0};
        setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }

    void send(std::string_view bytes) { asio::write(socket_, asio::buffer(bytes.data(), bytes.size())); }

    Answer receive(bool head_only = false)
    {
        Answer answer;
        while (buffer_.find("\r\n\r\n") == std::string::npos)
            if (!more()) return answer;
        answer.head = take(buffer_.find("\r\n\r\n") + 4);
        answer.status = static_cast<unsigned>(std::stoul(answer.head.substr(9, 3)));
        const auto length = answer.field("Content-Length");
        if (head_only || length.empty()) return answer;
        while (buffer_.size() < std::stoull(length))
            if (!more()) break;
        answer.body = take(std::min<std::size_t>(buffer_.size(), std::stoull(length)));
        return answer;
    }

    // So many octets, less when the server closes.
    std::string exactly(std::size_t count)
    {
        while (buffer_.size() < count)
            if (!more()) break;
        return take(std::min(count, buffer_.size()));
    }

    // Whether the server has closed.
    bool closed() { return buffer_.empty() && !more(); }

private:
    bool more()
    {
        char piece[65536];
        boost::system::error_code error;
        const auto got = socket_.read_some(asio::buffer(piece), error);
        buffer_.append(piece, got);
        return got > 0;
    }

    std::string take(std::size_t count)
    {
        auto front = buffer_.substr(0, count);
        buffer_.erase(0, count);
        return front;
    }

    asio::io_context io_;
    asio::ip::tcp::socket socket_;
    std::string buffer_;
};

// The server's thread runs as long as the rig lives.
class Rig {
public:
    // Of the rig that lives; the system chose it.
    static inline std::uint16_t port = 0;

    explicit Rig(http::Settings settings = default_settings())
        : sessions_(io_.get_executor())
        , server_(std::move(settings), services, sessions_)
        , listener_(io_, net::HostPort{"127.0.0.1", 0}, {"http", net::Transport::plain, {}}, nullptr, admission_,
              [this](std::unique_ptr<net::Connection> connection) { return server_.serve(std::move(connection)); })
        , guard_(asio::make_work_guard(io_))
        , thread_([this] { io_.run(); })
    {
        port = listener_.address().port;
    }

    ~Rig()
    {
        drain();
        guard_.reset();
        io_.stop();
        thread_.join();
    }

    bool drain()
    {
        std::promise<bool> done;
        asio::co_spawn(
            io_,
            [&]() -> asio::awaitable<void> {
                listener_.stop();
                done.set_value(co_await sessions_.drain(std::chrono::seconds(5)));
            },
            asio::detached);
        return done.get_future().get();
    }

    static http::Settings default_settings()
    {
        http::Settings settings;
        settings.name = "One <Test>";
        settings.domains = {"one.test", "two.test"};
        settings.imap = {
            {"mail.one.test", 993, http::Encryption::tls}, {"mail.one.test", 143, http::Encryption::starttls}};
        settings.submission = {{"mail.one.test", 465, http::Encryption::tls}};
        settings.max_document = 100'000;
        settings.max_blob = 3'000'000;
        return settings;
    }

    // One request on a connection of its own, as alice.
    Answer ask(const std::string& method, const std::string& target, const std::string& body = {},
        const std::string& fields = {})
    {
        Client client(port);
        client.send(request(method, target, body, authorization + fields));
        return client.receive(method == "HEAD");
    }

    static std::string request(
        const std::string& method, const std::string& target, const std::string& body, const std::string& fields)
    {
        auto text = method + " " + target + " HTTP/1.1\r\nHost: one.test\r\n" + fields;
        if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH")
            text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        return text + "\r\n" + body;
    }

    static inline const std::string authorization = "Authorization: Bearer secret\r\n";

    ServicesDouble services;

private:
    asio::io_context io_;
    net::Admission admission_{{}};
    net::Sessions sessions_;
    http::Server server_;
    net::Listener listener_;
    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    std::thread thread_;
};

}  // namespace http_test
