// authenticate_test: one mail, everything about it: who is proven, what is told, and when the DNS does not answer.
#include "gateway/authentication/authenticate.h"
#include "tests/authentication/keys.h"
#include "tests/authentication/support.h"
#include "tests/gateway/dns/fake.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>

using namespace gateway::authentication;
using namespace authentication_test;
namespace asio = boost::asio;

namespace {

const std::string letter =
    "From: Carol <carol@legacy.test>\r\nTo: alice@one.test\r\nDate: x\r\nMessage-ID: <1@legacy.test>\r\n\r\nHi\r\n";

struct World : test::FakeDns {
    World()
    {
        text("legacy.test", {"v=spf1 ip4:192.0.2.1 -all"});
        text("bounces.test", {"v=spf1 ip4:192.0.2.1 -all"});
        text("_dmarc.legacy.test", {"v=DMARC1; p=reject"});
        text("e._domainkey.legacy.test", {record_of(ed25519("legacy.test"))});
        text("r._domainkey.esp.test", {record_of(rsa("esp.test"))});
    }
};

Findings examined(test::FakeDns& dns, const std::string& mail, const std::string& client = "192.0.2.1",
    const std::string& sender = "carol@legacy.test")
{
    asio::thread_pool pool(1);
    Arriving arriving;
    arriving.from = {client, "mx.legacy.test", sender, "mx.one.test", moment};
    arriving.mail = mail;
    return run(authenticate(dns, pool.get_executor(), arriving, std::chrono::seconds(30)));
}

std::string signed_by(const SigningKey& key, const std::string& mail = letter)
{
    return dkim_signature(MailText(mail), key, moment) + mail;
}

}  // namespace

TEST_CASE("an author is proven by aligned SPF or DKIM, and by nothing else")
{
    struct Row {
        const char* what;
        std::string mail;
        const char* client;
        const char* sender;
        email2::Proof proof;
        const char* summary;
    };
    const Row rows[] = {
        {"SPF", letter, "192.0.2.1", "carol@legacy.test", email2::Proof::spf,
            "spf=pass dkim=none dmarc=pass domain=legacy.test"},
        {"SPF of a subdomain's sender", letter, "192.0.2.1", "x@mail.legacy.test", email2::Proof::none,
            "spf=none dkim=none dmarc=fail"},
        {"DKIM, forwarded", signed_by(ed25519("legacy.test")), "203.0.113.9", "carol@legacy.test", email2::Proof::dkim,
            "spf=fail dkim=pass dmarc=pass domain=legacy.test"},
        {"DKIM, with a sender like VERP's", signed_by(ed25519("legacy.test")), "192.0.2.1", "bounce-17@bounces.test",
            email2::Proof::dkim, "spf=pass dkim=pass dmarc=pass domain=legacy.test"},
        {"SPF of another domain", letter, "192.0.2.1", "bounce-17@bounces.test", email2::Proof::none,
            "spf=pass dkim=none dmarc=fail domain=bounces.test"},
        {"DKIM of another domain", signed_by(rsa("esp.test")), "203.0.113.9", "carol@legacy.test", email2::Proof::none,
            "spf=fail dkim=pass dmarc=fail domain=esp.test"},
        {"nothing", letter, "203.0.113.9", "carol@legacy.test", email2::Proof::none, "spf=fail dkim=none dmarc=fail"},
        {"no author", "To: x@one.test\r\n\r\n", "192.0.2.1", "carol@legacy.test", email2::Proof::none,
            "spf=pass dkim=none dmarc=permerror domain=legacy.test"},
        {"two From fields", "From: eve@evil.test\r\n" + letter, "192.0.2.1", "carol@legacy.test", email2::Proof::none,
            "spf=pass dkim=none dmarc=permerror domain=legacy.test"},
        {"authors of two domains", "From: carol@legacy.test, eve@evil.test\r\n\r\n", "192.0.2.1", "carol@legacy.test",
            email2::Proof::none, "spf=pass dkim=none dmarc=permerror domain=legacy.test"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        World world;
        const auto findings = examined(world, row.mail, row.client, row.sender);
        CHECK(findings.summary() == row.summary);
        CHECK(static_cast<int>(findings.proof) == static_cast<int>(row.proof));
        CHECK(!findings.unknown);
    }
}

TEST_CASE("nobody gets around a policy by a second author")
{
    World world;
    world.text("evil.test", {"v=spf1 +all"});
    for (const auto* mail :
        {"From: eve@evil.test\r\nFrom: carol@legacy.test\r\n\r\n", "From: eve@evil.test, carol@legacy.test\r\n\r\n",
            "From: carol@legacy.test\r\nFrom: carol@legacy.test\r\n\r\n"}) {
        CAPTURE(mail);
        const auto findings = examined(world, mail, "203.0.113.9", "eve@evil.test");
        CHECK(findings.dmarc.result == Result::permerror);
        CHECK(findings.dmarc.disposition == Policy::reject);
        CHECK(findings.proof == email2::Proof::none);
    }
    asio::thread_pool pool(1);
    Arriving arriving;
    arriving.from = {"203.0.113.9", "mx.evil.test", "eve@evil.test", "mx.one.test", moment};
    arriving.mail = "From: eve@evil.test\r\n\r\n";
    arriving.shown = {"legacy.test"};  // whoever reads From otherwise than we do
    CHECK(run(authenticate(world, pool.get_executor(), arriving)).dmarc.disposition == Policy::reject);
}

TEST_CASE("a signature whose key cannot have a name is wrong, and not unknown")
{
    World world;
    const auto with = [&](const std::string& selector) {
        return examined(world,
            "DKIM-Signature: v=1; a=rsa-sha256; d=legacy.test; s=" + selector + "; h=from; bh=AAAA; b=AAAA\r\n" +
                letter,
            "203.0.113.9");
    };
    for (const auto& selector : {std::string(64, 'x'), std::string("a..b"), std::string(".a"), std::string("a."),
             std::string(60, 'x') + "." + std::string(60, 'x') + "." + std::string(60, 'x') + "." +
                 std::string(60, 'x')}) {
        CAPTURE(selector);
        CHECK(with(selector).summary() == "spf=fail dkim=permerror dmarc=fail");
        CHECK(with(selector).dmarc.disposition == Policy::reject);
    }
}

TEST_CASE("what a domain demands strictly is not met by its subdomains")
{
    World world;
    world.text("_dmarc.legacy.test", {"v=DMARC1; p=reject; aspf=s; adkim=s"});
    world.text("mail.legacy.test", {"v=spf1 +all"});
    CHECK(examined(world, letter, "192.0.2.9", "x@mail.legacy.test").proof == email2::Proof::none);
    world.text("_dmarc.legacy.test", {"v=DMARC1; p=reject"});
    CHECK(examined(world, letter, "192.0.2.9", "x@mail.legacy.test").proof == email2::Proof::spf);
}

TEST_CASE("what is not known now neither proves nor fails")
{
    World world;
    world.fails("legacy.test");
    auto findings = examined(world, letter);
    CHECK(findings.unknown);
    CHECK(findings.summary() == "spf=temperror dkim=none dmarc=temperror");
    CHECK(findings.dmarc.disposition == Policy::none);
    world.fails("e._domainkey.legacy.test");
    findings = examined(world, signed_by(ed25519("legacy.test")));
    CHECK(findings.unknown);
    World other;
    other.fails("e._domainkey.legacy.test");  // SPF proves it all the same
    findings = examined(other, signed_by(ed25519("legacy.test")));
    CHECK(!findings.unknown);
    CHECK(findings.proof == email2::Proof::spf);
}

TEST_CASE("what was found is told as Authentication-Results, strangers' words made harmless")
{
    World world;
    const auto findings = examined(world, signed_by(ed25519("legacy.test")));
    const auto results = findings.results();
    CHECK(results.starts_with(
        "spf=pass smtp.mailfrom=legacy.test; dkim=pass header.d=legacy.test header.s=e header.a=ed25519-sha256 header.b="));
    CHECK(results.ends_with("; dmarc=pass header.from=legacy.test policy.dmarc=reject"));
    Findings evil;
    evil.spf = {Result::permerror, "a;b\r\nX: y", false, "", "evil) ; dkim=pass (\r\n"};
    CHECK(evil.results() == "spf=permerror (evil_ _ dkim=pass ___) smtp.mailfrom=a_b__X__y; dkim=none; dmarc=none");
}

TEST_CASE("results in our name that came with the mail are seen")
{
    const auto forged = [](const std::string& field) {
        return has_results_of(MailText(field + "\r\nFrom: a@b.test\r\n\r\n"), "mx.one.test");
    };
    CHECK(forged("Authentication-Results: mx.one.test; spf=pass"));
    CHECK(forged("AUTHENTICATION-results:\r\n\t(a (nested) comment) MX.One.Test 1; dkim=pass"));
    CHECK(forged("Authentication-Results: \"mx.one.test\"; dkim=pass"));
    CHECK(forged("Authentication-Results: mx.one.test"));
    CHECK(!forged("Authentication-Results: mx.two.test; spf=pass smtp.helo=mx.one.test"));
    CHECK(!forged("X-Authentication-Results: mx.one.test; spf=pass"));
    CHECK(!forged("Authentication-Results: ; mx.one.test"));
}

namespace {

// A DNS that never answers.
class Silent : public test::FakeDns {
public:
    boost::asio::awaitable<Lookup<std::string>> txt(std::string) override
    {
        asio::steady_timer never(co_await asio::this_coro::executor, std::chrono::hours(1));
        co_await never.async_wait(asio::use_awaitable);
        co_return Lookup<std::string>{};
    }
};

}  // namespace

TEST_CASE("a DNS that does not answer holds nobody up for longer than agreed")
{
    Silent silent;
    asio::thread_pool pool(1);
    const auto mail = signed_by(ed25519("legacy.test"));
    Arriving arriving;
    arriving.from = {"192.0.2.1", "mx.legacy.test", "carol@legacy.test", "mx.one.test", moment};
    arriving.mail = mail;
    const auto findings = run(authenticate(silent, pool.get_executor(), arriving, std::chrono::milliseconds(50)));
    CHECK(findings.summary() == "spf=temperror dkim=temperror dmarc=temperror");
    CHECK(findings.unknown);
}

TEST_CASE("a chain that reached us is told")
{
    World world;
    world.text("r._domainkey.list.test", {record_of(rsa("list.test"))});
    const auto mail =
        arc_seal(MailText(letter), {"mx.list.test", "dmarc=pass", Result::none, moment}, rsa("list.test")) + letter;
    const auto findings = examined(world, mail, "203.0.113.9", "list@list.test");
    CHECK(findings.summary() == "spf=none dkim=none dmarc=fail arc=pass");
    CHECK(findings.arc.by({"list.test"}));
    CHECK(findings.arc.found_dmarc_pass());
    CHECK(findings.dmarc.disposition == Policy::reject);
}
