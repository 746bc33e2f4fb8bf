// bell: wakes coroutines that wait on their own executors, from any thread.
#pragma once

#include <boost/asio.hpp>

#include <memory>

namespace gateway::mailboxes {

// One waiting. Owned by the waiter and by whoever will ring.
class Bell {
public:
    explicit Bell(const boost::asio::any_io_executor& executor)
        : timer_(executor, boost::asio::steady_timer::time_point::max())
    {
    }

    static void ring(const std::shared_ptr<Bell>& bell)
    {
        boost::asio::post(bell->timer_.get_executor(), [bell] {
            bell->rung_ = true;
            bell->timer_.cancel();
        });
    }

    // On the bell's executor. Throws operation_aborted when the waiting was cancelled.
    static boost::asio::awaitable<void> wait(std::shared_ptr<Bell> bell)
    {
        namespace asio = boost::asio;
        while (!bell->rung_) {
            boost::system::error_code ignored;
            co_await bell->timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            if (!bell->rung_ &&
                (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
                throw boost::system::system_error(asio::error::operation_aborted);
        }
    }

private:
    boost::asio::steady_timer timer_;
    bool rung_ = false;  // touched on the executor only
};

}  // namespace gateway::mailboxes
