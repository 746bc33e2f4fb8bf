// listener: one libpq connection watched by asio; connecting, listening and the heartbeat never
// block the executor.
#include "gateway/store/listener.h"

#include "gateway/log.h"

#include <boost/asio.hpp>

#include <libpq-fe.h>
#include <mutex>
#include <unistd.h>

namespace gateway::store {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto first_retry = 100ms;
constexpr auto last_retry = 5s;
constexpr auto heartbeat = 30s;  // of silence, before the connection is asked whether it lives
constexpr auto answer_within = 10s;

struct Connection {
    explicit Connection(pg_conn* made) : raw(made) {}

    ~Connection() { PQfinish(raw); }

    Connection(const Connection&) = delete;
    pg_conn* raw;
};

[[noreturn]] void lost(pg_conn* connection)
{
    throw DatabaseError(PQerrorMessage(connection), "08006");
}

}  // namespace

struct Listener::Impl : std::enable_shared_from_this<Listener::Impl> {
    Impl(const asio::any_io_executor& executor, std::string url_)
        : url(std::move(url_)), strand(asio::make_strand(executor)), pause(strand)
    {
    }

    std::string url;
    asio::any_io_executor strand;
    asio::steady_timer pause;
    asio::posix::stream_descriptor* waiting = nullptr;
    bool stopped = false;
    std::mutex mutex;
    std::vector<std::function<void(const News&)>> subscribers;

    void tell(const News& news)
    {
        std::unique_lock lock(mutex);
        const auto all = subscribers;
        lock.unlock();
        for (const auto& subscriber : all) subscriber(news);
    }

    void stop()
    {
        stopped = true;
        pause.cancel();
        if (waiting) waiting->cancel();
    }

    // False when `within` passed first. The descriptor is a copy, since libpq owns its socket and
    // may change it.
    asio::awaitable<bool> ready(
        pg_conn* connection, asio::posix::stream_descriptor::wait_type what, std::chrono::milliseconds within)
    {
        asio::posix::stream_descriptor descriptor(strand, ::dup(PQsocket(connection)));
        asio::steady_timer deadline(strand, within);
        deadline.async_wait([&descriptor](boost::system::error_code error) {
            if (!error) descriptor.cancel();
        });
        waiting = &descriptor;
        boost::system::error_code error;
        co_await descriptor.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
        waiting = nullptr;
        // A deadline that has fired already must not reach a descriptor that is gone.
        if (deadline.cancel() == 0) co_await asio::post(strand, asio::use_awaitable);
        if (stopped) throw boost::system::system_error(asio::error::operation_aborted);
        co_return !error;
    }

    asio::awaitable<void> connect(pg_conn* connection)
    {
        using wait = asio::posix::stream_descriptor;
        if (connection == nullptr || PQstatus(connection) == CONNECTION_BAD) lost(connection);
        for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK; state = PQconnectPoll(connection)) {
            if (state == PGRES_POLLING_FAILED) lost(connection);
            if (!co_await ready(
                    connection, state == PGRES_POLLING_READING ? wait::wait_read : wait::wait_write, answer_within))
                lost(connection);
        }
    }

    asio::awaitable<void> ask(pg_conn* connection, const char* sql)
    {
        if (PQsendQuery(connection, sql) != 1) lost(connection);
        for (;;) {
            while (PQisBusy(connection) == 1) {
                if (!co_await ready(connection, asio::posix::stream_descriptor::wait_read, answer_within))
                    lost(connection);
                if (PQconsumeInput(connection) != 1) lost(connection);
            }
            auto* result = PQgetResult(connection);
            if (result == nullptr) co_return;
            const auto status = PQresultStatus(result);
            PQclear(result);
            if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) lost(connection);
        }
    }

    void hear(pg_conn* connection)
    {
        while (auto* notification = PQnotifies(connection)) {
            const auto news = parse_news(notification->extra);
            PQfreemem(notification);
            tell(news);
        }
    }

    asio::awaitable<void> follow(pg_conn* connection)
    {
        for (;;) {
            hear(connection);
            if (!co_await ready(connection, asio::posix::stream_descriptor::wait_read, heartbeat)) {
                co_await ask(connection, "select 1");
            } else if (PQconsumeInput(connection) != 1) {
                lost(connection);
            }
        }
    }

    asio::awaitable<void> run()
    {
        std::chrono::milliseconds delay = first_retry;
        while (!stopped) {
            try {
                const Connection connection(PQconnectStart(url.c_str()));
                co_await connect(connection.raw);
                co_await ask(connection.raw, ("listen " + std::string(channel)).c_str());
                delay = first_retry;
                tell(parse_news("*"));
                co_await follow(connection.raw);
            } catch (const std::exception& error) {
                if (stopped) co_return;
                log::warning("listener.broken", {{"reason", error.what()}});
            }
            pause.expires_after(delay);
            boost::system::error_code ignored;
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            delay = std::min<std::chrono::milliseconds>(delay * 2, last_retry);
        }
    }
};

Listener::Listener(asio::any_io_executor executor, std::string url)
    : impl_(std::make_shared<Impl>(executor, std::move(url)))
{
    asio::co_spawn(impl_->strand, [impl = impl_]() -> asio::awaitable<void> { co_await impl->run(); }, asio::detached);
}

Listener::~Listener()
{
    asio::post(impl_->strand, [impl = impl_] { impl->stop(); });
}

void Listener::subscribe(std::function<void(const News&)> subscriber)
{
    const std::lock_guard lock(impl_->mutex);
    impl_->subscribers.push_back(std::move(subscriber));
}

}  // namespace gateway::store
