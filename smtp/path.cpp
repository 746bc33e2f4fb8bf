// path: the grammar of paths in MAIL and RCPT, RFC 5321 4.1.2, RFC 6531 3.3.
#include "smtp/path.h"

#include "mime/ascii.h"
#include "mime/utf8.h"
#include "smtp/limits.h"

#include <boost/asio/ip/address.hpp>

namespace smtp {
namespace {

// Reads from the left; the first failure sticks, and everything read after it is empty.
class Cursor {
public:
    explicit Cursor(std::string_view text) : rest_(text), size_(text.size()) {}

    [[nodiscard]] bool failed() const { return failed_; }

    [[nodiscard]] std::size_t position() const { return size_ - rest_.size(); }

    [[nodiscard]] char peek() const { return failed_ || rest_.empty() ? '\0' : rest_.front(); }

    void fail() { failed_ = true; }

    char next()
    {
        if (failed_ || rest_.empty()) {
            fail();
            return '\0';
        }
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    bool skip(char c)
    {
        if (peek() != c || rest_.empty()) return false;
        next();
        return !failed_;
    }

    void expect(char c)
    {
        if (!skip(c)) fail();
    }

    template <class Predicate>
    std::string_view take(Predicate wanted)
    {
        std::size_t n = 0;
        while (!failed_ && n < rest_.size() && wanted(rest_[n])) ++n;
        const auto taken = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return taken;
    }

private:
    std::string_view rest_;
    std::size_t size_;
    bool failed_ = false;
};

bool is_non_ascii(char c)
{
    return static_cast<unsigned char>(c) >= 0x80;
}

// atext, RFC 5322 3.2.3, with UTF8-non-ascii of RFC 6531 3.3
bool is_atext(char c)
{
    return mime::is_alpha(c) || mime::is_digit(c) || is_non_ascii(c) ||
           std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

// Dot-string = Atom *("." Atom)
bool is_dot_string(std::string_view text)
{
    if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos)
        return false;
    for (const char c : text)
        if (!is_atext(c) && c != '.') return false;
    return true;
}

std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

// Quoted-string = DQUOTE *QcontentSMTP DQUOTE; the quotes go when what they hold is a Dot-string.
std::string read_quoted_string(Cursor& cursor)
{
    std::string content;
    cursor.expect('"');
    while (!cursor.failed() && cursor.peek() != '"') {
        char c = cursor.next();
        if (c == '\\') c = cursor.next();
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) cursor.fail();
        content += c;
    }
    cursor.expect('"');
    return is_dot_string(content) ? content : quoted(content);
}

std::string read_local_part(Cursor& cursor)
{
    if (cursor.peek() == '"') return read_quoted_string(cursor);
    std::string local(cursor.take([](char c) { return is_atext(c) || c == '.'; }));
    if (!is_dot_string(local)) cursor.fail();
    return local;
}

// address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal )
// "]", RFC 5321 4.1.3
bool is_literal_content(std::string_view content)
{
    boost::system::error_code error;
    if (content.size() > 5 && mime::equal_ignoring_case(content.substr(0, 5), "IPv6:")) {
        boost::asio::ip::make_address_v6(std::string(content.substr(5)), error);
        return !error && content.find('%') == std::string_view::npos;
    }
    if (content.find(':') == std::string_view::npos) {
        boost::asio::ip::make_address_v4(std::string(content), error);
        return !error;
    }
    return content.front() != ':' && content.back() != ':';
}

std::string read_literal(Cursor& cursor)
{
    cursor.expect('[');
    const auto content = cursor.take([](char c) { return c > 0x20 && c < 0x7F && c != '[' && c != ']' && c != '\\'; });
    cursor.expect(']');
    if (content.empty() || !is_literal_content(content)) cursor.fail();
    return "[" + std::string(content) + "]";
}

// Domain = sub-domain *("." sub-domain); an underscore is let through, for hosts have them.
std::string read_domain(Cursor& cursor)
{
    if (cursor.peek() == '[') return read_literal(cursor);
    std::string domain(cursor.take([](char c) {
        return mime::is_alpha(c) || mime::is_digit(c) || c == '-' || c == '_' || c == '.' || is_non_ascii(c);
    }));
    const bool dots =
        domain.empty() || domain.front() == '.' || domain.back() == '.' || domain.find("..") != std::string::npos;
    const bool hyphens = domain.starts_with('-') || domain.find(".-") != std::string::npos ||
                         domain.find("-.") != std::string::npos || domain.ends_with('-');
    if (dots || hyphens || domain.size() > domain_limit) cursor.fail();
    return domain;
}

// A-d-l = At-domain *( "," At-domain ), followed by ":"; accepted and ignored, RFC 5321 4.1.1.3
void skip_source_route(Cursor& cursor)
{
    do {
        cursor.expect('@');
        read_domain(cursor);
    } while (cursor.skip(','));
    cursor.expect(':');
}

std::string read_mailbox(Cursor& cursor)
{
    if (cursor.peek() == '@') skip_source_route(cursor);
    std::string mailbox = read_local_part(cursor);
    if (mailbox.size() > local_part_limit) cursor.fail();
    // "<Postmaster>" is the one mailbox without a domain, RFC 5321 4.5.1
    if (cursor.peek() == '>' && mime::equal_ignoring_case(mailbox, "postmaster")) return mailbox;
    cursor.expect('@');
    return mailbox + "@" + read_domain(cursor);
}

}  // namespace

// Path = "<" [ A-d-l ":" ] Mailbox ">"
std::optional<Path> read_path(std::string_view text)
{
    Cursor cursor(text);
    cursor.expect('<');
    Path path;
    if (cursor.peek() != '>') path.mailbox = read_mailbox(cursor);
    cursor.expect('>');
    path.length = cursor.position();
    if (cursor.failed() || !mime::is_utf8(path.mailbox)) return std::nullopt;
    return path;
}

}  // namespace smtp
