#include "gateway/store/writer.h"

#include "gateway/log.h"
#include "gateway/store/publish.h"
#include "gateway/store/session.h"

#include <boost/asio.hpp>

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

namespace gateway::store {

namespace asio = boost::asio;

namespace {

struct Waiting {
    std::shared_ptr<PublishJob> job;
    std::function<void(std::exception_ptr)> done;  // on the writer's thread
};

}  // namespace

struct Writer::Impl {
    Impl(std::string url_, WriterSettings settings_)
        : url(std::move(url_)), settings(std::move(settings_)), thread([this] { work(); })
    {
    }

    ~Impl()
    {
        {
            const std::lock_guard lock(mutex);
            stopping = true;
        }
        bell.notify_all();
        thread.join();
    }

    void hand_over(std::shared_ptr<Waiting> waiting)
    {
        {
            const std::lock_guard lock(mutex);
            queue.push_back(std::move(waiting));
        }
        bell.notify_one();
    }

    // What is waiting, as far as it may go together.
    std::vector<std::shared_ptr<Waiting>> next_group()
    {
        std::unique_lock lock(mutex);
        bell.wait(lock, [this] { return stopping || !queue.empty(); });
        std::vector<std::shared_ptr<Waiting>> group;
        Together together;
        while (!queue.empty() && group.size() < settings.group && together.take(*queue.front()->job)) {
            group.push_back(std::move(queue.front()));
            queue.pop_front();
        }
        return group;
    }

    void work()
    {
        std::unique_ptr<Session> session;
        for (;;) {
            auto group = next_group();
            if (group.empty()) return;
            try {
                store(session, group);
                for (auto& waiting : group) waiting->done(nullptr);
            } catch (const std::exception& error) {
                if (group.size() == 1) {
                    log::error("publish.failed", {{"reason", error.what()}});
                    group.front()->done(std::current_exception());
                } else {
                    one_by_one(session, group);
                }
            }
        }
    }

    // One of the group was the trouble: the others shall not suffer.
    void one_by_one(std::unique_ptr<Session>& session, std::vector<std::shared_ptr<Waiting>>& group)
    {
        for (auto& waiting : group) {
            try {
                store(session, {waiting});
                waiting->done(nullptr);
            } catch (const std::exception& error) {
                log::error("publish.failed", {{"reason", error.what()}});
                waiting->done(std::current_exception());
            }
        }
    }

    void store(std::unique_ptr<Session>& session, const std::vector<std::shared_ptr<Waiting>>& group)
    {
        std::vector<PublishJob*> jobs;
        for (const auto& waiting : group) jobs.push_back(waiting->job.get());
        for (int attempt = 0;; ++attempt) {
            try {
                if (!session || session->lost()) {
                    session.reset();
                    session = std::make_unique<Session>(url);
                    // Every question of a group is answered by an index; while a table is small and new, the planner
                    // would read all of it for each of 10,000 people instead, and keep to that.
                    session->command(
                        "set application_name = 'email2-gateway writer'; set jit = off; set plan_cache_mode = force_generic_plan; set enable_seqscan = off");
                }
                publish_group(*session, settings, ids, jobs);
                return;
            } catch (const DatabaseError& error) {
                if (session && (session->broken() || session->in_transaction())) session.reset();
                // Deadlock, a list that changed, another process that stored the same key or id first; and a connection
                // that was lost, perhaps after the commit: what is stored is found by its guid then.
                const bool again = error.sqlstate == "40P01" || error.sqlstate == "40001" ||
                                   error.sqlstate == "23505" || (error.away() && attempt == 0);
                if (!again || attempt >= 3) throw;
            }
        }
    }

    std::string url;
    WriterSettings settings;
    Ids ids;
    std::mutex mutex;
    std::condition_variable bell;
    std::deque<std::shared_ptr<Waiting>> queue;
    bool stopping = false;
    std::thread thread;
};

Writer::Writer(Database& database, WriterSettings settings)
    : impl_(std::make_unique<Impl>(database.url(), std::move(settings)))
{
}
Writer::~Writer() = default;
Ids& Writer::ids()
{
    return impl_->ids;
}

std::shared_ptr<PublishJob> Writer::read(NewMessage message)
{
    auto job = std::make_shared<PublishJob>();
    job->message = std::move(message);
    prepare(*job);
    return job;
}

asio::awaitable<email2::Result<Published>> Writer::publish(NewMessage message)
{
    co_return co_await publish(read(std::move(message)));
}

asio::awaitable<email2::Result<Published>> Writer::publish(std::shared_ptr<PublishJob> job)
{
    struct State {
        explicit State(const asio::any_io_executor& executor) : bell(executor, asio::steady_timer::time_point::max()) {}
        asio::steady_timer bell;
        std::exception_ptr error;
        bool done = false;
    };
    const auto executor = co_await asio::this_coro::executor;
    // What is handed over is stored, whether or not anybody waits for it still.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    const auto state = std::make_shared<State>(executor);
    auto waiting = std::make_shared<Waiting>();
    waiting->job = std::move(job);
    waiting->done = [state, executor](std::exception_ptr error) {
        asio::post(executor, [state, error] {
            state->error = error;
            state->done = true;
            state->bell.cancel();
        });
    };
    impl_->hand_over(waiting);
    while (!state->done) {
        boost::system::error_code ignored;
        co_await state->bell.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_await asio::this_coro::reset_cancellation_state();
    if (state->error) std::rethrow_exception(state->error);
    co_return std::move(*waiting->job->result);
}

email2::Result<Published> Writer::publish_blocking(NewMessage message)
{
    auto waiting = std::make_shared<Waiting>();
    waiting->job = read(std::move(message));
    std::promise<void> promise;
    waiting->done = [&promise](
                        std::exception_ptr error) { error ? promise.set_exception(error) : promise.set_value(); };
    impl_->hand_over(waiting);
    promise.get_future().get();
    return std::move(*waiting->job->result);
}

}  // namespace gateway::store
