// command_reader: cuts the input into commands: lines with the literals in them, RFC 3501 4.3, RFC
// 7888.
#include "imap/command_reader.h"

#include "imap/grammar/cursor.h"
#include "imap/grammar/grammar.h"

#include <charconv>

namespace imap {

namespace {

std::string tag_of(std::string_view text)
{
    grammar::Cursor in{text};
    const auto tag = in.tag();
    return tag.empty() ? "*" : std::string{tag};
}

}  // namespace

// literal = "{" number ["+"] "}" CRLF
std::optional<CommandReader::Literal> CommandReader::literal_at_end(std::string_view text, std::size_t line_begin)
{
    if (!text.ends_with('}')) return std::nullopt;
    const auto brace = text.rfind('{');
    if (brace == std::string_view::npos || brace < line_begin) return std::nullopt;
    Literal literal{brace};
    const auto* end = text.data() + text.size() - 1;
    const auto [rest, error] = std::from_chars(text.data() + brace + 1, end, literal.size);
    if (error != std::errc{}) return std::nullopt;
    literal.synchronising = rest == end;
    if (!literal.synchronising && (rest + 1 != end || *rest != '+')) return std::nullopt;
    return literal;
}

Async<Framed> CommandReader::next(Trust trust)
{
    const bool stranger = trust == Trust::stranger;
    const auto line_limit = stranger ? limits_.line_before_login : limits_.line;
    const auto literal_limit = stranger ? limits_.literal_before_login : limits_.literal;
    Frame frame;
    for (;;) {
        const auto begin = frame.text.size();
        if (!co_await read_line(frame.text, line_limit)) {
            co_return FrameRefused{tag_of(frame.text), bad("Line too long", "TOOBIG")};
        }
        const auto literal = literal_at_end(frame.text, begin);
        if (!literal) co_return frame;
        const std::string_view head = std::string_view{frame.text}.substr(0, literal->brace);
        const bool mail = !stranger && !frame.mail && grammar::mail_literal_follows(head);
        if (mail ? literal->size > limits_.append : literal->size > literal_limit) {
            co_return co_await refuse(std::move(frame.text), *literal,
                mail ? no("Message too large", "TOOBIG") : bad("Literal too large", "TOOBIG"),
                mail ? limits_.swallowed_append : limits_.swallowed_command);
        }
        if (!mail && frame.text.size() + literal->size > limits_.command) {
            co_return co_await refuse(
                std::move(frame.text), *literal, bad("Command too long", "TOOBIG"), limits_.swallowed_command);
        }
        frame.text += "\r\n";
        co_await invite(*literal);
        if (!mail) {
            co_await read_literal(frame.text, literal->size);
            continue;
        }
        frame.mail.emplace();
        if (!co_await read_mail(*frame.mail, literal->size)) {
            co_return co_await refuse(std::move(frame.text), {0, 0, false},
                no("No room for the message now", "UNAVAILABLE"), limits_.swallowed_append);
        }
    }
}

Async<std::optional<std::string>> CommandReader::line(std::size_t limit)
{
    std::string text;
    if (!co_await read_line(text, limit)) co_return std::nullopt;
    co_return text;
}

// Appends the line to `text`; false when it is longer than `limit`: then it is gone, but for its
// beginning.
Async<bool> CommandReader::read_line(std::string& text, std::size_t limit)
{
    const auto begin = text.size();
    bool fits = true;
    for (;;) {
        while (channel_.pending().empty()) co_await channel_.fill(patience());
        const auto pending = channel_.pending();
        const auto end = pending.find('\n');
        const auto piece = pending.substr(0, end);
        fits = fits && text.size() - begin + piece.size() <= limit + 1;  // and a CR
        if (fits || text.size() == begin) text += piece.substr(0, limit);
        channel_.consume(end == std::string_view::npos ? pending.size() : end + 1);
        if (end != std::string_view::npos) break;
    }
    if (text.size() > begin && text.back() == '\r') text.pop_back();
    co_return fits;
}

Async<void> CommandReader::invite(const Literal& literal)
{
    if (!literal.synchronising) co_return;
    channel_.out() += "+ OK\r\n";
    co_await channel_.flush();
}

Async<void> CommandReader::read_literal(std::string& text, std::uint64_t size)
{
    for (auto left = size; left > 0;) {
        while (channel_.pending().empty()) co_await channel_.fill(patience());
        const auto piece = channel_.pending().substr(0, left);
        text += piece;
        left -= piece.size();
        channel_.consume(piece.size());
    }
}

// false when the spool's disk failed; the literal is read to its end all the same, so that the
// session can go on.
Async<bool> CommandReader::read_mail(mime::Spool& mail, std::uint64_t size)
{
    bool kept = true;
    for (auto left = size; left > 0;) {
        while (channel_.pending().empty()) co_await channel_.fill(patience());
        const auto piece = channel_.pending().substr(0, left);
        try {
            if (kept) mail.append(piece);
        } catch (const std::exception&) {
            kept = false;
        }
        left -= piece.size();
        channel_.consume(piece.size());
    }
    co_return kept;
}

Async<void> CommandReader::swallow(std::uint64_t size)
{
    while (size > 0) {
        while (channel_.pending().empty()) co_await channel_.fill(patience());
        const auto piece = std::min<std::uint64_t>(size, channel_.pending().size());
        channel_.consume(piece);
        size -= piece;
    }
}

// A client that waits for "+" sends nothing more once it has the refusal. Else the rest of the
// command is on its way.
Async<FrameRefused> CommandReader::refuse(std::string text, Literal literal, Reply reply, std::uint64_t bound)
{
    FrameRefused out{tag_of(text), std::move(reply)};
    std::uint64_t swallowed = 0;
    while (!literal.synchronising) {
        swallowed += literal.size;
        if (literal.size > bound || swallowed > bound) {
            out.over = true;
            break;
        }
        co_await swallow(literal.size);
        std::string rest;
        (void)co_await read_line(rest, limits_.line);
        const auto next = literal_at_end(rest, 0);
        if (!next) break;
        literal = *next;
    }
    co_return out;
}

}  // namespace imap
