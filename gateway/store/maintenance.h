// maintenance: looks after the store in the background: archive, cold storage, blobs, events, what is left over.
// email2.md rule 7.
//
// One process at a time, by advisory lock 4. Each job goes through its work in batches, each a short transaction of its
// own, and notes where it is, so that whatever ends it, the next run goes on there. A new job: a function Batch(Care&)
// and a row in jobs().
#pragma once

#include "gateway/store/ids.h"
#include "gateway/store/session.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gateway::store {

struct MaintenanceSettings {
    std::filesystem::path directory;       // archive.directory
    std::chrono::seconds archive_keep{0};  // archive.keep; 0: for ever, of all three
    std::chrono::seconds cold_keep{0};     // archive.cold_keep
    std::chrono::seconds events_keep{0};   // events.keep
};

// Thrown out of a batch when the process is to stop; its transaction is rolled back.
struct Stopped : std::runtime_error {
    Stopped() : std::runtime_error("stopped") {}
};

// What a batch works with.
struct Care {
    Session& session;
    Ids& ids;
    const MaintenanceSettings& settings;
    std::string& position;  // kept from batch to batch and from run to run; "" at the beginning
    const std::atomic<bool>& stopping;
    std::function<void(std::string_view)> at_step = [](std::string_view) {};  // tests end the process here

    // Between the steps of long batches.
    void step(std::string_view name) const
    {
        at_step(name);
        if (stopping) throw Stopped();
    }
    // Of a job that goes by numbers; 0 at the beginning.
    [[nodiscard]] std::int64_t after() const;
};

struct Batch {
    std::size_t done = 0;  // things dealt with
    bool more = false;     // call again: the job is not at its end
};

struct Job {
    const char* name;
    std::chrono::seconds every;
    Batch (*batch)(Care&);
};

// In the order in which they run.
[[nodiscard]] std::span<const Job> jobs();

struct JobRun {
    std::string job;
    std::size_t done = 0;
    std::chrono::milliseconds took{0};
    std::string failed;  // why it did not come to its end; the next run goes on
};

enum class Which { due, all };
// Runs the jobs, those that are due by the time of their last end or all; nullopt when another process is at it (`due`;
// `all` waits for it). A job that fails leaves the others alone; a lost database is thrown.
[[nodiscard]] std::optional<std::vector<JobRun>> run_jobs(
    Session& session, const MaintenanceSettings& settings, Which which, const std::atomic<bool>& stopping);

// The thread of a serving process. Wakes every minute, for what is due.
class Maintenance {
public:
    using Observer = std::function<void(const JobRun&)>;  // on its thread

    Maintenance(std::string url, MaintenanceSettings settings, Observer observer);
    ~Maintenance();  // waits for the batch at hand
    Maintenance(const Maintenance&) = delete;
    // Nothing is begun any more. Does not wait.
    void stop();
    // Something is due that was not: looks now.
    void wake();

private:
    void work();
    void run_once();

    std::string url_;
    MaintenanceSettings settings_;
    Observer observer_;
    std::mutex mutex_;
    std::condition_variable bell_;
    std::atomic<bool> stopping_{false};
    bool woken_ = false;
    std::thread thread_;
};

}  // namespace gateway::store
