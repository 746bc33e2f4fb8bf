// services: the port through which HTTP asks the rest of the gateway.
//
// All awaitables are awaited on the connection's executor and resume there. An exception means that
// the service is unavailable; the client gets 503.
#pragma once

#include "email2/store.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace gateway::http {

struct Health {
    bool database = false;
    bool queue = false;
    bool listeners = false;
};

// A page about a one-click action: what a click would do, or has done.
struct ActionPage {
    std::string title;
    std::string text;    // one paragraph, plain
    std::string button;  // what to press to act; "": nothing to press
    std::string token;   // of another action that it stands for; "": this one
};

class Services {
public:
    template <class T>
    using Awaitable = boost::asio::awaitable<T>;

    virtual ~Services() = default;

    // The account's normalised address, or nullopt. Slows down guessing.
    virtual Awaitable<std::optional<std::string>>
    authenticate(std::string user, std::string password, std::string peer) = 0;
    virtual Awaitable<std::optional<std::string>>
    authenticate_token(std::string token, std::string peer) = 0;

    // Work with the store where blocking is allowed; gives back what it returns, throws what it
    // throws. `work` is called as work(email2::Store&), once, on another thread: it owns what it
    // uses.
    template <class Work>
    auto run(Work work) -> Awaitable<std::invoke_result_t<Work, email2::Store&>>;

    // Returns when there may be events after this sequence number, at once when there are, or after
    // `patience`; early when the process stops.
    virtual Awaitable<void>
    wait_events(std::string account, std::uint64_t after, std::chrono::milliseconds patience) = 0;

    virtual Awaitable<Health> health() = 0;
    virtual Awaitable<std::string> metrics() = 0;  // Prometheus text format

    // One-click actions, by the token of a link. nullopt: no such token, or no more.
    virtual Awaitable<std::optional<ActionPage>> describe_action(std::string token
    ) = 0;  // changes nothing
    virtual Awaitable<std::optional<ActionPage>> perform_action(std::string token) = 0;

protected:
    // Runs `work` on another thread and returns when it has returned. It does not throw; an
    // exception of this function itself means that it was not run.
    virtual Awaitable<void> run_on_store(std::function<void(email2::Store&)> work) = 0;
};

template <class Work>
auto Services::run(Work work) -> Awaitable<std::invoke_result_t<Work, email2::Store&>>
{
    // Shared with the other thread, which may outlive this coroutine when the process stops.
    struct Outcome {
        std::optional<std::invoke_result_t<Work, email2::Store&>> value;
        std::exception_ptr failure;
    };

    auto outcome = std::make_shared<Outcome>();
    auto shared_work = std::make_shared<Work>(std::move(work));
    std::function<void(email2::Store&)> job = [outcome, shared_work](email2::Store& store) {
        try {
            outcome->value.emplace((*shared_work)(store));
        } catch (...) {
            outcome->failure = std::current_exception();
        }
    };
    co_await run_on_store(std::move(job));
    if (outcome->failure) std::rethrow_exception(outcome->failure);
    co_return std::move(outcome->value).value();
}

}  // namespace gateway::http
