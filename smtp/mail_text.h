// mail_text: the octets of a mail as they come: framing by CRLF.CRLF or by count, RFC 5321 4.5.2
// and 2.3.8, RFC 3030.
//
// Strict: nothing but CRLF ends a line and nothing but CRLF.CRLF ends a mail, whatever a client or
// the server before it takes for a line end. So no second mail can be smuggled in inside a first.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace smtp {

enum class Framing { dots, octets };

class MailText {
public:
    explicit MailText(Framing framing) : framing_(framing) {}

    // Reads from `in`, appends the mail's lines to `out` (dots unstuffed; bare CR and LF made CRLF)
    // and returns how many octets it took: all of them, unless the mail ended before.
    std::size_t take(std::string_view in, std::string& out);
    // For Framing::octets: no more is to come.
    void end(std::string& out);

    [[nodiscard]] bool finished() const { return finished_; }

    [[nodiscard]] bool bare_newline() const { return bare_newline_; }  // a CR or LF that was not CRLF

    [[nodiscard]] bool nul() const { return nul_; }

private:
    void take_after_cr(char next, std::string& out);

    Framing framing_;
    bool line_start_ = true;
    bool after_cr_ = false;   // a CR was read, nothing made of it yet
    bool after_dot_ = false;  // a dot at the start of a line was read, and nothing else of the line
    bool finished_ = false;
    bool bare_newline_ = false;
    bool nul_ = false;
};

// The other way: lines made ready for DATA.
class DotStuffer {
public:
    // Appends `in` to `out` with dots doubled at the start of lines. Pieces may be cut anywhere.
    void put(std::string_view in, std::string& out);
    // Appends what ends the mail: CRLF where the last line has none, then the dot.
    void end(std::string& out) const;

private:
    char before_last_ = '\r';
    char last_ = '\n';
};

}  // namespace smtp
