// sessions: who is being served, so that a stopping process can let them finish.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace gateway::net {

// The sessions of one process. For one thread. Tickets may outlive it.
class Sessions {
    struct State;

public:
    // `drain` asks the session to end after what it is doing (421, BYE). It is called at most once,
    // never after the ticket's end.
    using Drain = std::function<void()>;

    class Ticket {
    public:
        Ticket(Ticket&& other) noexcept = default;
        Ticket& operator=(Ticket&&) = delete;
        ~Ticket();

    private:
        friend class Sessions;

        Ticket(std::shared_ptr<State> state, std::uint64_t number) : state_(std::move(state)), number_(number) {}

        std::shared_ptr<State> state_;
        std::uint64_t number_;
    };

    explicit Sessions(boost::asio::any_io_executor executor);

    // Held by the coroutine that serves. When draining has begun, `drain` is called at once.
    [[nodiscard]] Ticket enter(Drain drain);
    [[nodiscard]] std::size_t count() const;

    // Asks every session to end and waits until all have, at most `patience`; true when all have.
    boost::asio::awaitable<bool> drain(std::chrono::milliseconds patience);

private:
    std::shared_ptr<State> state_;
};

}  // namespace gateway::net
