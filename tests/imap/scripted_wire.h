// scripted_wire: a wire whose other end is the test. Nothing here waits for real time.
#pragma once

#include "imap/wire.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <string>

namespace imap::test {

class ScriptedWire : public Wire {
public:
    explicit ScriptedWire(boost::asio::any_io_executor executor) : more_{executor} { more_.expires_at(never); }

    // What the test does.
    void send(std::string_view bytes)
    {
        input_ += bytes;
        more_.cancel();
    }

    void hang_up()
    {
        ended_ = true;
        more_.cancel();
    }

    std::string take_output() { return std::exchange(output_, {}); }

    [[nodiscard]] bool closed() const { return closed_; }

    // The connection breaks at the n-th read or write from now on.
    void break_at(int step) { left_ = step; }

    [[nodiscard]] int steps() const { return steps_; }

    void be(bool encrypted, bool loopback)
    {
        encrypted_ = encrypted;
        loopback_ = loopback;
    }

    void pass_time()  // the deadline of the read under way passes
    {
        timed_out_ = true;
        more_.cancel();
    }

    [[nodiscard]] std::size_t largest_write() const { return largest_write_; }

    // What the session does.
    boost::asio::awaitable<bool> read(std::string& buffer, std::chrono::milliseconds) override
    {
        step();
        while (input_.empty() && !ended_ && !closed_) {
            more_.expires_at(never);
            boost::system::error_code error;
            co_await more_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
            if ((co_await boost::asio::this_coro::cancellation_state).cancelled() !=
                boost::asio::cancellation_type::none) {
                throw boost::system::system_error{boost::asio::error::operation_aborted};
            }
            if (std::exchange(timed_out_, false)) throw boost::system::system_error{boost::asio::error::timed_out};
        }
        if (input_.empty()) co_return false;
        const auto size = std::min<std::size_t>(input_.size(), 65536);
        buffer += input_.substr(0, size);
        input_.erase(0, size);
        co_return true;
    }

    boost::asio::awaitable<void> write(std::string_view bytes, std::chrono::milliseconds) override
    {
        step();
        largest_write_ = std::max(largest_write_, bytes.size());
        output_ += bytes;
        co_return;
    }

    boost::asio::awaitable<void> start_tls(std::string) override
    {
        encrypted_ = true;
        co_return;
    }

    [[nodiscard]] bool encrypted() const override { return encrypted_; }

    [[nodiscard]] std::string tls_summary() const override { return {}; }

    [[nodiscard]] std::string peer_address() const override { return "127.0.0.1"; }

    [[nodiscard]] bool loopback() const override { return loopback_; }

    void close() override { closed_ = true; }

private:
    static constexpr auto never = std::chrono::steady_clock::time_point::max();

    void step()
    {
        ++steps_;
        if (closed_ || (left_ > 0 && --left_ == 0))
            throw boost::system::system_error{boost::asio::error::connection_reset};
    }

    boost::asio::steady_timer more_;
    std::string input_, output_;
    bool ended_ = false, closed_ = false, encrypted_ = false, loopback_ = true, timed_out_ = false;
    int left_ = 0, steps_ = 0;
    std::size_t largest_write_ = 0;
};

}  // namespace imap::test
