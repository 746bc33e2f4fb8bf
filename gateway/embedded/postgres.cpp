// postgres: one supervising thread that starts the server, waits for its end, and starts it again.
//
// The server is asked to stop when that thread ends (process.h), so that a gateway that was killed
// does not leave it behind.
#include "gateway/embedded/postgres.h"

#include "gateway/embedded/limits.h"
#include "gateway/log.h"

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace gateway {

using namespace embedded;
using Clock = std::chrono::steady_clock;

EmbeddedPostgres::EmbeddedPostgres(const std::filesystem::path& data, Size size) : cluster_(data, size) {}

EmbeddedPostgres::~EmbeddedPostgres()
{
    stop();
}

void EmbeddedPostgres::start()
{
    if (!lock(until_unlocked))
        throw std::runtime_error("embedded database: another gateway runs on " + cluster_.data().string());
    launch();
}

void EmbeddedPostgres::start_or_join()
{
    if (lock(std::chrono::milliseconds{0})) launch();
}

void EmbeddedPostgres::stop()
{
    {
        const std::lock_guard guard(mutex_);
        stopping_ = true;
        if (process_ != 0) ::kill(process_, SIGINT);
        changed_.notify_all();
    }
    if (supervisor_.joinable()) supervisor_.join();
    if (lock_ < 0) return;
    cluster_.remove_socket_folder();
    ::close(std::exchange(lock_, -1));
}

pid_t EmbeddedPostgres::process() const
{
    const std::lock_guard guard(mutex_);
    return process_;
}

// Held by whoever runs the server; the system lets go of it when that process dies.
bool EmbeddedPostgres::lock(std::chrono::milliseconds patience)
{
    const auto file = cluster_.data() / "lock";
    lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0) throw std::system_error(errno, std::generic_category(), file);
    const auto end = Clock::now() + patience;
    while (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        if (Clock::now() >= end) {
            ::close(std::exchange(lock_, -1));
            return false;
        }
        std::this_thread::sleep_for(look_again);
    }
    return true;
}

void EmbeddedPostgres::launch()
{
    cluster_.create();
    cluster_.clear_remains();
    stopping_ = ready_ = false;
    supervisor_ = std::thread([this] { supervise(); });
    std::unique_lock guard(mutex_);
    if (changed_.wait_for(guard, until_ready, [this] { return ready_; })) return;
    guard.unlock();
    stop();
    throw std::runtime_error("embedded database: does not come up, see " + cluster_.log().string());
}

void EmbeddedPostgres::supervise()
{
    auto pause = first_pause;
    for (;;) {
        pid_t server = 0;
        try {
            const std::lock_guard guard(mutex_);
            if (stopping_) return;
            process_ = server = spawn(cluster_.server());
        } catch (const std::exception& error) {  // no processes or descriptors left: they may come back
            log::error("database.start_failed", {{"reason", error.what()}});
        }
        if (server != 0 && wait_until_ready(server)) {
            log::info("database.ready", {{"pid", std::to_string(server)}});
            pause = first_pause;
        }
        if (server != 0) finish(server);
        std::unique_lock guard(mutex_);
        if (changed_.wait_for(guard, pause, [this] { return stopping_; })) return;
        guard.unlock();
        pause = std::min(pause * 2, longest_pause);
        log::error("database.restarting", {{"log", cluster_.log().string()}});
        cluster_.clear_remains();
    }
}

// False when it died before.
bool EmbeddedPostgres::wait_until_ready(pid_t server)
{
    while (alive(server)) {
        if (cluster_.ready(server)) {
            const std::lock_guard guard(mutex_);
            ready_ = true;
            changed_.notify_all();
            return true;
        }
        std::this_thread::sleep_for(look_again);
    }
    return false;
}

// Waits for its end; where it shall stop and does not, it is told again and harder.
void EmbeddedPostgres::finish(pid_t server)
{
    constexpr int signals[] = {SIGINT, SIGQUIT, SIGKILL};
    std::size_t told = 0;
    Clock::time_point until{};
    const int ended = static_cast<int>(::syscall(SYS_pidfd_open, server, 0U));
    for (;;) {
        pollfd wait{ended, POLLIN, 0};
        ::poll(&wait, 1, static_cast<int>(look_at_stopping.count()));
        const std::lock_guard guard(mutex_);
        // Reaped under the lock: afterwards the number may be anybody's, and stop() must not signal
        // it.
        const auto reaped = ::waitpid(server, nullptr, WNOHANG);
        if (reaped == server || (reaped < 0 && errno == ECHILD)) {
            process_ = 0;
            break;
        }
        if (stopping_ && Clock::now() >= until && told < std::size(signals)) {
            ::kill(server, signals[told]);
            until = Clock::now() + (told++ == 0 ? until_stopped : until_dropped);
        }
    }
    if (ended >= 0) ::close(ended);
}

}  // namespace gateway
