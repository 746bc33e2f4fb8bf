// runtime: the life of one serving process: database, TLS, listeners, signals, draining. What is
// served is given to it.
#pragma once

#include "gateway/config/config.h"
#include "gateway/config/settings.h"
#include "gateway/embedded/postgres.h"
#include "gateway/metrics.h"
#include "gateway/net/admission.h"
#include "gateway/net/listener.h"
#include "gateway/net/sessions.h"
#include "gateway/net/tls.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gateway {

// On the main thread: construct, make the services, listen(), run(), and let go of the services
// before this. Everything of the network, sessions included, runs on the thread that calls run().
// When run() returns, no session and no connection is left.
class Runtime {
public:
    // Reads the settings again for SIGHUP; an error is logged and changes nothing.
    using Reload = std::function<tl::expected<Settings, std::vector<config::Problem>>()>;

    // Makes the data directory, the certificate where none is configured, and starts the embedded
    // database where no store.url is. Blocks. Throws std::runtime_error and
    // boost::system::system_error, in sentences.
    Runtime(Settings settings, Reload reload);
    ~Runtime();
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    [[nodiscard]] const Settings& settings() const { return settings_; }

    [[nodiscard]] boost::asio::io_context& io() { return io_; }

    [[nodiscard]] std::shared_ptr<net::TlsContext> tls() const { return tls_; }

    // Handlers enter their sessions here, so that they are drained.
    [[nodiscard]] net::Sessions& sessions() { return sessions_; }

    [[nodiscard]] Metrics& metrics() { return metrics_; }

    // What libpq connects to: store.url, or the embedded database.
    [[nodiscard]] const std::string& database_url() const { return database_url_; }

    // From run() until the first SIGTERM: what /readyz asks first.
    [[nodiscard]] bool ready() const { return ready_; }

    // Listens on each address; counts connections of this kind in the metrics. Throws when an
    // address cannot be had.
    void listen(
        const Settings::Addresses& addresses, net::Listener::Options options, const net::Listener::Handler& handler);
    // Announces an address that somebody else listens on (HTTP), and whom to tell to stop
    // accepting. `stop` may be empty.
    void announce(std::string kind, net::HostPort address, std::function<void()> stop);
    // Awaited when draining begins, beside the sessions, within server.drain: for what works
    // without a session (egress, follow-ups).
    void on_drain(std::function<boost::asio::awaitable<void>()> drain);

    // Prints each address and the line that begins with `ready`, serves until SIGTERM or SIGINT,
    // drains, and returns 0. A second signal ends the waiting.
    int run();

private:
    struct Announced {
        std::string kind;
        net::HostPort address;
        std::function<void()> stop;
    };

    void prepare_tls();
    void print_addresses() const;
    boost::asio::awaitable<void> watch_signals();
    boost::asio::awaitable<void> stop();
    void reload();

    Settings settings_;
    Reload reload_;
    Metrics metrics_;
    std::unique_ptr<EmbeddedPostgres> database_;
    std::string database_url_;
    std::shared_ptr<net::TlsContext> tls_;
    net::Admission admission_;
    boost::asio::io_context io_{1};
    boost::asio::signal_set signals_;
    net::Sessions sessions_;
    std::vector<std::unique_ptr<net::Listener>> listeners_;
    std::vector<Announced> announced_;
    std::vector<std::function<boost::asio::awaitable<void>()>> drains_;
    bool ready_ = false;
};

}  // namespace gateway
