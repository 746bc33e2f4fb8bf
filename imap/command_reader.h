// command_reader: cuts the input into commands: lines with the literals in them, RFC 3501 4.3, RFC
// 7888.
//
// The mail of an APPEND or REPLACE goes into a spool as it comes and is never whole in memory.
#pragma once

#include "imap/channel.h"
#include "imap/reply.h"
#include "mime/spool.h"

#include <optional>
#include <string>
#include <variant>

namespace imap {

struct Frame {
    std::string text;                 // the command without its last line end; literals stand in it as they came
    std::optional<mime::Spool> mail;  // of APPEND; in `text` only its "{n}" CRLF
};

struct FrameRefused {  // what came is dealt with; the session may go on unless it is over
    std::string tag;
    Reply reply;
    bool over = false;
};

using Framed = std::variant<Frame, FrameRefused>;

enum class Trust { stranger, account };  // strangers get smaller limits

class CommandReader {
public:
    CommandReader(Channel& channel, const Limits& limits) : channel_{channel}, limits_{limits} {}

    // The next command. Throws Disconnected.
    Async<Framed> next(Trust trust);
    // One line outside a command (a SASL response, DONE), without its line end; nullopt when it is
    // too long (it is gone then).
    Async<std::optional<std::string>> line(std::size_t limit);

private:
    struct Literal {
        std::size_t brace = 0;  // where it begins in the text
        std::uint64_t size = 0;
        bool synchronising = true;
    };

    static std::optional<Literal> literal_at_end(std::string_view text, std::size_t line_begin);

    Async<bool> read_line(std::string& text, std::size_t limit);
    Async<void> invite(const Literal& literal);
    Async<void> read_literal(std::string& text, std::uint64_t size);
    Async<bool> read_mail(mime::Spool& mail, std::uint64_t size);
    Async<void> swallow(std::uint64_t size);
    Async<FrameRefused> refuse(std::string text, Literal literal, Reply reply, std::uint64_t bound);

    [[nodiscard]] std::chrono::milliseconds patience() const { return limits_.inactivity; }

    Channel& channel_;
    const Limits& limits_;
};

}  // namespace imap
