// channel: the wire with a buffer each way.
#include "imap/channel.h"

#include <boost/system/system_error.hpp>

namespace imap {

namespace {

constexpr std::size_t kept_capacity = 4096;  // an idle session holds no more in each buffer

void clear(std::string& buffer)
{
    if (buffer.capacity() > kept_capacity) {
        std::string{}.swap(buffer);
    } else {
        buffer.clear();
    }
}

Disconnected disconnected(const boost::system::system_error& error)
{
    return Disconnected{
        error.code() == boost::asio::error::timed_out ? Disconnected::Why::silent : Disconnected::Why::gone};
}

}  // namespace

Async<void> Channel::relieve()
{
    if (out_.size() >= output_batch) co_await flush();
}

Async<void> Channel::flush()
{
    if (out_.empty()) co_return;
    try {
        co_await wire_.write(out_, limits_.write_patience);
    } catch (const boost::system::system_error& error) {
        torn_ = true;  // nobody knows how much of it the peer has
        throw disconnected(error);
    }
    clear(out_);
}

void Channel::consume(std::size_t octets)
{
    at_ += octets;
    if (at_ < in_.size()) return;
    clear(in_);
    at_ = 0;
}

Async<void> Channel::fill(std::chrono::milliseconds patience)
{
    using std::chrono::milliseconds;
    co_await flush();
    if (at_ > kept_capacity) {
        in_.erase(0, at_);
        at_ = 0;
    }
    if (deadline_ != Clock::time_point::max()) {
        const auto left = std::chrono::ceil<milliseconds>(deadline_ - Clock::now());
        if (left <= milliseconds::zero()) throw Disconnected{Disconnected::Why::silent};
        patience = std::min(patience, left);
    }
    bool more = false;
    try {
        more = co_await wire_.read(in_, patience);
    } catch (const boost::system::system_error& error) {
        throw disconnected(error);
    }
    if (!more) throw Disconnected{Disconnected::Why::gone};
}

}  // namespace imap
