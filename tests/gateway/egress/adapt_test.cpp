// adapt_test: mail for hops that take less, and mail of authors whose domain lets nobody else send it. mapping.md "Mail
// out".
#include "doubles.h"
#include "gateway/egress/adapt.h"

#include <doctest/doctest.h>

using namespace gateway::egress;

namespace {

const std::string utf8 =
    "From: a@one.test\r\nTo: b@y.test\r\nSubject: Grüße\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\nSchön\r\n";

bool ascii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
}

Job job()
{
    Job job;
    job.eight_bit = true;
    return job;
}

Relayed post(bool dkim)
{
    return {.author_domain = "strict.test",
        .proven_by_dkim = dkim,
        .added = {"list-id"},
        .relay = "a-abc@one.test",
        .list = "News"};
}

const std::string foreign =
    "DKIM-Signature: v=1; d=strict.test; h=from:to; b=x\r\nFrom: Carol <carol@strict.test>\r\nTo: news@one.test\r\n\r\nHello\r\n";

}  // namespace

TEST_CASE("a hop with 8BITMIME and SMTPUTF8 gets the mail as it is")
{
    const auto mail = adapted(job(), {.eight_bit_mime = true, .smtputf8 = true}, utf8);
    CHECK(mail.changed == "");
    CHECK(mail.eight_bit);
    CHECK(mail.smtputf8);  // its header needs it
}

TEST_CASE("a hop without SMTPUTF8 gets its header fields encoded, one without 8BITMIME its content")
{
    const auto header = adapted(job(), {.eight_bit_mime = true}, utf8);
    CHECK(header.changed.find("Subject: =?utf-8?") != std::string::npos);
    CHECK(header.changed.ends_with("Schön\r\n"));
    CHECK(header.eight_bit);
    CHECK_FALSE(header.smtputf8);
    const auto both = adapted(job(), {}, utf8);
    CHECK(ascii(both.changed));
    CHECK(both.changed.find("Sch=C3=B6n") != std::string::npos);
    CHECK_FALSE(both.eight_bit);
}

TEST_CASE("what is signed leaves as it came, and so does what has seven bits")
{
    CHECK(adapted(job(), {}, "DKIM-Signature: v=1\r\n" + utf8).changed == "");
    CHECK(adapted(job(), {}, "DKIM-Signature: v=1\r\n" + utf8).eight_bit);
    Job plain;
    CHECK(adapted(plain, {}, "Subject: x\r\n\r\nx\r\n").changed == "");
}

TEST_CASE("From is rewritten only where the author's domain demands it and no signature of its own holds")
{
    CHECK_FALSE(must_rewrite(post(true), AuthorPolicy::allows, foreign));
    CHECK_FALSE(must_rewrite(post(false), AuthorPolicy::allows, foreign));
    CHECK_FALSE(must_rewrite(post(true), AuthorPolicy::demands_alignment, foreign));
    CHECK(must_rewrite(post(false), AuthorPolicy::demands_alignment, foreign));
    auto signed_list = post(true);
    signed_list.added = {"to"};
    CHECK(must_rewrite(signed_list, AuthorPolicy::demands_alignment, foreign));
    const auto mail = rewritten(post(false), foreign);
    CHECK(mail.starts_with("From: Carol via News <a-abc@one.test>\r\nReply-To: Carol <carol@strict.test>\r\n"));
    CHECK(rewritten(post(false), "no header").find("Somebody via News") != std::string::npos);
}

TEST_CASE("a seal says what was found when the mail came in, and not from which network it came")
{
    auto relayed = post(false);
    relayed.authentication = "spf=pass dkim=none dmarc=fail domain=other.test arc=pass network=net:192.0.2.0/24";
    const auto sealing = sealing_of(relayed, "mx.one.test");
    CHECK(sealing.results == "spf=pass; dkim=none; dmarc=fail header.from=strict.test");
    CHECK(sealing.chain == gateway::authentication::Result::pass);
    relayed.authentication = "arc=temperror";
    CHECK(sealing_of(relayed, "mx.one.test").results == "none");
    CHECK(sealing_of(relayed, "mx.one.test").chain == gateway::authentication::Result::fail);
}
