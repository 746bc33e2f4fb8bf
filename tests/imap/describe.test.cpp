// describe: ENVELOPE and BODYSTRUCTURE, and that whatever a mail is, they are legal.
#include "imap/describe.h"

#include "imap/envelope_address.h"
#include "imap/section.h"
#include "transcript.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <filesystem>

using namespace imap;

namespace {

std::string envelope_of(std::string_view mail)
{
    return envelope(mime::parse(mail), mail);
}

std::string structure_of(std::string_view mail)
{
    return body_structure(mime::parse(mail), mail);
}

// One parenthesised value of 7-bit text, quotes and parentheses in balance.
bool legal(std::string_view text)
{
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x80 || c == '\r' || c == '\n' || c == 0) return false;
        if (quoted && c == '\\') {
            ++i;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && c == '(') {
            ++depth;
        } else if (!quoted && c == ')' && --depth == 0) {
            return i + 1 == text.size();
        }
    }
    return false;
}

void check_legal(std::string_view mail)
{
    const auto message = mime::parse(mail);
    const auto structure = body_structure(message, mail);
    CHECK(legal(envelope(message, mail)));
    CHECK(legal(structure));
    CHECK(legal(basic_body(structure)));
}

}  // namespace

TEST_CASE("the envelope of RFC 3501's example")
{
    CHECK(envelope_of("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray "
                      "<gray@cac.washington.edu>\r\n"
                      "Subject: IMAP4rev1 WG mtg summary and minutes\r\nTo: imap@cac.washington.edu\r\n"
                      "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
                      "Message-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n") ==
          "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" "
          "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" "
          "\"cac.washington.edu\")) "
          "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((NIL NIL \"imap\" "
          "\"cac.washington.edu\")) "
          "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" "
          "\"MIT.EDU\")) NIL NIL "
          "\"<B27397-0100000@cac.washington.edu>\")");
}

TEST_CASE("absent fields are NIL and empty ones are empty")
{
    CHECK(envelope_of("Subject:\r\n\r\n") == "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)");
}

TEST_CASE("encoded words stay, folding goes, and raw 8-bit is encoded")
{
    CHECK(envelope_of("Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n of \"all\"\r\n\r\n") ==
          "(NIL \"=?utf-8?q?Gr=C3=BC=C3=9Fe?= of \\\"all\\\"\" NIL NIL NIL NIL NIL NIL NIL NIL)");
    const auto raw = envelope_of("Subject: Gr\xc3\xbc\xc3\x9f"
                                 "e\r\n\r\n");
    CHECK(legal(raw));
    CHECK(raw.find("=?") != std::string::npos);
}

TEST_CASE("addresses of every kind")
{
    CHECK(envelope_addresses("jane@x (Jane Doe)") == "((\"Jane Doe\" NIL \"jane\" \"x\"))");
    CHECK(envelope_addresses("\"Doe, \\\"J\\\"\" <jane@x>") == "((\"Doe, \\\"J\\\"\" NIL \"jane\" \"x\"))");
    CHECK(envelope_addresses("Team: a@x, B <b@y>; , c@z") ==
          "((NIL NIL \"Team\" NIL)(NIL NIL \"a\" \"x\")(\"B\" NIL \"b\" \"y\")(NIL NIL NIL NIL)(NIL "
          "NIL \"c\" \"z\"))");
    CHECK(envelope_addresses("undisclosed-recipients:;") ==
          "((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL))");
    CHECK(envelope_addresses("<@a,@b:c@d>") == "((NIL \"@a,@b\" \"c\" \"d\"))");
    CHECK(envelope_addresses("\"a b\"@[192.0.2.1]") == "((NIL NIL \"a b\" \"[192.0.2.1]\"))");
    CHECK(envelope_addresses("root") == "((NIL NIL \"root\" \"MISSING_DOMAIN\"))");
    CHECK(envelope_addresses("John Q. Public <jp@x>") == "((\"John Q. Public\" NIL \"jp\" \"x\"))");
    CHECK(envelope_addresses(" , ,") == "NIL");
    CHECK(envelope_addresses("") == "NIL");
}

TEST_CASE("the structure of a mail with text, HTML and an attachment")
{
    CHECK(structure_of("Content-Type: multipart/mixed; "
                       "boundary=b\r\n\r\n--b\r\n\r\nhello\r\nyou\r\n\r\n--b\r\n"
                       "Content-Type: image/png; name=\"p l.png\"\r\nContent-Transfer-Encoding: BASE64\r\n"
                       "Content-ID: <i@x>\r\nContent-Disposition: attachment; "
                       "filename=p.png\r\nContent-Language: de, en\r\n\r\nAAAA\r\n--b--\r\n") ==
          "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 12 2 NIL NIL NIL NIL)"
          "(\"image\" \"png\" (\"name\" \"p l.png\") \"<i@x>\" NIL \"BASE64\" 4 NIL (\"attachment\" "
          "(\"filename\" \"p.png\")) (\"de\" \"en\") NIL)"
          " \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)");
}

TEST_CASE("BODY is BODYSTRUCTURE without extension data, and what is none stays as it is")
{
    CHECK(
        basic_body("((\"text\" \"plain\" NIL NIL NIL \"7bit\" 5 0 NIL NIL NIL NIL) \"mixed\" "
                   "(\"boundary\" \"b\") NIL NIL NIL)") == "((\"text\" \"plain\" NIL NIL NIL \"7bit\" 5 0) \"mixed\")");
    for (const auto* odd : {"", "(", "x", "(\"text\"", "((((("}) CHECK(basic_body(odd) == odd);
}

TEST_CASE("whatever a mail is, its description is legal")
{
    rc::check("any octets", [](const std::string& mail) {
        const auto message = mime::parse(mail);
        RC_ASSERT(legal(envelope(message, mail)));
        RC_ASSERT(legal(body_structure(message, mail)));
    });
    check_legal("");
    std::string deep;
    for (int i = 0; i < 300; ++i) deep += "Content-Type: message/rfc822\r\n\r\n";
    check_legal(deep);
    check_legal("Content-Type: multipart/mixed\r\n\r\nno boundary");
    check_legal("Subject: \xff\xfe\"\\\r\nFrom: \"\xff\" <\xff@\xff>\r\nContent-Type: text/plain; "
                "charset=\"\xff\"\r\n\r\n");
}

TEST_CASE("every mail of the corpus has a legal description" * doctest::skip(std::getenv("E2_CORPUS") == nullptr))
{
    int mails = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator{std::getenv("E2_CORPUS")}) {
        if (!file.is_regular_file() || file.file_size() > 5'000'000) continue;
        CAPTURE(file.path().string());
        check_legal(test::read_file(file.path().string()));
        ++mails;
    }
    CHECK(mails > 0);
}

TEST_CASE("sections of a mail with an enclosed one")
{
    const std::string mail = "Subject: outer\r\nContent-Type: multipart/mixed; "
                             "boundary=b\r\n\r\n--b\r\n\r\nfirst\r\n--b\r\n"
                             "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninside\r\n--b--\r\n";
    const auto outline = mime::outline(mime::parse(mail));
    const auto get = [&](std::vector<std::uint32_t> path, command::Section::Kind kind) -> std::optional<std::string> {
        command::Section section;
        section.path = std::move(path);
        section.kind = kind;
        const auto extent = locate(section, outline, mail.size());
        if (!extent.exists) return std::nullopt;
        return std::string{extent.range.of(mail)};
    };
    using Kind = command::Section::Kind;
    CHECK(get({}, Kind::whole) == mail);
    CHECK(get({1}, Kind::whole) == "first");
    CHECK(get({1, 1}, Kind::whole) == std::nullopt);
    CHECK(get({3}, Kind::whole) == std::nullopt);
    CHECK(get({1}, Kind::header) == std::nullopt);
    CHECK(get({2}, Kind::mime) == "Content-Type: message/rfc822\r\n\r\n");
    CHECK(get({2}, Kind::header) == "Subject: inner\r\n\r\n");
    CHECK(get({2}, Kind::text) == "inside");
    CHECK(get({2, 1}, Kind::whole) == "inside");
    const std::string single = "Subject: x\r\n\r\nbody\r\n";
    const auto plain = mime::outline(mime::parse(single));
    command::Section first;
    first.path = {1};
    CHECK(locate(first, plain, single.size()).range.of(single) == "body\r\n");
    first.path = {1, 1};
    CHECK_FALSE(locate(first, plain, single.size()).exists);
}
