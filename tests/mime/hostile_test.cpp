// hostile_test: mail that is meant to cost more than its size. Quadratic time would show as
// minutes.
#include "mime/compose.h"
#include "mime/fold.h"
#include "mime/header.h"
#include "mime/outline.h"
#include "mime/transfer_encoding.h"
#include "tests/mime/support.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <chrono>

using namespace mime;
using namespace mime_test;

namespace {

std::string repeated(std::string_view piece, std::size_t times)
{
    std::string out;
    out.reserve(piece.size() * times);
    for (std::size_t i = 0; i < times; ++i) out += piece;
    return out;
}

// Everything that ingest does with a mail.
Message swallow(const std::string& mail)
{
    Message message = parse(mail);
    check_ranges(message, mail);
    CHECK(unpack(pack(outline(message))) == outline(message));
    (void)search_text(message, mail);
    for (const Field& field : message.root.fields) {
        if (message.root.fields.size() > 100) break;
        (void)parse_addresses(field.value.of(mail));
        (void)parse_message_ids(field.value.of(mail));
        (void)parse_date(field.value.of(mail));
    }
    return message;
}

}  // namespace

TEST_CASE("a hundred thousand nested parts are a bounded tree")
{
    std::string mail;
    for (int i = 0; i < 100000; ++i) {
        const std::string boundary = "b" + std::to_string(i);
        mail += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
    }
    CHECK(has(swallow(mail), Defect::too_deep));
    CHECK(has(swallow(repeated("Content-Type: message/rfc822\n\n", 100000)), Defect::too_deep));
    CHECK(has(swallow("Content-Type: multipart/mixed; boundary=x\n\n" +
                      repeated("--x\nContent-Type: multipart/mixed; boundary=x\n\n", 100000)),
        Defect::too_deep));
}

TEST_CASE("a million header lines, parts, boundaries and parameters end at their limits")
{
    const Message fields = swallow(repeated("A: b\r\n", 1000000) + "\r\nbody");
    CHECK(fields.root.fields.size() == Limits{}.fields);
    CHECK(has(fields, Defect::too_many_fields));
    const Message parts = swallow("Content-Type: multipart/mixed; boundary=x\n\n" + repeated("--x\n", 1000000));
    CHECK(parts.root.parts.size() == Limits{}.parts - 1);
    CHECK(has(parts, Defect::too_many_parts));
    const Message many = swallow("Content-Type: text/plain" + repeated("; a=b", 100000) + "\n\n");
    CHECK(many.root.type.parameters.size() == 1);
    swallow("Content-Type: text/plain" + repeated("; a*1*=b", 100000) + "\n\n");
    swallow(repeated("no colon\n", 1000000));
    swallow("A: b\n" + repeated(" \n", 1000000));
    std::string dashes;
    for (int i = 0; i < 98; ++i)
        dashes += "Content-Type: multipart/mixed; boundary=" + std::string(1, static_cast<char>('a' + i % 26)) +
                  std::to_string(i) + "\n\n--" + std::string(1, static_cast<char>('a' + i % 26)) + std::to_string(i) +
                  "\n";
    swallow(dashes + "\n" + repeated("--zz\n", 1000000));
}

TEST_CASE("a header line of 100 MB is one field")
{
    const std::string mail = "Subject: " + std::string(100'000'000, 'x') + "\r\n\r\nbody";
    const Message message = swallow(mail);
    CHECK(message.root.fields.size() == 1);
    CHECK(message.root.body.of(mail) == "body");
    CHECK(text_of(message.root, mail, "Subject").size() == Limits{}.field_value);
}

TEST_CASE("contents without end are read up to the limit")
{
    const std::string base64 =
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + std::string(50'000'000, 'A');
    const Message message = swallow(base64);
    CHECK(decoded(message.root, base64).size() == 37'500'000);
    swallow("Content-Transfer-Encoding: quoted-printable\r\n\r\n" + repeated("=", 20'000'000));
    swallow("Content-Transfer-Encoding: quoted-printable\r\n\r\n" + repeated("=\n", 10'000'000));
    swallow("Content-Type: text/html\r\n\r\n" + repeated("<a href=\"", 2'000'000));
    swallow("Content-Type: text/html\r\n\r\n" + repeated("<script></", 2'000'000));
    swallow("Content-Type: text/html\r\n\r\n" + repeated("<!--", 2'000'000));
    swallow("Content-Type: text/html\r\n\r\n" + repeated("&#x", 2'000'000));
    swallow("Content-Type: text/plain; charset=utf-7\r\n\r\n" + repeated("+AAAA", 2'000'000));
    swallow("\r\n" + repeated("e\xCC\x81", 2'000'000));
    swallow("\r\n" + repeated("\xCC\x81", 2'000'000));
}

TEST_CASE("header values that invite to look again and again take linear time")
{
    for (const char* piece :
        {"=?utf-8?q?", "=?utf-8?b?", "=?a?b?x?= ", "=?", "?=", "(", "((a)", "\"", "\\", "<", "<a@b", "@", ":", ";", ",",
            "[", "a@b,", "\"a\\", "=?a?q?,", "<>", "< >", "<@a,", "a b ", "\xC2\x85", "=?utf-8?q?=C2=85?= "}) {
        CAPTURE(piece);
        const std::string value = repeated(piece, 1'000'000 / std::string_view(piece).size());
        swallow(
            "Subject: " + value + "\r\nContent-Type: " + value + "\r\nContent-Disposition: a; b=" + value + "\r\n\r\n");
    }
}

TEST_CASE("random octets are some mail")
{
    CHECK(rc::check([] {
        const auto mail = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
        RC_ASSERT(range_fault(parse(mail), mail) == "");
    }));
    CHECK(rc::check([] {
        const auto pieces = *rc::gen::container<std::vector<std::string>>(
            rc::gen::elementOf(std::vector<std::string>{"\r\n", "\n", "--x", "--y", "--x--", "--y--", "\r", "a", " ",
                "A: b", "Content-Type: multipart/mixed; boundary=x", "Content-Type: multipart/digest; boundary=y",
                "Content-Type: message/rfc822", "Content-Transfer-Encoding: base64", "--x\r\n", "--y\n", "\r\n\r\n"}));
        std::string mail = *rc::gen::elementOf(std::vector<std::string>{
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n", "Content-Type: message/rfc822\n\n", ""});
        for (const std::string& piece : pieces) mail += piece;
        const Message message = parse(mail);
        RC_ASSERT(range_fault(message, mail) == "");
        RC_ASSERT(unpack(pack(outline(message))) == outline(message));
        (void)search_text(message, mail);
    }));
}
