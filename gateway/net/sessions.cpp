// sessions: tickets by number, and a wait for the last one's end.
#include "gateway/net/sessions.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <map>
#include <utility>

namespace gateway::net {

namespace asio = boost::asio;

struct Sessions::State {
    explicit State(asio::any_io_executor executor) : empty(std::move(executor)) {}

    std::map<std::uint64_t, Drain> drains;  // in the order of coming
    std::uint64_t last = 0;
    asio::steady_timer empty;
    bool draining = false;
};

Sessions::Ticket::~Ticket()
{
    if (!state_) return;  // moved from
    state_->drains.erase(number_);
    if (state_->draining && state_->drains.empty()) state_->empty.cancel();
}

Sessions::Sessions(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

Sessions::Ticket Sessions::enter(Drain drain)
{
    const auto number = ++state_->last;
    Ticket ticket(state_, number);
    if (state_->draining) {
        drain();
        drain = nullptr;
    }
    state_->drains.emplace(number, std::move(drain));
    return ticket;
}

std::size_t Sessions::count() const
{
    return state_->drains.size();
}

asio::awaitable<bool> Sessions::drain(std::chrono::milliseconds patience)
{
    const auto state = state_;
    state->draining = true;
    state->empty.expires_after(patience);
    // A session may end inside the call, and others with it: so by number, not by place.
    for (auto next = state->drains.begin(); next != state->drains.end();) {
        const auto number = next->first;
        const auto ask = std::exchange(next->second, nullptr);
        if (ask) ask();
        next = state->drains.upper_bound(number);
    }
    if (!state->drains.empty()) co_await state->empty.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return state->drains.empty();
}

}  // namespace gateway::net
