// cursor: reads the tokens of a command, RFC 3501 9. The first error sticks, so that grammar reads
// straight down.
//
// Pure. Once it has failed, every step returns an empty value and stays where it is; loops ask
// failed().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace imap::grammar {

class Cursor {
public:
    // A command without its last line end; literals stand in it as they came: "{4}\r\nuser".
    explicit Cursor(std::string_view text) : text_{text} {}

    [[nodiscard]] bool failed() const { return !error_.empty(); }

    [[nodiscard]] const std::string& error() const { return error_; }

    [[nodiscard]] bool done() const { return at_ >= text_.size(); }

    void fail(std::string_view why);

    [[nodiscard]] bool at(char c) const { return !failed() && !done() && text_[at_] == c; }

    [[nodiscard]] bool digit_next() const { return !failed() && !done() && text_[at_] >= '0' && text_[at_] <= '9'; }

    bool take(char c);                      // whether it stood there
    bool take_word(std::string_view word);  // ASCII case-insensitive, only as a whole atom
    void expect(char c);

    void space() { expect(' '); }

    void end();  // nothing may follow

    std::string_view tag();                               // 1*<any ASTRING-CHAR except "+">
    std::string word();                                   // an atom, in upper case
    std::string_view atom();                              // 1*ATOM-CHAR
    std::string_view until(std::string_view delimiters);  // at least one octet, none of these, no space, no control
    std::string astring();                                // 1*ASTRING-CHAR / string
    std::string string();                                 // quoted / literal
    std::string mailbox();                                // astring, decoded to UTF-8, INBOX in its normal form
    std::string list_mailbox();                           // 1*list-char / string, decoded
    std::uint32_t number();                               // 0..2^32-1
    std::uint32_t nz_number();                            // 1..2^32-1
    std::uint64_t number64();                             // 0..2^63-1

private:
    std::string quoted();
    std::string literal();
    std::string decoded_mailbox(const std::string& wire);
    std::string_view take_while(bool (*wanted)(unsigned char), std::string_view what);

    std::string_view text_;
    std::size_t at_ = 0;
    std::string error_;
};

}  // namespace imap::grammar
