#include "gateway/store/maintenance.h"

#include "gateway/log.h"
#include "gateway/store/cold_storage.h"
#include "gateway/store/erase.h"
#include "gateway/store/fossils.h"
#include "gateway/store/maintenance_limits.h"
#include "gateway/store/pruning.h"

#include <array>
#include <charconv>
#include <optional>

namespace gateway::store {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds wake_every = 60s;

// Uploads go before the blobs that they kept, and messages before what they used.
constexpr std::array all_jobs{
    Job{"erasing", 0s, erase_begun},
    Job{"fossils", 24h, fossilise_some},
    Job{"cold-storage", 1h, to_cold_storage},
    Job{"cold-deletion", 6h, delete_cold},
    Job{"cold-stubs", 24h, drop_stubs},
    Job{"cold-files", 24h, sweep_files},
    Job{"unreferenced", 24h, drop_unreferenced},
    Job{"uploads", 1h, prune_uploads},
    Job{"blobs", 1h, collect_blobs},
    Job{"events", 1h, prune_events},
    Job{"idempotency", 1h, prune_idempotency},
    Job{"tokens", 24h, prune_tokens},
    Job{"told", 24h, prune_told},
    Job{"trust", 24h, prune_trust},
    Job{"imports", 24h, prune_imports},
    Job{"missing-parents", 24h, prune_missing},
    Job{"expunges", 24h, merge_expunges},
    Job{"orphans", 24h, drop_orphans},
};

// Held by the session: the lock ends with the process, whatever ends that.
bool lock(Session& session, Which which)
{
    if (which == Which::due) return session.query("select pg_try_advisory_lock(4)").boolean(0, 0);
    session.query("select pg_advisory_lock(4)");
    return true;
}

std::string position_of(Session& session, const Job& job)
{
    const auto rows = session.query("select position from maintenance where job = $1", job.name);
    return rows.empty() ? "" : rows.text(0, 0);
}

bool is_due(Session& session, const Job& job)
{
    const auto rows =
        session.query("select from maintenance where job = $1 and ended > now() - make_interval(secs => $2)", job.name,
            static_cast<double>(job.every.count()));
    return rows.empty();
}

void note(Session& session, const Job& job, const std::string& position, bool ended)
{
    session.query(
        "insert into maintenance(job, ended, position) values ($1, case when $3 then now() end, $2) on conflict (job) do update "
        "set position = excluded.position, ended = coalesce(excluded.ended, maintenance.ended)",
        job.name, position, ended);
}

// To its end, or until it fails or is told to stop.
void work_through(Session& session, Ids& ids, const MaintenanceSettings& settings, const Job& job,
    const std::atomic<bool>& stopping, JobRun& run)
{
    auto position = position_of(session, job);
    Care care{session, ids, settings, position, stopping};
    for (bool more = true; more;) {
        if (stopping) throw Stopped();
        const auto batch = job.batch(care);
        run.done += batch.done;
        more = batch.more;
        if (!more) position.clear();
        note(session, job, position, !more);
    }
}

JobRun run_job(
    Session& session, Ids& ids, const MaintenanceSettings& settings, const Job& job, const std::atomic<bool>& stopping)
{
    const auto began = std::chrono::steady_clock::now();
    JobRun run{.job = job.name};
    try {
        work_through(session, ids, settings, job, stopping, run);
    } catch (const Stopped& stopped) {
        run.failed = stopped.what();
    } catch (const std::exception& error) {
        if (session.broken()) throw;
        run.failed = error.what();
        log::warning("maintenance.failed", {{"job", job.name}, {"reason", run.failed}});
    }
    run.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    return run;
}

// One line for a run that did something.
void report(const std::vector<JobRun>& runs)
{
    std::string done;
    std::chrono::milliseconds took{0};
    for (const auto& run : runs) {
        took += run.took;
        if (run.done > 0) done += (done.empty() ? "" : " ") + run.job + "=" + std::to_string(run.done);
    }
    if (!done.empty()) log::info("maintenance", {{"done", done}, {"ms", std::to_string(took.count())}});
}

}  // namespace

std::int64_t Care::after() const
{
    std::int64_t number = 0;
    std::from_chars(position.data(), position.data() + position.size(), number);
    return number;
}

std::span<const Job> jobs()
{
    return all_jobs;
}

std::optional<std::vector<JobRun>> run_jobs(
    Session& session, const MaintenanceSettings& settings, Which which, const std::atomic<bool>& stopping)
{
    if (!lock(session, which)) return std::nullopt;
    session.query("select set_config('lock_timeout', $1, false)", std::to_string(limits::lock_patience.count()) + "ms");
    Ids ids;
    std::vector<JobRun> runs;
    for (const auto& job : jobs())
        if (!stopping && (which == Which::all || is_due(session, job)))
            runs.push_back(run_job(session, ids, settings, job, stopping));
    session.query("select pg_advisory_unlock(4)");
    report(runs);
    return runs;
}

Maintenance::Maintenance(std::string url, MaintenanceSettings settings, Observer observer)
    : url_(std::move(url)), settings_(std::move(settings)), observer_(std::move(observer)), thread_([this] { work(); })
{
}

Maintenance::~Maintenance()
{
    stop();
    thread_.join();
}

void Maintenance::stop()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    bell_.notify_all();
}

void Maintenance::wake()
{
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    bell_.notify_all();
}

void Maintenance::work()
{
    for (;;) {
        std::unique_lock lock(mutex_);
        bell_.wait_for(lock, wake_every, [this] { return stopping_ || woken_; });
        if (stopping_) return;
        woken_ = false;
        lock.unlock();
        run_once();
    }
}

// A connection for each run: between runs it would only be one more to keep.
void Maintenance::run_once()
{
    try {
        Session session(url_);
        session.command("set application_name = 'email2-gateway maintenance'; set jit = off");
        const auto runs = run_jobs(session, settings_, Which::due, stopping_);
        if (!runs || !observer_) return;
        for (const auto& run : *runs) observer_(run);
    } catch (const std::exception& error) {  // the database is away: the next wake is the next try
        log::warning("maintenance.failed", {{"reason", error.what()}});
    }
}

}  // namespace gateway::store
