// channel: the wire with a buffer each way. Answers are gathered and leave in few writes: before
// the session waits for input, or once they are long.
#pragma once

#include "imap/limits.h"
#include "imap/mailboxes.h"
#include "imap/wire.h"

#include <chrono>
#include <exception>
#include <string>
#include <string_view>

namespace imap {

// The conversation cannot go on: the peer is gone or silent. Apart from the failures behind the
// other ports.
class Disconnected : public std::exception {
public:
    enum class Why { gone, silent };

    explicit Disconnected(Why why) : why_{why} {}

    [[nodiscard]] Why why() const { return why_; }

    [[nodiscard]] const char* what() const noexcept override { return "the client is gone"; }

private:
    Why why_;
};

class Channel {
public:
    using Clock = std::chrono::steady_clock;

    Channel(Wire& wire, const Limits& limits) : wire_{wire}, limits_{limits} {}

    // Output. Whatever is appended here is sent in order.
    [[nodiscard]] std::string& out() { return out_; }

    Async<void> relieve();  // writes when much has gathered
    Async<void> flush();

    // Input that has come and is not consumed; valid until the next fill().
    [[nodiscard]] std::string_view pending() const { return std::string_view{in_}.substr(at_); }

    void consume(std::size_t octets);
    // Flushes, then waits for more input; throws Disconnected at the end of the stream and after
    // `patience`.
    Async<void> fill(std::chrono::milliseconds patience);

    // Every wait ends by then, too: a client that logs in one octet at a time does not stay.
    void set_deadline(Clock::time_point deadline) { deadline_ = deadline; }

    // While an answer is being sent in pieces, a failure behind a port cannot be told: the session
    // must end.
    class Unfinished {
    public:
        explicit Unfinished(Channel& channel) : channel_{channel} { channel_.torn_ = true; }

        void finished() { channel_.torn_ = false; }

    private:
        Channel& channel_;
    };

    [[nodiscard]] bool torn() const { return torn_; }

private:
    Wire& wire_;
    const Limits& limits_;
    std::string in_, out_;
    std::size_t at_ = 0;
    Clock::time_point deadline_ = Clock::time_point::max();
    bool torn_ = false;
};

}  // namespace imap
