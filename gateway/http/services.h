// services: the port through which HTTP asks the rest of the gateway.
//
// All awaitables are awaited on the connection's executor and resume there. An exception means that
// the service is unavailable; the client gets 503.
#pragma once

#include "email2/store.h"
#include "gateway/admin.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gateway::http {

struct Health {
    bool database = false;
    bool queue = false;
    bool listeners = false;
};

// A page about a one-click action: what a click would do, or has done.
struct ActionPage {
    std::string title;
    std::string text;             // one paragraph, plain
    std::string button;           // what to press to act; "": nothing to press
    std::string token;            // of another action that it stands for; "": this one
    std::string language = "en";  // that these words are in
};

// A message as it goes out.
struct Shown {
    std::shared_ptr<const std::string> xml;
    email2::Name id;
    std::uint32_t revision = 1;
};

// An event as it goes out; shared by all who hear of it.
struct Heard {
    std::shared_ptr<const email2::Event> event;
    std::shared_ptr<const std::string> xml;
};

// What happens from now on, as one account may know of it.
class Following {
public:
    struct News {
        std::vector<Heard> heard;  // in order
        bool missed = false;       // there was more than is kept for a slow reader: the store has it
        bool over = false;         // the process stops, or end() was called
    };

    virtual ~Following() = default;
    // What has come since the last call; waits for something up to `patience`. One call at a time.
    virtual boost::asio::awaitable<News> next(std::chrono::milliseconds patience) = 0;
    // Ends the waiting of next(), for good.
    virtual void end() = 0;
};

class Services {
public:
    template <class T>
    using Awaitable = boost::asio::awaitable<T>;

    virtual ~Services() = default;

    // The account's normalised address, or nullopt. Slows down guessing.
    virtual Awaitable<std::optional<std::string>> authenticate(
        std::string user, std::string password, std::string peer) = 0;
    virtual Awaitable<std::optional<std::string>> authenticate_token(std::string token, std::string peer) = 0;

    // Work with the store where blocking is allowed; gives back what it returns, throws what it
    // throws. `work` is called as work(email2::Store&), once, on another thread: it owns what it
    // uses.
    template <class Work>
    auto run(Work work) -> Awaitable<std::invoke_result_t<Work, email2::Store&>>;

    // The same for administration: work(Admin&), what it does being done by that account.
    template <class Work>
    auto administer(std::string account, Work work) -> Awaitable<std::invoke_result_t<Work, Admin&>>;

    // The verbs that are asked for most, as documents; `run` and the store can do the same.
    // `digest`: SHA-256 of the request that came with the key; both may be "".
    virtual Awaitable<email2::Result<Shown>> publish(
        std::string account, std::string xml, std::string key, std::string digest);
    virtual Awaitable<email2::Result<Shown>> get(
        std::string account, email2::Name id, std::optional<std::uint32_t> revision);

    // Events whose commit comes after this call has returned are among the news; those before it are
    // in the store.
    virtual Awaitable<std::shared_ptr<Following>> follow(std::string account) = 0;

    virtual Awaitable<Health> health() = 0;
    virtual Awaitable<std::string> metrics() = 0;  // Prometheus text format

    // One-click actions, by the token of a link. nullopt: no such token, or no more.
    virtual Awaitable<std::optional<ActionPage>> describe_action(std::string token) = 0;  // changes nothing
    virtual Awaitable<std::optional<ActionPage>> perform_action(std::string token) = 0;

protected:
    // Runs `work` on another thread and returns when it has returned. It does not throw; an
    // exception of this function itself means that it was not run.
    virtual Awaitable<void> run_on_store(std::function<void(email2::Store&)> work) = 0;
    virtual Awaitable<void> run_on_admin(std::string account, std::function<void(Admin&)> work) = 0;

private:
    // Shared with the other thread, which may outlive the waiting coroutine when the process stops.
    template <class Work, class Part>
    struct Job {
        Work work;
        std::optional<std::invoke_result_t<Work, Part&>> value;
        std::exception_ptr failure;

        static std::function<void(Part&)> function(std::shared_ptr<Job> job)
        {
            return [job = std::move(job)](Part& part) {
                try {
                    job->value.emplace(job->work(part));
                } catch (...) {
                    job->failure = std::current_exception();
                }
            };
        }

        std::invoke_result_t<Work, Part&> result()
        {
            if (failure) std::rethrow_exception(failure);
            return std::move(value).value();
        }
    };
};

template <class Work>
auto Services::run(Work work) -> Awaitable<std::invoke_result_t<Work, email2::Store&>>
{
    auto job = std::make_shared<Job<Work, email2::Store>>(std::move(work));
    co_await run_on_store(job->function(job));
    co_return job->result();
}

template <class Work>
auto Services::administer(std::string account, Work work) -> Awaitable<std::invoke_result_t<Work, Admin&>>
{
    auto job = std::make_shared<Job<Work, Admin>>(std::move(work));
    co_await run_on_admin(std::move(account), job->function(job));
    co_return job->result();
}

}  // namespace gateway::http
