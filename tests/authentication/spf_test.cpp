// spf_test: the mechanisms of SPF one by one, its limits, and records that cannot be read.
#include "gateway/authentication/limits.h"
#include "gateway/authentication/spf.h"
#include "gateway/authentication/spf_macro.h"
#include "gateway/authentication/spf_record.h"
#include "tests/authentication/support.h"
#include "tests/gateway/dns/fake.h"

#include <doctest/doctest.h>

using namespace gateway::authentication;
using namespace authentication_test;

namespace {

struct World : test::FakeDns {
    World()
    {
        v4["mx.legacy.test"] = records({"192.0.2.10"});
        v6["mx.legacy.test"] = records({"2001:db8::10"});
        exchangers["legacy.test"] = {gateway::dns::Found::records, {{10, "mx.legacy.test"}}, false, ""};
        v4["legacy.test"] = records({"192.0.2.1"});
        pointers["192.0.2.10"] = records({"mx.legacy.test"});
        text("provider.test", {"v=spf1 ip4:198.51.100.0/24 -all"});
    }

    SpfAnswer ask(const std::string& record, const std::string& client, const std::string& sender = "carol@legacy.test")
    {
        text("legacy.test", {record});
        return run(check_spf(*this, {client, "mx.legacy.test", sender, "mx.one.test", {}}));
    }
};

}  // namespace

TEST_CASE("each mechanism of SPF lets in whom it names")
{
    struct Row {
        const char* record;
        const char* client;
        Result result;
    };
    const Row rows[] = {
        {"v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.99", Result::pass},
        {"v=spf1 ip4:192.0.2.0/24 -all", "192.0.3.1", Result::fail},
        {"v=spf1 ip4:192.0.2.0/24 -all", "::ffff:192.0.2.7", Result::pass},
        {"v=spf1 ip6:2001:db8::/32 ~all", "2001:db8:1::1", Result::pass},
        {"v=spf1 ip6:2001:db8::/32 ~all", "2001:db9::1", Result::softfail},
        {"v=spf1 a -all", "192.0.2.1", Result::pass},
        {"v=spf1 a/24 -all", "192.0.2.200", Result::pass},
        {"v=spf1 mx -all", "192.0.2.10", Result::pass},
        {"v=spf1 mx -all", "2001:db8::10", Result::pass},
        {"v=spf1 a:mx.legacy.test -all", "192.0.2.10", Result::pass},
        {"v=spf1 ptr -all", "192.0.2.10", Result::pass},
        {"v=spf1 exists:%{l}.legacy.test -all", "192.0.2.77", Result::fail},
        {"v=spf1 exists:mx.%{d} -all", "192.0.2.77", Result::pass},
        {"v=spf1 include:provider.test -all", "198.51.100.5", Result::pass},
        {"v=spf1 include:provider.test ?all", "203.0.113.1", Result::neutral},
        {"v=spf1 redirect=provider.test", "198.51.100.5", Result::pass},
        {"v=spf1 redirect=provider.test", "203.0.113.1", Result::fail},
        {"v=spf1", "203.0.113.1", Result::neutral},
        {"v=spf10 +all", "203.0.113.1", Result::none},
        {"v=spf1 include:nowhere.test +all", "203.0.113.1", Result::permerror},
        {"v=spf1 redirect=nowhere.test", "203.0.113.1", Result::permerror},
        {"v=spf1 include:legacy.test -all", "203.0.113.1", Result::permerror},
        {"v=spf1 +nonsense +all", "203.0.113.1", Result::permerror},
    };
    for (const auto& row : rows) {
        CAPTURE(row.record);
        CAPTURE(row.client);
        World world;
        CHECK(name_of(world.ask(row.record, row.client).result) == name_of(row.result));
    }
}

TEST_CASE("what the DNS does not say now is temperror, never fail")
{
    World world;
    world.fails("legacy.test");
    CHECK(run(check_spf(world, {"192.0.2.1", "x.test", "a@legacy.test", "", {}})).result == Result::temperror);
    world.v4["slow.test"] = {};
    CHECK(world.ask("v=spf1 a:slow.test -all", "192.0.2.1").result == Result::temperror);
    world.fails("slow.test");
    CHECK(world.ask("v=spf1 include:slow.test -all", "192.0.2.1").result == Result::temperror);
}

TEST_CASE("without a reverse path the greeting's name is asked; a literal has no record")
{
    World world;
    world.text("mx.legacy.test", {"v=spf1 a -all"});
    const auto answer = run(check_spf(world, {"192.0.2.10", "mx.legacy.test", "", "", {}}));
    CHECK(answer.result == Result::pass);
    CHECK(answer.of_helo);
    CHECK(answer.domain == "mx.legacy.test");
    CHECK(run(check_spf(world, {"192.0.2.10", "[192.0.2.10]", "", "", {}})).result == Result::none);
    CHECK(run(check_spf(world, {"not an address", "mx.legacy.test", "", "", {}})).result == Result::fail);
}

TEST_CASE("a record cannot make us ask more than ten times, nor follow names that lead nowhere")
{
    World world;
    std::string many = "v=spf1";
    for (int i = 0; i < 11; ++i) {
        many += " include:i" + std::to_string(i) + ".test";
        world.text("i" + std::to_string(i) + ".test", {"v=spf1 ?all"});
    }
    CHECK(world.ask(many + " -all", "203.0.113.1").result == Result::permerror);
    CHECK(world.asked <= 2 + limits::spf_terms);
    world.asked = 0;
    CHECK(world.ask("v=spf1 a:n1.test a:n2.test a:n3.test a:n4.test -all", "203.0.113.1").result == Result::permerror);
    CHECK(world.asked == 1 + 3);
    // One that includes itself a hundred times over.
    std::string bomb = "v=spf1";
    for (int i = 0; i < 100; ++i) bomb += " include:legacy.test";
    world.asked = 0;
    CHECK(world.ask(bomb, "203.0.113.1").result == Result::permerror);
    CHECK(world.asked <= 1 + limits::spf_terms);
}

TEST_CASE("a domain explains its fail in its own words, if they are harmless")
{
    World world;
    world.text("why.legacy.test", {"%{i} is not %{d}, see https://%{d}/?%{L}"});
    CHECK(world.ask("v=spf1 -all exp=why.%{d}", "192.0.2.7", "a b@legacy.test").explanation ==
          "192.0.2.7 is not legacy.test, see https://legacy.test/?a%20b");
    world.text("why.legacy.test", {"line\r\n250 ok"});
    CHECK(world.ask("v=spf1 -all exp=why.%{d}", "192.0.2.7").explanation.empty());
    world.text("why.legacy.test", {"one", "two"});
    CHECK(world.ask("v=spf1 -all exp=why.%{d}", "192.0.2.7").explanation.empty());
}

TEST_CASE("macros expand as RFC 7208 7.4 shows")
{
    MacroValues values{"strong-bad@email.example.com", "email.example.com", boost::asio::ip::make_address("192.0.2.3"),
        "mx", "r", "unknown", {}};
    const std::pair<const char*, const char*> rows[] = {
        {"%{s}", "strong-bad@email.example.com"},
        {"%{o}", "email.example.com"},
        {"%{d4}", "email.example.com"},
        {"%{d2}", "example.com"},
        {"%{d1}", "com"},
        {"%{dr}", "com.example.email"},
        {"%{d2r}", "example.email"},
        {"%{l}", "strong-bad"},
        {"%{l-}", "strong.bad"},
        {"%{lr}", "strong-bad"},
        {"%{lr-}", "bad.strong"},
        {"%{l1r-}", "strong"},
        {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
        {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
        {"%%%_%-", "% %20"},
    };
    for (const auto& [text, expanded] : rows) CHECK(expand_macros(text, values, MacroPlace::domain_spec) == expanded);
    for (const auto* wrong : {"%", "%{", "%{}", "%{x}", "%{d0}", "%{d*}", "%{c}", "%a", " ", "%{d", "\xc3\xa4"})
        CHECK(!expand_macros(wrong, values, MacroPlace::domain_spec));
    values.client = boost::asio::ip::make_address("2001:db8::cb01");
    CHECK(expand_macros("%{i}", values, MacroPlace::domain_spec) ==
          "2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.C.B.0.1");
}

TEST_CASE("terms that are none make the whole record unreadable")
{
    for (const auto* record :
        {"v=spf1 ip4:1.2.3", "v=spf1 ip4:1.2.3.4/33", "v=spf1 ip6:1.2.3.4", "v=spf1 a:/24/24", "v=spf1 all:x.test",
            "v=spf1 a:com", "v=spf1 redirect=a.test redirect=b.test", "v=spf1 exists", "v=spf1 mx:x.test:25",
            "v=spf1 -all\t+all", "v=spf1 a/08", "v=spf1 unknown=%{", "v=spf1 include:", "v=spf1 ip6:fe80::1%eth0"}) {
        CAPTURE(record);
        CHECK(!parse_spf(record));
    }
    CHECK(parse_spf("v=spf1 A MX:mail.%{d}/24//64 unknown=anything%{d} REDIRECT=x.test"));
    CHECK(!parse_spf("v=spf1 " + std::string(limits::record, ' ')));
}
