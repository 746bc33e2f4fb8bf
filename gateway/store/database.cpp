#include "gateway/store/database.h"

#include "gateway/log.h"
#include "gateway/store/migrations.h"
#include "gateway/store/session.h"

#include <pqxx/pqxx>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace gateway::store {

struct Database::Pool {
    struct Job {
        std::function<void(Session&)> run;
        std::function<void(std::exception_ptr)> failed;
    };
    std::mutex mutex;
    // Threads without work, the one that ended last on top: it gets the next job. So a load that two threads can carry
    // is carried by two, and only their servers' caches grow (2 to 3 MB each once they have seen many users).
    std::vector<std::condition_variable*> idle;
    std::deque<Job> jobs;
    bool stopping = false;
    std::atomic<bool> alive{true};
    std::vector<std::thread> threads;

    void work(const std::string& url)
    {
        std::unique_ptr<Session> session;
        std::condition_variable bell;
        for (;;) {
            std::unique_lock lock(mutex);
            while (jobs.empty() && !stopping) {
                idle.push_back(&bell);
                bell.wait(lock, [&] { return std::find(idle.begin(), idle.end(), &bell) == idle.end(); });
            }
            if (jobs.empty()) return;
            auto job = std::move(jobs.front());
            jobs.pop_front();
            lock.unlock();
            perform(url, session, job);
        }
    }

    // Wakes the thread on top of the idle ones; its place is taken from it, so that the next job wakes another. Under
    // the mutex.
    void wake_one()
    {
        if (idle.empty()) return;
        idle.back()->notify_one();
        idle.pop_back();
    }

    void perform(const std::string& url, std::unique_ptr<Session>& session, Job& job)
    {
        try {
            if (session && session->lost()) session.reset();
            if (!session) {
                session = std::make_unique<Session>(url);
                session->command("set application_name = 'email2-gateway'; set plan_cache_mode = auto; set jit = off");
            }
            job.run(*session);
            alive = true;
            if (session->in_transaction()) session.reset();  // a job that leaves one open has lost it
        } catch (...) {
            if (!session || session->broken()) {
                session.reset();
                alive = false;
            } else if (session->in_transaction()) {  // a pipeline that broke off: nothing else can be done with it
                session.reset();
            }
            job.failed(std::current_exception());
        }
    }
};

Database::Database(std::string url, std::size_t threads) : url_(std::move(url)), pool_(std::make_unique<Pool>())
{
    for (std::size_t i = 0; i < threads; ++i) pool_->threads.emplace_back([this] { pool_->work(url_); });
}

Database::~Database()
{
    {
        const std::lock_guard lock(pool_->mutex);
        pool_->stopping = true;
        while (!pool_->idle.empty()) pool_->wake_one();
    }
    for (auto& thread : pool_->threads) thread.join();
}

void Database::post(std::function<void(Session&)> job, std::function<void(std::exception_ptr)> failed)
{
    {
        const std::lock_guard lock(pool_->mutex);
        pool_->jobs.push_back({std::move(job), std::move(failed)});
        pool_->wake_one();
    }
}

bool Database::alive() const
{
    return pool_->alive;
}

void Database::migrate(const std::string& url)
{
    pqxx::connection connection(url);
    pqxx::work work(connection);
    work.exec("select pg_advisory_xact_lock(2)");
    work.exec("create table if not exists migration(number int primary key, at timestamptz not null default now())");
    const auto done = work.exec1("select coalesce(max(number), 0) from migration")[0].as<int>();
    int number = 0;
    for (const auto sql : migrations()) {
        if (++number <= done) continue;
        work.exec(std::string(sql));
        work.exec("insert into migration(number) values (" + std::to_string(number) + ")");
        log::info("store.migrated", {{"number", std::to_string(number)}});
    }
    work.commit();
}

}  // namespace gateway::store
