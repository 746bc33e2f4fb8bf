// scripted_wire: a Wire that speaks a transcript's client and notes what it is told.
#pragma once

#include "smtp/wire.h"
#include "transcript.h"

#include <boost/asio.hpp>

#include <functional>
#include <string>
#include <vector>

namespace test {

enum class Packets { as_written, octets };  // what one read gives: a whole turn, or one octet

class ScriptedWire : public smtp::Wire {
public:
    explicit ScriptedWire(const std::vector<Turn>& turns, Packets packets = Packets::as_written)
        : turns_(turns), packets_(packets)
    {
    }

    int fail_at = -1;  // this operation throws connection_reset
    int operations = 0;
    std::function<void()> on_drain;
    std::vector<std::string> heard;  // what the session said before each turn, and last of all
    bool closed = false;

    boost::asio::awaitable<bool> read(std::string& buffer, std::chrono::milliseconds) override
    {
        co_await step();
        if (at_ == turns_.size()) co_return false;
        const auto& turn = turns_[at_];
        if (given_ == 0) turn_begins();
        if (turn.event != Event::none) co_return co_await happen(turn.event);
        const auto n = packets_ == Packets::octets ? 1 : std::min<std::size_t>(turn.sent.size() - given_, 65'536);
        buffer.append(turn.sent, given_, n);
        given_ += n;
        if (given_ == turn.sent.size()) next_turn();
        co_return true;
    }

    boost::asio::awaitable<void> write(std::string_view bytes, std::chrono::milliseconds) override
    {
        co_await step();
        said_ += bytes;
    }

    boost::asio::awaitable<void> start_tls(std::string) override
    {
        co_await step();
        encrypted_ = true;
    }

    [[nodiscard]] bool encrypted() const override { return encrypted_; }

    [[nodiscard]] std::string tls_summary() const override { return encrypted_ ? "TLSv1.3 TEST" : ""; }

    [[nodiscard]] std::string peer_address() const override { return "192.0.2.1"; }

    [[nodiscard]] bool loopback() const override { return false; }

    void close() override
    {
        closed = true;
        heard.push_back(std::exchange(said_, {}));
    }

    [[nodiscard]] bool all_given() const { return at_ == turns_.size(); }

private:
    boost::asio::awaitable<void> step()
    {
        co_await boost::asio::post(boost::asio::use_awaitable);
        if (operations++ == fail_at) throw boost::system::system_error(boost::asio::error::connection_reset);
    }

    void turn_begins() { heard.push_back(std::exchange(said_, {})); }

    void next_turn()
    {
        ++at_;
        given_ = 0;
    }

    boost::asio::awaitable<bool> happen(Event event)
    {
        next_turn();
        if (event == Event::close) co_return false;
        if (event == Event::silence) throw boost::system::system_error(boost::asio::error::timed_out);
        boost::asio::steady_timer forever(co_await boost::asio::this_coro::executor, std::chrono::hours{1});
        boost::asio::post(forever.get_executor(), on_drain);
        co_await forever.async_wait(boost::asio::use_awaitable);
        co_return false;
    }

    const std::vector<Turn>& turns_;
    Packets packets_;
    std::size_t at_ = 0, given_ = 0;
    std::string said_;
    bool encrypted_ = false;
};

}  // namespace test
