// unbound_resolver_test: against the name server that EGRESS_TEST_DNS names ("127.0.0.1@5300", see
// rigs): skipped without.
#include "gateway/dns/unbound_resolver.h"

#include <doctest/doctest.h>

#include <cstdlib>

namespace {

namespace asio = boost::asio;
namespace dns = gateway::dns;

template <class Record>
dns::Lookup<Record> ask(const std::function<asio::awaitable<dns::Lookup<Record>>(dns::UnboundResolver&)>& question,
    std::chrono::milliseconds patience)
{
    asio::io_context context;
    dns::UnboundSettings settings;
    settings.forward = {std::getenv("EGRESS_TEST_DNS")};
    settings.test_zone = true;
    settings.patience = patience;
    dns::UnboundResolver resolver(context.get_executor(), settings);
    dns::Lookup<Record> result;
    asio::co_spawn(context, question(resolver), [&](const std::exception_ptr& error, dns::Lookup<Record> lookup) {
        CHECK(!error);
        result = std::move(lookup);
        context.stop();
    });
    context.run();
    return result;
}

dns::Lookup<dns::Mx> mx(const std::string& domain, std::chrono::milliseconds patience = std::chrono::seconds{10})
{
    return ask<dns::Mx>([domain](dns::UnboundResolver& resolver) { return resolver.mx(domain); }, patience);
}

dns::Lookup<std::string> addresses(const std::string& host)
{
    return ask<std::string>(
        [host](dns::UnboundResolver& resolver) { return resolver.addresses(host); }, std::chrono::seconds{10});
}

dns::Lookup<std::string> texts(const std::string& name)
{
    return ask<std::string>(
        [name](dns::UnboundResolver& resolver) { return resolver.txt(name); }, std::chrono::seconds{10});
}

}  // namespace

TEST_CASE("a setting that libunbound refuses is an error at the start")
{
    asio::io_context context;
    CHECK_THROWS(dns::UnboundResolver(context.get_executor(), {.forward = {"not an address"}}));
}

TEST_CASE("MX and addresses come from the DNS as they are" * doctest::skip(std::getenv("EGRESS_TEST_DNS") == nullptr))
{
    auto records = mx("legacy.test").records;
    std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.preference < b.preference; });
    CHECK(records == std::vector<dns::Mx>{{10, "mx.legacy.test"}, {20, "mx2.legacy.test"}});
    CHECK(mx("no-such-name.test").found == dns::Found::no_domain);
    CHECK(mx("mx.legacy.test").found == dns::Found::no_data);
    CHECK(mx("nullmx.test").records == std::vector<dns::Mx>{{0, ""}});
    CHECK(addresses("cn.test").records == std::vector<std::string>{"127.0.0.1"});
    CHECK(addresses("mx.legacy.test").records == std::vector<std::string>{"::1", "127.0.0.1"});
}

TEST_CASE("texts come whole, also those that need TCP" * doctest::skip(std::getenv("EGRESS_TEST_DNS") == nullptr))
{
    CHECK(texts("fail.legacy.test").records == std::vector<std::string>{"v=spf1 -all"});
    CHECK(texts("big.legacy.test").records.size() == 10);
    CHECK(texts("a b\\.legacy.test").found == dns::Found::no_domain);  // an odd name is still a name
    CHECK(texts("..legacy.test").found == dns::Found::failed);
}

TEST_CASE("the name of an address in the DNS is its digits turned round")
{
    CHECK(dns::reverse_name("192.0.2.1") == "1.2.0.192.in-addr.arpa");
    CHECK(dns::reverse_name("2001:db8::cb01") ==
          "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    CHECK(dns::reverse_name("here").empty());
}

TEST_CASE("what the DNS does not answer, or answers with a failure, is not known now" *
          doctest::skip(std::getenv("EGRESS_TEST_DNS") == nullptr))
{
    CHECK(mx("servfail.test").found == dns::Found::failed);
    const auto lookup = mx("timeout.test", std::chrono::milliseconds{300});
    CHECK(lookup.found == dns::Found::failed);
    CHECK(lookup.why == "no answer in time");
}
