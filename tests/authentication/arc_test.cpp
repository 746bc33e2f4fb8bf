// arc_test: chains of our own making hold, and none that was changed does. RFC 8617.
#include "gateway/authentication/arc.h"
#include "tests/authentication/keys.h"

#include <doctest/doctest.h>

using namespace gateway::authentication;
using namespace authentication_test;

namespace {

const std::string mail =
    "From: carol@legacy.test\r\nTo: list@one.test\r\nSubject: Hello\r\nMessage-ID: <1@legacy.test>\r\n\r\nA post.\r\n";

std::map<std::string, gateway::dns::Lookup<std::string>> keys()
{
    std::map<std::string, gateway::dns::Lookup<std::string>> all;
    for (const auto& key : {rsa("one.test"), ed25519("two.test"), rsa("three.test")})
        all[key.selector + "._domainkey." + key.domain] = {gateway::dns::Found::records, {record_of(key)}, false, ""};
    return all;
}

Arc judged(const std::string& text)
{
    return conclude(read_arc(MailText(text)), keys());
}

std::string sealed(const std::string& text, const SigningKey& key, Result chain = Result::none,
    const std::string& results = "spf=pass; dkim=pass; dmarc=pass header.from=legacy.test")
{
    return arc_seal(MailText(text), {"mx." + key.domain, results, chain, moment}, key) + text;
}

std::string replaced(std::string text, const std::string& what, const std::string& with)
{
    return text.replace(text.find(what), what.size(), with);
}

}  // namespace

TEST_CASE("a mail without a chain has none; one that we sealed has one that holds")
{
    CHECK(judged(mail).result == Result::none);
    const auto once = sealed(mail, rsa("one.test"));
    const auto arc = judged(once);
    CHECK(arc.result == Result::pass);
    CHECK(arc.why == "");
    CHECK(arc.sealers == std::vector<std::string>{"one.test"});
    CHECK(arc.found_dmarc_pass());
    CHECK(judged("Received: by another\r\n" + once).result == Result::pass);
}

TEST_CASE("a mail that begins folded is not sealed: the seal would take its first line in")
{
    const Sealing sealing{"mx.one.test", "spf=pass", Result::none, moment};
    for (const auto* fold : {" folded\r\n", "\tfolded\r\n"})
        CHECK(arc_seal(MailText(fold + mail), sealing, rsa("one.test")) == "");
    CHECK(arc_seal(MailText(mail), sealing, rsa("one.test")) != "");
}

TEST_CASE("a chain is continued, also where somebody changed the mail before sealing it again")
{
    const auto once = sealed(mail, rsa("one.test"));
    const auto changed = replaced(once, "Subject: Hello", "Subject: [list] Hello");
    CHECK(judged(changed).result == Result::fail);
    const auto twice = sealed(changed, ed25519("two.test"), Result::pass);
    const auto thrice = sealed(twice, rsa("three.test"), Result::pass);
    const auto arc = judged(thrice);
    CHECK(arc.why == "");
    CHECK(arc.result == Result::pass);
    CHECK(arc.instances == 3);
    CHECK(arc.sealers == std::vector<std::string>{"one.test", "two.test", "three.test"});
    CHECK(arc.by({"one.test", "two.test", "three.test"}));
    CHECK(!arc.by({"one.test", "three.test"}));
}

TEST_CASE("what is changed, missing or doubled in a chain breaks it")
{
    const auto twice = sealed(sealed(mail, rsa("one.test")), ed25519("two.test"), Result::pass);
    REQUIRE(judged(twice).result == Result::pass);
    CHECK(judged(replaced(twice, "A post.", "A poem.")).result == Result::fail);
    CHECK(judged(replaced(twice, "Subject: Hello", "Subject: Hallo")).result == Result::fail);
    CHECK(judged(replaced(twice, "dmarc=pass header.from=legacy.test", "dmarc=pass header.from=evil.test")).result ==
          Result::fail);
    CHECK(judged(replaced(twice, "i=1; mx.one.test", "i=3; mx.one.test")).result == Result::fail);
    CHECK(judged("ARC-Seal: i=2; a=rsa-sha256; cv=pass; d=x.test; s=x; b=AAAA\r\n" + twice).result == Result::fail);
    CHECK(judged("ARC-Seal: i=51; b=AAAA\r\n" + mail).result == Result::fail);
    CHECK(judged("ARC-Seal: nonsense\r\n" + mail).result == Result::fail);
    CHECK(judged("ARC-Authentication-Results: i=1; x.test; spf=pass\r\n" + mail).result == Result::fail);
    const auto start = twice.find("ARC-Seal: i=1");
    const auto end = twice.find("ARC-Message-Signature: i=1");
    CHECK(judged(std::string(twice).erase(start, end - start)).result == Result::fail);
}

TEST_CASE("a chain that failed is closed, and a closed one is not continued")
{
    const auto broken = replaced(sealed(mail, rsa("one.test")), "A post.", "A poem.");
    const auto closed = sealed(broken, ed25519("two.test"), Result::fail);
    CHECK(closed.find("cv=fail") != std::string::npos);
    CHECK(judged(closed).result == Result::fail);
    CHECK(sealed(closed, rsa("three.test"), Result::fail) == closed);
    CHECK(arc_seal(MailText("Subject: no author\r\n\r\n"), {"mx", "spf=none", Result::none, moment}, rsa()).empty());
}

TEST_CASE("a key that is not known now says nothing for good")
{
    auto away = keys();
    away["r._domainkey.one.test"] = {};
    CHECK(conclude(read_arc(MailText(sealed(mail, rsa("one.test")))), away).result == Result::temperror);
}

TEST_CASE("what the first hand found counts as its words, not as parts of words")
{
    const auto found = [](const std::string& results) {
        return judged(sealed(mail, rsa("one.test"), Result::none, results)).found_dmarc_pass();
    };
    CHECK(found("dmarc=pass (p=reject) header.from=x.test"));
    CHECK(!found("dmarc=fail"));
    CHECK(!found("dmarc=passed"));
    CHECK(!found("spf=pass smtp.mailfrom=dmarc=pass"));
}
