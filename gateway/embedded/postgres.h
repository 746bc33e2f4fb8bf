// postgres: the private PostgreSQL of a gateway without `store.url`: made at first start,
// supervised, stopped with it.
#pragma once

#include "gateway/embedded/cluster.h"

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

namespace gateway {

// Owns the server of one data directory. All calls block; they are for the main thread, before and
// after serving.
class EmbeddedPostgres {
public:
    using Size = embedded::Size;

    explicit EmbeddedPostgres(const std::filesystem::path& data, Size size = Size::production);
    ~EmbeddedPostgres();
    EmbeddedPostgres(const EmbeddedPostgres&) = delete;
    EmbeddedPostgres& operator=(const EmbeddedPostgres&) = delete;

    // Returns when it takes connections. From then on a server that dies is started again, without
    // end and within about a second. What a killed gateway has left running is stopped first.
    // Throws std::runtime_error: another gateway has the directory, no programs, initdb failed, not
    // ready in time.
    void start();
    // Like start; but where another process runs the database, uses that one (for commands beside a
    // running gateway).
    void start_or_join();
    // A clean shutdown, with a checkpoint. Idempotent. Nothing when joined.
    void stop();

    // libpq's keyword form ("host=… user=… dbname=…"); valid before start(). It stays the same over
    // restarts.
    [[nodiscard]] std::string url() const { return cluster_.url(); }

    // The server's process; 0 while there is none or when joined. Changes when it was restarted.
    [[nodiscard]] pid_t process() const;

private:
    [[nodiscard]] bool lock(std::chrono::milliseconds patience);
    void launch();
    void supervise();
    bool wait_until_ready(pid_t server);
    void finish(pid_t server);

    embedded::Cluster cluster_;
    int lock_ = -1;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    pid_t process_ = 0;
    bool ready_ = false;
    bool stopping_ = false;
    std::thread supervisor_;
};

}  // namespace gateway
