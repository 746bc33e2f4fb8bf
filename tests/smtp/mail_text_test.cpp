// mail_text_test: where a mail ends, however it is cut; what is unsafe in it.
#include "smtp/mail_text.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

namespace {

struct Taken {
    std::string mail, rest;
    bool finished, bare, nul;
    bool operator==(const Taken&) const = default;
};

// `bytes` given in pieces of `step` octets.
Taken take(std::string_view bytes, std::size_t step)
{
    smtp::MailText text(smtp::Framing::dots);
    Taken taken{};
    std::size_t at = 0;
    while (at < bytes.size() && !text.finished()) at += text.take(bytes.substr(at, step), taken.mail);
    taken.rest = bytes.substr(at);
    taken.finished = text.finished();
    taken.bare = text.bare_newline();
    taken.nul = text.nul();
    return taken;
}

}  // namespace

TEST_CASE("only CRLF.CRLF ends a mail")
{
    struct {
        const char* in;
        const char* mail;
        const char* rest;
        bool finished, bare;
    } const cases[] = {
        {".\r\n", "", "", true, false},
        {"a\r\n.\r\nQUIT\r\n", "a\r\n", "QUIT\r\n", true, false},
        {"..a\r\n...\r\n.\r\n", ".a\r\n..\r\n", "", true, false},
        {".a\r\n.\r\n", "a\r\n", "", true, false},
        {"a\n.\r\nb\r\n.\r\n", "a\r\n.\r\nb\r\n", "", true, true},
        {"a\r\n.\nb\r\n.\r\n", "a\r\n\r\nb\r\n", "", true, true},
        {"a\n.\nb\r\n.\r\n", "a\r\n.\r\nb\r\n", "", true, true},
        {"a\r.\r\nb\r\n.\r\n", "a\r\n.\r\nb\r\n", "", true, true},
        {"a\r\n.\rb\r\n.\r\n", "a\r\n\r\nb\r\n", "", true, true},
        {"a\r\r\n.\r\n", "a\r\n\r\n", "", true, true},
        {"a\r\n.\r\r\n.\r\n", "a\r\n\r\n\r\n", "", true, true},
        {"a\r\n.", "a\r\n", "", false, false},
    };

    for (const auto& c : cases)
        for (const std::size_t step : {1, 2, 3, 100}) {
            CAPTURE(c.in);
            CAPTURE(step);
            const auto taken = take(c.in, step);
            CHECK(taken.mail == c.mail);
            CHECK(taken.rest == c.rest);
            CHECK(taken.finished == c.finished);
            CHECK(taken.bare == c.bare);
        }
}

TEST_CASE("NUL is noticed wherever it stands")
{
    CHECK(take(std::string("a\0b\r\n.\r\n", 8), 1).nul);
    CHECK(take(std::string("a\0b\r\n.\r\n", 8), 100).nul);
    CHECK(!take(std::string("a\r\n.\r\n\0", 7), 100).nul);
}

TEST_CASE("how a mail is cut into packets changes nothing")
{
    CHECK(rc::check([](const std::vector<int>& numbers, std::size_t step) {
        std::string bytes;
        for (const auto n : numbers) bytes += "\r\n.\r\n.a"[static_cast<unsigned>(n) % 7];
        RC_ASSERT(take(bytes, step % 5 + 1) == take(bytes, 1000));
    }));
}

TEST_CASE("what is stuffed comes out as it was, whatever it holds")
{
    CHECK(rc::check([](const std::vector<std::string>& lines, std::size_t step) {
        std::string mail;
        for (const auto& line : lines) {
            for (const char c : line)
                if (c != '\r' && c != '\n') mail += static_cast<unsigned char>(c) % 3 == 0 ? '.' : c;
            mail += "\r\n";
        }
        smtp::DotStuffer stuffer;
        std::string wire;
        for (std::size_t at = 0; at < mail.size(); at += step % 7 + 1)
            stuffer.put(std::string_view(mail).substr(at, step % 7 + 1), wire);
        stuffer.end(wire);
        const auto taken = take(wire, 1000);
        RC_ASSERT(taken.finished);
        RC_ASSERT(taken.mail == mail);
    }));
}

TEST_CASE("a last line without CRLF is given one")
{
    smtp::DotStuffer stuffer;
    std::string wire;
    stuffer.put("a", wire);
    stuffer.end(wire);
    CHECK(wire == "a\r\n.\r\n");
    std::string empty;
    smtp::DotStuffer().end(empty);
    CHECK(empty == ".\r\n");
}

TEST_CASE("sixteen megabytes of bare newlines cost no more than their size")
{
    std::string bytes(std::size_t{16} << 20U, '\n');
    CHECK(take(bytes, 65'536).bare);
    std::fill(bytes.begin(), bytes.end(), '\r');
    CHECK(take(bytes, 65'536).bare);
}
