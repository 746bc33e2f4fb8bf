// sessions: who is being served, so that a stopping process can let them finish.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>

namespace gateway::net {

// The sessions of one process. For one thread; outlives its sessions.
class Sessions {
public:
    // `drain` asks the session to end after what it is doing (421, BYE). It is called at most once,
    // never after the ticket's end.
    using Drain = std::function<void()>;

    class Ticket {
    public:
        Ticket(Ticket&& other) noexcept;
        Ticket& operator=(Ticket&&) = delete;
        ~Ticket();

    private:
        friend class Sessions;

        Ticket(Sessions& sessions, std::list<Drain>::iterator place)
            : sessions_(&sessions), place_(place)
        {
        }

        Sessions* sessions_;
        std::list<Drain>::iterator place_;
    };

    explicit Sessions(boost::asio::any_io_executor executor) : empty_(executor) {}

    // Held by the coroutine that serves. When draining has begun, `drain` is called at once.
    [[nodiscard]] Ticket enter(Drain drain);

    [[nodiscard]] std::size_t count() const { return drains_.size(); }

    [[nodiscard]] bool draining() const { return draining_; }

    // Asks every session to end and waits until all have, at most `patience`; true when all have.
    boost::asio::awaitable<bool> drain(std::chrono::milliseconds patience);

private:
    std::list<Drain> drains_;
    boost::asio::steady_timer empty_;
    bool draining_ = false;
};

}  // namespace gateway::net
