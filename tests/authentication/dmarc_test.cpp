// dmarc_test: records, whose record holds, alignment, and what is asked of failing mail. RFC 7489.
#include "gateway/authentication/dmarc.h"
#include "tests/authentication/support.h"
#include "tests/gateway/dns/fake.h"

#include <doctest/doctest.h>

using namespace gateway::authentication;
using namespace authentication_test;

TEST_CASE("domains belong together below a public suffix only")
{
    CHECK(organizational_domain("mail.legacy.test") == "legacy.test");
    CHECK(organizational_domain("legacy.test") == "legacy.test");
    CHECK(organizational_domain("a.b.example.co.uk") == "example.co.uk");
    CHECK(organizational_domain("co.uk") == "co.uk");
    CHECK(organizational_domain("alice.github.io") == "alice.github.io");
    CHECK(aligned("mail.legacy.test", "news.legacy.test", Alignment::relaxed));
    CHECK(!aligned("mail.legacy.test", "legacy.test", Alignment::strict));
    CHECK(!aligned("alice.github.io", "bob.github.io", Alignment::relaxed));
    CHECK(!aligned("example.co.uk", "evil.co.uk", Alignment::relaxed));
    CHECK(!aligned("", "", Alignment::relaxed));
}

TEST_CASE("a DMARC record is read, or ignored as RFC 7489 6.6.3 says")
{
    const auto full = parse_dmarc("v=DMARC1; p=reject; sp=quarantine; adkim=s; aspf=s; pct=20; rua=mailto:x@y.test");
    CHECK(full == DmarcRecord{Policy::reject, Policy::quarantine, Alignment::strict, Alignment::strict, 20});
    CHECK(parse_dmarc("v=DMARC1;p=none") == DmarcRecord{});
    CHECK(parse_dmarc("v=DMARC1; p=NONE; pct=400; adkim=x") == DmarcRecord{});
    CHECK(parse_dmarc("v=DMARC1; p=bogus; rua=mailto:x@y.test") == DmarcRecord{});
    for (const auto* wrong : {"", "v=DMARC1", "p=reject; v=DMARC1", "v=DMARC2; p=reject", "v=spf1 -all",
             "v=DMARC1; p=bogus", "v=DMARC1; p", "v=dmarc1; p=reject"})
        CHECK(!parse_dmarc(wrong));
}

TEST_CASE("the record of the domain goes before that of its organization, whose sp= then counts")
{
    test::FakeDns dns;
    dns.text("_dmarc.legacy.test", {"some other text", "v=DMARC1; p=reject; sp=none"});
    CHECK(run(find_dmarc(dns, "legacy.test")).policy() == Policy::reject);
    CHECK(run(find_dmarc(dns, "news.legacy.test")).policy() == Policy::none);
    dns.text("_dmarc.news.legacy.test", {"v=DMARC1; p=quarantine"});
    CHECK(run(find_dmarc(dns, "news.legacy.test")).policy() == Policy::quarantine);
    CHECK(run(find_dmarc(dns, "other.test")).found == gateway::dns::Found::no_data);
    dns.text("_dmarc.twice.test", {"v=DMARC1; p=reject", "v=DMARC1; p=none"});
    CHECK(run(find_dmarc(dns, "twice.test")).found == gateway::dns::Found::no_data);
    dns.fails("_dmarc.away.test");
    CHECK(run(find_dmarc(dns, "away.test")).found == gateway::dns::Found::failed);
    CHECK(run(dmarc_policy(dns, "news.legacy.test")) == Policy::quarantine);
    CHECK(run(dmarc_policy(dns, "other.test")) == Policy::none);
    CHECK(run(dmarc_policy(dns, "away.test")) == std::nullopt);
}

TEST_CASE("failing mail is treated as asked, its share of it by pct=")
{
    DmarcDiscovery discovery{gateway::dns::Found::records,
        {Policy::reject, std::nullopt, Alignment::relaxed, Alignment::relaxed, 30}, false};
    CHECK(judge(discovery, true, false, 0).result == Result::pass);
    CHECK(judge(discovery, true, false, 0).disposition == Policy::none);
    CHECK(judge(discovery, false, false, 29).disposition == Policy::reject);
    CHECK(judge(discovery, false, false, 30).disposition == Policy::quarantine);
    CHECK(judge(discovery, false, false, 30).result == Result::fail);
    CHECK(judge(discovery, false, true, 0).result == Result::temperror);
    CHECK(judge(discovery, false, true, 0).disposition == Policy::none);
    discovery.found = gateway::dns::Found::no_data;
    CHECK(judge(discovery, false, false, 0).result == Result::none);
    discovery.found = gateway::dns::Found::failed;
    CHECK(judge(discovery, true, false, 0).result == Result::temperror);
}
