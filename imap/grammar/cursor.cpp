// cursor: reads the tokens of a command, RFC 3501 9.
#include "imap/grammar/cursor.h"

#include "imap/limits.h"
#include "imap/mailbox_name.h"
#include "imap/text.h"
#include "mime/ascii.h"

#include <charconv>
#include <limits>

namespace imap::grammar {

namespace {

bool in(std::string_view set, unsigned char c)
{
    return set.find(static_cast<char>(c)) != std::string_view::npos;
}

bool atom_char(unsigned char c)
{
    return c > ' ' && c < 0x7f && !in("(){%*\"\\]", c);
}

bool astring_char(unsigned char c)
{
    return atom_char(c) || c == ']';
}

bool list_char(unsigned char c)
{
    return astring_char(c) || c == '%' || c == '*' || c >= 0x80;
}

bool tag_char(unsigned char c)
{
    return astring_char(c) && c != '+';
}

// Sloppy clients send raw UTF-8 names unquoted; the name's own check decides.
bool lenient_astring_char(unsigned char c)
{
    return astring_char(c) || c >= 0x80;
}

}  // namespace

void Cursor::fail(std::string_view why)
{
    if (!failed()) error_ = why;
}

bool Cursor::take(char c)
{
    if (!at(c)) return false;
    ++at_;
    return true;
}

bool Cursor::take_word(std::string_view word)
{
    if (failed() || !mime::equal_ignoring_case(text_.substr(at_, word.size()), word)) return false;
    const auto after = at_ + word.size();
    if (after < text_.size() && atom_char(static_cast<unsigned char>(text_[after]))) return false;
    at_ = after;
    return true;
}

void Cursor::expect(char c)
{
    if (failed() || take(c)) return;
    fail(c == ' ' ? std::string{"Expected a space"} : std::string{"Expected \""} + c + '"');
}

void Cursor::end()
{
    if (!failed() && !done()) fail("Unexpected text at the end");
}

std::string_view Cursor::take_while(bool (*wanted)(unsigned char), std::string_view what)
{
    if (failed()) return {};
    const auto begin = at_;
    while (!done() && wanted(static_cast<unsigned char>(text_[at_]))) ++at_;
    if (at_ == begin) fail(std::string{"Expected "} + std::string{what});
    return text_.substr(begin, at_ - begin);
}

std::string_view Cursor::tag()
{
    return take_while(tag_char, "a tag");
}

std::string_view Cursor::atom()
{
    return take_while(atom_char, "an atom");
}

std::string Cursor::word()
{
    return mime::uppered(atom());
}

std::string_view Cursor::until(std::string_view delimiters)
{
    if (failed()) return {};
    const auto begin = at_;
    while (!done() && static_cast<unsigned char>(text_[at_]) > ' ' &&
           !in(delimiters, static_cast<unsigned char>(text_[at_])))
        ++at_;
    if (at_ == begin) fail("Expected a word");
    return text_.substr(begin, at_ - begin);
}

std::string Cursor::astring()
{
    if (at('"') || at('{')) return string();
    return std::string{take_while(lenient_astring_char, "a string")};
}

std::string Cursor::string()
{
    if (at('"')) return quoted();
    if (at('{')) return literal();
    fail("Expected a string");
    return {};
}

// quoted = DQUOTE *QUOTED-CHAR DQUOTE
std::string Cursor::quoted()
{
    std::string out;
    for (++at_; !done(); ++at_) {
        char c = text_[at_];
        if (c == '"') {
            ++at_;
            return out;
        }
        if (c == '\\') {
            if (++at_ >= text_.size()) break;
            c = text_[at_];
        }
        if (c == '\r' || c == '\n' || c == '\0') break;
        out += c;
    }
    fail("Unfinished quoted string");
    return {};
}

// literal = "{" number ["+"] "}" CRLF *CHAR8
std::string Cursor::literal()
{
    expect('{');
    const auto size = number();
    take('+');
    expect('}');
    take('\r');
    expect('\n');
    if (failed()) return {};
    const auto octets = text_.substr(at_, size);
    if (octets.size() < size || octets.find('\0') != std::string_view::npos) {
        fail("Bad literal");
        return {};
    }
    at_ += size;
    return std::string{octets};
}

std::string Cursor::decoded_mailbox(const std::string& wire)
{
    if (failed()) return {};
    auto name = decode_mailbox(wire);
    if (!name) {
        fail("Mailbox name is not modified UTF-7");
        return {};
    }
    return normal_mailbox(std::move(*name));
}

std::string Cursor::mailbox()
{
    return decoded_mailbox(astring());
}

std::string Cursor::list_mailbox()
{
    if (at('"') || at('{')) return decoded_mailbox(string());
    return decoded_mailbox(std::string{take_while(list_char, "a mailbox pattern")});
}

std::uint64_t Cursor::number64()
{
    if (failed()) return 0;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{} || value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        fail("Expected a number");
        return 0;
    }
    at_ = static_cast<std::size_t>(end - text_.data());
    return value;
}

std::uint32_t Cursor::number()
{
    const auto value = number64();
    if (value > std::numeric_limits<std::uint32_t>::max()) fail("Number too large");
    return failed() ? 0 : static_cast<std::uint32_t>(value);
}

std::uint32_t Cursor::nz_number()
{
    const auto value = number();
    if (value == 0) fail("Expected a number above zero");
    return value;
}

}  // namespace imap::grammar
