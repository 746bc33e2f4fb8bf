// sessions: tickets in a list, and a wait for its end.
#include "gateway/net/sessions.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <vector>

namespace gateway::net {

namespace asio = boost::asio;

Sessions::Ticket::Ticket(Ticket&& other) noexcept
    : sessions_(std::exchange(other.sessions_, nullptr)), place_(other.place_)
{
}

Sessions::Ticket::~Ticket()
{
    if (!sessions_) return;
    sessions_->drains_.erase(place_);
    if (sessions_->draining_ && sessions_->drains_.empty()) sessions_->empty_.cancel();
}

Sessions::Ticket Sessions::enter(Drain drain)
{
    if (draining_) {
        drain();
        drain = nullptr;
    }
    return {*this, drains_.insert(drains_.end(), std::move(drain))};
}

asio::awaitable<bool> Sessions::drain(std::chrono::milliseconds patience)
{
    draining_ = true;
    empty_.expires_after(patience);
    // A session may end inside its drain(), and its place with it: so step before calling.
    for (auto place = drains_.begin(); place != drains_.end();) {
        const auto ask = std::exchange(*place++, nullptr);
        if (ask) ask();
    }
    if (!drains_.empty()) co_await empty_.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return drains_.empty();
}

}  // namespace gateway::net
