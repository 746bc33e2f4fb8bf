// downgrade_test: mail for next hops that take less, and mail of correspondents on its way to others. mapping.md "Mail
// out".

#include "gateway/mapping/downgrade.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/relayed.h"
#include "samples.h"

#include <doctest/doctest.h>

using namespace gateway::mapping;

namespace {

bool ascii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
}

std::string seven_bits(const std::string& bytes)
{
    return in_seven_bits(mime::parse(bytes), bytes);
}

std::string ascii_header(const std::string& bytes)
{
    return with_ascii_header(mime::parse(bytes), bytes);
}

std::string from_of(const std::string& bytes)
{
    return mime::text_of(mime::parse(bytes).root, bytes, "from");
}

const std::string flat = "From: a@x.test\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                         "Content-Transfer-Encoding: 8bit\r\n\r\nSchöne Grüße\r\n.\r\n\r\nEnde";
const std::string nested =
    "From: a@x.test\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nSch\xf6n\r\n"
    "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xff\xfe\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nínner\r\n"
    "--b--\r\n";

}  // namespace

TEST_CASE("8-bit content becomes quoted-printable or base64, and reads the same")
{
    for (const auto& mail : {flat, nested}) {
        const auto converted = seven_bits(mail);
        CHECK(ascii(converted));
        const auto before = mime::parse(mail), after = mime::parse(converted);
        const auto old_body = content_of(before, mail).body, new_body = content_of(after, converted).body;
        CHECK(new_body.text == old_body.text);
        REQUIRE(new_body.parts.size() == old_body.parts.size());
        for (std::size_t i = 0; i < old_body.parts.size() && i < 2; ++i) CHECK(new_body.parts[i] == old_body.parts[i]);
    }
    const auto converted =
        seven_bits(nested);  // an enclosed mail is converted inside: it may not be encoded itself, RFC 2046 5.2.1
    const auto message = mime::parse(converted);
    REQUIRE(message.root.parts.at(2).enclosed_message());
    CHECK(mime::text(message.root.parts[2].parts.front(), converted) == "ínner");
    CHECK(seven_bits("From: a@x.test\r\n\r\nplain\r\n") == "From: a@x.test\r\n\r\nplain\r\n");
    const std::string headless = "no header at all, \xc3\xbc\r\n";
    CHECK(seven_bits(headless).find("no header at all") != std::string::npos);
}

TEST_CASE("what is signed is told, so that nobody converts it")
{
    const auto is = [](const std::string& bytes) { return is_signed(mime::parse(bytes), bytes); };
    CHECK(is("DKIM-Signature: v=1\r\n\r\nx\r\n"));
    CHECK(is("Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"));
    CHECK(is("Content-Type: application/pkcs7-mime\r\n\r\nx\r\n"));
    CHECK_FALSE(is(flat));
}

TEST_CASE("header fields in UTF-8 are encoded; an address that ASCII cannot carry stays readable")
{
    const std::string mail =
        "From: Zoë <zoe@x.test>\r\nTo: bob@x.test, Jürgen <jürgen@x.test>\r\nSubject: Grüße\r\n\r\nText\r\n";
    CHECK(has_eight_bit_header(mime::parse(mail), mail));
    const auto converted = ascii_header(mail);
    CHECK(ascii(converted));
    const auto parsed = mime::parse(converted);
    CHECK(mime::text_of(parsed.root, converted, "subject") == "Grüße");
    CHECK(read_facts(parsed, converted).from.front().display_name == "Zoë");
    CHECK(read_facts(parsed, converted).to.front().spec() == "bob@x.test");
    CHECK(mime::text_of(parsed.root, converted, "to").find("jürgen@x.test") != std::string::npos);
    CHECK(ascii_header("Subject: x\r\n\r\nü\r\n") == "Subject: x\r\n\r\nü\r\n");
}

TEST_CASE("a signature survives what is put on top unless it signs such a field, even as absent")
{
    const auto survives = [](const std::string& signature, const char* domain = "legacy.test") {
        const auto mail = "DKIM-Signature: " + signature + "\r\nFrom: carol@legacy.test\r\n\r\nx\r\n";
        return signature_survives(mime::parse(mail), mail, domain, {"list-id", "precedence"});
    };
    CHECK(survives("v=1; d=legacy.test; h=From : To:Subject; b=x"));
    CHECK(survives("v=1; d=legacy.test; h=From; b=x", "mail.legacy.test"));
    CHECK_FALSE(survives("v=1; d=legacy.test; h=From:To:\r\n List-ID; b=x"));
    CHECK_FALSE(survives("v=1; d=other.test; h=From; b=x"));
    CHECK_FALSE(survives("v=1; d=evillegacy.test; h=From; b=x"));
    CHECK_FALSE(survives("nonsense"));
}

TEST_CASE("a rewritten From keeps the author's name readable and answers reaching them")
{
    const mime::Address author{.display_name = "Carol Ä", .local_part = "carol", .domain = "strict.test", .group = {}},
        relay{
            .display_name = {}, .local_part = "a-abcdefghijklmnopqrstuvwxyz234567", .domain = "one.test", .group = {}};
    const std::string mail =
        "DKIM-Signature: v=1; d=strict.test; h=from; b=x\r\nFrom: =?utf-8?q?Carol_=C3=84?= <carol@strict.test>\r\n"
        "To: announce@one.test\r\nSubject: s\r\n\r\nbody\r\n";
    const auto rewritten = with_from(mime::parse(mail), mail, via(author, "Announce", relay));
    CHECK(from_of(rewritten) == "Carol Ä via Announce <a-abcdefghijklmnopqrstuvwxyz234567@one.test>");
    const auto parsed = mime::parse(rewritten);
    CHECK(mime::text_of(parsed.root, rewritten, "reply-to") == "Carol Ä <carol@strict.test>");
    CHECK(rewritten.find("DKIM") == std::string::npos);
    CHECK(rewritten.ends_with("\r\n\r\nbody\r\n"));
    const auto asks = "Reply-To: else@strict.test\r\n" + mail;
    const auto kept = with_from(mime::parse(asks), asks, via(author, "Announce", relay));
    CHECK(mime::text_of(mime::parse(kept).root, kept, "reply-to") == "else@strict.test");
}
