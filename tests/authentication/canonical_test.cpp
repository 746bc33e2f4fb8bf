// canonical_test: RFC 6376 3.4, in one piece and in any pieces.
#include "gateway/authentication/canonical.h"

#include <doctest/doctest.h>

using namespace gateway::authentication;

namespace {

std::string sha256(std::string_view text)
{
    Digest digest(Hash::sha256);
    digest.update(text);
    return digest.finish();
}

std::string body_digest(const std::string& body, Canonical form, std::size_t step)
{
    const auto mail = "From: a@b.test\r\n\r\n" + body;
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < mail.size(); at += step) pieces.push_back(std::string_view(mail).substr(at, step));
    return hash_body(MailText(pieces), form, Hash::sha256, std::nullopt).digest;
}

}  // namespace

TEST_CASE("fields are canonical as RFC 6376 3.4.5 shows")
{
    CHECK(canonical_field("A: X", Canonical::relaxed) == "a:X");
    CHECK(canonical_field("B : Y\t\r\n\tZ  ", Canonical::relaxed) == "b:Y Z");
    CHECK(canonical_field("B : Y\t\r\n\tZ  ", Canonical::simple) == "B : Y\t\r\n\tZ  ");
    CHECK(canonical_field("Empty:", Canonical::relaxed) == "empty:");
    CHECK(canonical_field("Blank: \r\n ", Canonical::relaxed) == "blank:");
    CHECK(canonical_field("No colon", Canonical::relaxed) == "no colon:");
}

TEST_CASE("bodies are canonical in whatever pieces they come")
{
    struct Row {
        std::string body, relaxed, simple;
    };
    const Row rows[] = {
        {" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n", " C \r\nD \t E\r\n"},
        {"", "", "\r\n"},
        {"\r\n\r\n", "", "\r\n"},
        {"  \t\r\n\r\n", "", "  \t\r\n"},
        {"no line end", "no line end\r\n", "no line end\r\n"},
        {"blank at the end ", "blank at the end\r\n", "blank at the end \r\n"},
        {"a\r\n\r\nb", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n"},
        {"bare\rand\nbare\r\r\n", "bare\rand\nbare\r\r\n", "bare\rand\nbare\r\r\n"},
        {"end in CR\r", "end in CR\r\r\n", "end in CR\r\r\n"},
    };
    for (const auto& row : rows)
        for (const std::size_t step : {1, 2, 3, 5, 1000}) {
            CAPTURE(row.body);
            CAPTURE(step);
            CHECK(body_digest(row.body, Canonical::relaxed, step) == sha256(row.relaxed));
            CHECK(body_digest(row.body, Canonical::simple, step) == sha256(row.simple));
        }
}

TEST_CASE("only the first octets are hashed when so many are asked for, and how many there are is told")
{
    const MailText mail("From: a@b.test\r\n\r\nHello  world\r\n\r\n");
    const auto five = hash_body(mail, Canonical::relaxed, Hash::sha256, 5);
    CHECK(five.digest == sha256("Hello"));
    CHECK(five.octets == 13);
    CHECK(hash_body(mail, Canonical::relaxed, Hash::sha256, 99).digest == sha256("Hello world\r\n"));
}

TEST_CASE("a large body is hashed as a small one")
{
    std::string body;
    for (int i = 0; i < 100'000; ++i) body += "a line of some words  \r\n";
    std::string relaxed;
    for (int i = 0; i < 100'000; ++i) relaxed += "a line of some words\r\n";
    CHECK(body_digest(body, Canonical::relaxed, 1 << 20) == sha256(relaxed));
}

TEST_CASE("a header is read field by field; one that is too long is not read at all")
{
    const MailText mail(
        "Received: by x\r\n\tfor y\r\nFROM : a@b.test\r\nno field\r\n more\r\nfrom:c@d.test\r\n\r\nFrom: body\r\n");
    REQUIRE(mail.fields().size() == 3);
    CHECK(mail.whole(0) == "Received: by x\r\n\tfor y");
    CHECK(mail.named("from").size() == 2);
    CHECK(mail.value(mail.named("from")[1]) == "c@d.test");
    CHECK(mail.body().front() == "From: body\r\n");
    CHECK(MailText("\r\nall body").fields().empty());
    CHECK(MailText("\r\nall body").body().front() == "all body");
    CHECK(MailText("").fields().empty());
    const MailText huge("X: " + std::string(2 << 20, 'x') + "\r\nFrom: a@b.test\r\n\r\n");
    CHECK(huge.too_large());
    CHECK(huge.fields().empty());
}
