// database: the pool of threads on which SQL may block, and the migrations. The only door to libpqxx besides this
// folder.
#pragma once

#include <boost/asio.hpp>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <type_traits>

namespace gateway::store {

// A connection that a job may use while it runs, with every statement prepared on demand. Not shared between threads.
class Session;

// Runs jobs on threads that each own one connection. A job that throws loses nothing but its transaction; a broken
// connection is replaced before the next job, and the job's exception tells the caller that the database was away.
class Database {
public:
    Database(std::string url, std::size_t threads);
    ~Database();  // waits for running jobs

    // Creates what is missing, numbered migrations under an advisory lock. Throws std::runtime_error.
    static void migrate(const std::string& url);

    // Runs `job(Session&)` on a database thread and resumes the caller on its own executor with the result or the
    // exception.
    template <class Job>
    auto run(Job job) -> boost::asio::awaitable<std::invoke_result_t<Job&, Session&>>;
    // The same from a thread that may block.
    template <class Job>
    auto run_blocking(Job job) -> std::invoke_result_t<Job&, Session&>;

    [[nodiscard]] bool alive() const;  // the last contact succeeded
    [[nodiscard]] const std::string& url() const { return url_; }

private:
    void post(std::function<void(Session&)> job, std::function<void(std::exception_ptr)> failed);

    struct Pool;
    std::string url_;
    std::unique_ptr<Pool> pool_;
};

template <class Job>
auto Database::run(Job job) -> boost::asio::awaitable<std::invoke_result_t<Job&, Session&>>
{
    using R = std::invoke_result_t<Job&, Session&>;
    namespace asio = boost::asio;
    // The promise is shared with the database thread; the timer is only a bell, rung on the caller's executor.
    struct State {
        explicit State(const asio::any_io_executor& executor) : bell(executor, asio::steady_timer::time_point::max()) {}
        asio::steady_timer bell;
        std::exception_ptr error;
        std::conditional_t<std::is_void_v<R>, bool, std::optional<R>> value{};
        bool done = false;
    };
    auto executor = co_await asio::this_coro::executor;
    auto state = std::make_shared<State>(executor);
    auto ring = [state, executor] {
        asio::post(executor, [state] {
            state->done = true;
            state->bell.cancel();
        });
    };
    post(
        [state, ring, job = std::move(job)](Session& session) mutable {
            if constexpr (std::is_void_v<R>) {
                job(session);
                state->value = true;
            } else {
                state->value.emplace(job(session));
            }
            ring();
        },
        [state, ring](std::exception_ptr error) {
            state->error = error;
            ring();
        });
    // The job may refer to the caller's values: it is waited for, whatever is cancelled meanwhile.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    while (!state->done) {
        boost::system::error_code ignored;
        co_await state->bell.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_await asio::this_coro::reset_cancellation_state();
    if (state->error) std::rethrow_exception(state->error);
    if constexpr (!std::is_void_v<R>) co_return std::move(*state->value);
}

template <class Job>
auto Database::run_blocking(Job job) -> std::invoke_result_t<Job&, Session&>
{
    using R = std::invoke_result_t<Job&, Session&>;
    std::promise<R> promise;
    auto future = promise.get_future();
    post(
        [&promise, &job](Session& session) {
            if constexpr (std::is_void_v<R>) {
                job(session);
                promise.set_value();
            } else {
                promise.set_value(job(session));
            }
        },
        [&promise](std::exception_ptr error) { promise.set_exception(error); });
    return future.get();
}

}  // namespace gateway::store
