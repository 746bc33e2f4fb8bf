// runtime: start, signals, and the order in which things end: listeners, sessions, the database.
#include "gateway/runtime.h"

#include "gateway/log.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace gateway {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

// After the patience for draining: for what is told that its connection is gone.
constexpr std::chrono::seconds last_patience{3};

net::Admission::Limits limits_of(const Settings& settings)
{
    return {settings.limits.connections, settings.limits.connections_per_address};
}

asio::awaitable<void> report_failure(std::function<asio::awaitable<void>()> work)
{
    try {
        co_await work();
    } catch (const std::exception& error) {
        log::error("drain.failed", {{"reason", error.what()}});
    }
}

}  // namespace

Runtime::Runtime(Settings settings, Reload reload)
    : settings_(std::move(settings))
    , reload_(std::move(reload))
    , admission_(limits_of(settings_))
    , signals_(io_, SIGTERM, SIGINT, SIGHUP)
    , sessions_(io_.get_executor())
{
    log::set_level(log::level_named(settings_.log.level));
    if (fs::create_directories(settings_.server.data))
        fs::permissions(settings_.server.data, static_cast<fs::perms>(0711));  // the database's user walks through
    prepare_tls();
    database_url_ = settings_.store.url;
    if (!database_url_.empty()) return;
    database_ = std::make_unique<EmbeddedPostgres>(settings_.server.data);
    database_->start();
    database_url_ = database_->url();
}

Runtime::~Runtime()
{
    listeners_.clear();
    if (database_) database_->stop();
}

void Runtime::prepare_tls()
{
    net::CertificateFiles files{settings_.tls.certificate, settings_.tls.key};
    if (files.certificate.empty()) {
        const fs::path data = settings_.server.data;
        files = {data / "certificate.pem", data / "key.pem"};
        net::make_self_signed(files, {settings_.server.hostname, "localhost", "127.0.0.1", "::1"});
    }
    tls_ = std::make_shared<net::TlsContext>(files);
}

void Runtime::listen(
    const Settings::Addresses& addresses, net::Listener::Options options, const net::Listener::Handler& handler)
{
    auto& accepted = metrics_.counter("e2_connections_total", "Connections accepted", {{"listener", options.kind}});
    auto& open = metrics_.gauge("e2_connections", "Connections open", {{"listener", options.kind}});
    auto counted = [&accepted, &open, handler](std::unique_ptr<net::Connection> connection) -> asio::awaitable<void> {
        accepted.Increment();
        open.Increment();
        const std::shared_ptr<void> leaves(nullptr, [&open](void*) { open.Decrement(); });
        co_await handler(std::move(connection));
    };
    for (const auto& address : addresses)
        listeners_.push_back(std::make_unique<net::Listener>(io_, address, options, tls_, admission_, counted));
}

void Runtime::announce(std::string kind, net::HostPort address, std::function<void()> stop)
{
    announced_.push_back({std::move(kind), std::move(address), std::move(stop)});
}

void Runtime::on_drain(std::function<asio::awaitable<void>()> drain)
{
    drains_.push_back(std::move(drain));
}

int Runtime::run()
{
    asio::co_spawn(io_, watch_signals(), asio::detached);
    print_addresses();
    ready_ = true;
    io_.run();
    if (sessions_.count() == 0 && admission_.connections() == 0) return 0;
    // What still waits for the world, past every patience, cannot be unwound: its services would go
    // before it.
    log::warning("stopped.hard", {{"sessions", std::to_string(sessions_.count())}});
    if (database_) database_->stop();
    std::_Exit(0);
}

// On standard output, for people and scripts; the log goes to standard error.
void Runtime::print_addresses() const
{
    const auto print = [](const std::string& kind, const net::HostPort& address) {
        fmt::print("{:<12} {}\n", kind, address.text());
        log::info("listening", {{"kind", kind}, {"address", address.text()}});
    };
    for (const auto& listener : listeners_) print(listener->kind(), listener->address());
    for (const auto& other : announced_) print(other.kind, other.address);
    fmt::print("ready: {} serves {}\n", settings_.server.hostname, fmt::join(settings_.server.domains, ", "));
    std::fflush(stdout);
}

asio::awaitable<void> Runtime::watch_signals()
{
    using namespace asio::experimental::awaitable_operators;
    for (;;) {
        const auto [error, signal] = co_await signals_.async_wait(asio::as_tuple(asio::use_awaitable));
        if (error) co_return;
        if (signal != SIGHUP) break;
        reload();
    }
    co_await (stop() || signals_.async_wait(asio::as_tuple(asio::use_awaitable)));
    log::info("stopped");
    io_.stop();
}

asio::awaitable<void> Runtime::stop()
{
    log::info("draining", {{"sessions", std::to_string(sessions_.count())}});
    ready_ = false;
    for (const auto& listener : listeners_) listener->stop();
    for (const auto& other : announced_)
        if (other.stop) other.stop();

    // Shared: what drains too late still finds it.
    struct Working {
        asio::steady_timer end;
        std::size_t count;
    };

    const auto working =
        std::make_shared<Working>(Working{asio::steady_timer(io_, settings_.server.drain), drains_.size()});
    for (const auto& drain : drains_) {
        asio::co_spawn(io_, report_failure(drain), [working](std::exception_ptr) {
            if (--working->count == 0) working->end.cancel();
        });
    }
    co_await sessions_.drain(settings_.server.drain);
    if (working->count > 0) co_await working->end.async_wait(asio::as_tuple(asio::use_awaitable));
    if (admission_.connections() == 0) co_return;
    log::warning("drain.cut", {{"connections", std::to_string(admission_.connections())}});
    admission_.close_all();
    co_await sessions_.drain(last_patience);
}

void Runtime::reload()
{
    try {
        const auto settings = reload_();
        if (!settings) {
            log::error("reload.refused", {{"problems", config::described("", settings.error())}});
            return;
        }
        tls_->reload();
        log::set_level(log::level_named(settings->log.level));
        admission_.change(limits_of(*settings));
        log::info("reloaded");
    } catch (const std::exception& error) {
        log::error("reload.failed", {{"reason", error.what()}});
    }
}

}  // namespace gateway
