// route_test: which hosts are tried for a domain, and when they are tried again.
#include "doubles.h"
#include "gateway/egress/route.h"
#include "gateway/egress/schedule.h"

#include <doctest/doctest.h>

namespace {

namespace asio = boost::asio;
namespace dns = gateway::dns;
namespace egress = gateway::egress;
using Routed = tl::expected<egress::Route, egress::RouteFailure>;

Routed route(test::FakeResolver& resolver, const egress::RouterSettings& settings, const std::string& domain,
    std::uint32_t seed = 1)
{
    asio::io_context context;
    egress::Router router(resolver, settings, seed);
    Routed result;
    asio::co_spawn(
        context, router.route(domain), [&](const std::exception_ptr&, Routed routed) { result = std::move(routed); });
    context.run();
    return result;
}

std::string hosts(const Routed& routed)
{
    std::string text;
    for (const auto& hop : routed.value()) text += hop.host + "/" + hop.address + ":" + std::to_string(hop.port) + " ";
    return text;
}

}  // namespace

TEST_CASE("an endpoint is a host, with a port or without")
{
    CHECK(egress::parse_endpoint("mx.test") == egress::Endpoint{"mx.test", 25});
    CHECK(egress::parse_endpoint("mx.test", 587) == egress::Endpoint{"mx.test", 587});
    CHECK(egress::parse_endpoint("127.0.0.1:2525") == egress::Endpoint{"127.0.0.1", 2525});
    CHECK(egress::parse_endpoint("[::1]:2525") == egress::Endpoint{"::1", 2525});
    CHECK(egress::parse_endpoint("[::1]") == egress::Endpoint{"::1", 25});
    for (const auto* text :
        {"", ":25", "mx.test:", "mx.test:0", "mx.test:65536", "mx.test:x", "[::1", "[::1]25", "::1", "a b"}) {
        CAPTURE(text);
        CHECK(!egress::parse_endpoint(text));
    }
}

TEST_CASE("a static route comes before a smarthost, and both before the DNS")
{
    test::FakeResolver resolver;
    egress::RouterSettings settings;
    settings.routes = {{"y.test", {"10.0.0.1", 2525}}, {".y.test", {"10.0.0.2", 25}}};
    settings.smarthost = egress::Endpoint{"smart.test", 587};
    CHECK(hosts(route(resolver, settings, "Y.test")) == "10.0.0.1/10.0.0.1:2525 ");
    CHECK(hosts(route(resolver, settings, "a.b.y.test")) == "10.0.0.2/10.0.0.2:25 ");
    CHECK(hosts(route(resolver, settings, "other.test")) == "smart.test/smart.test:587 ");
    const egress::Router router(resolver, settings);
    CHECK(router.destination("a.test") == router.destination("B.test"));
    CHECK(router.destination("a.test") != router.destination("y.test"));
}

TEST_CASE("mail hosts are tried by preference, those of one preference in any order, addresses in "
          "the DNS's order")
{
    test::FakeResolver resolver;
    resolver.mx("y.test", {{20, "c.test"}, {10, "a.test"}, {10, "b.test"}, {30, "gone.test"}});
    resolver.host("a.test", {"2001:db8::1", "192.0.2.1", "192.0.2.9"});
    resolver.host("b.test", {"192.0.2.2"});
    resolver.host("c.test", {"192.0.2.3"});
    std::set<std::string> seen;
    for (std::uint32_t seed = 0; seed < 20; ++seed) seen.insert(hosts(route(resolver, {}, "y.test", seed)));
    CHECK(seen == std::set<std::string>{
                      "a.test/2001:db8::1:25 a.test/192.0.2.1:25 b.test/192.0.2.2:25 c.test/192.0.2.3:25 ",
                      "b.test/192.0.2.2:25 a.test/2001:db8::1:25 a.test/192.0.2.1:25 c.test/192.0.2.3:25 ",
                  });
}

TEST_CASE("without MX the domain itself is the host; a literal is its own")
{
    test::FakeResolver resolver;
    resolver.mx("y.test", {});
    resolver.host("y.test", {"192.0.2.1"});
    CHECK(hosts(route(resolver, {}, "y.test")) == "y.test/192.0.2.1:25 ");
    CHECK(hosts(route(resolver, {}, "[192.0.2.5]")) == "[192.0.2.5]/192.0.2.5:25 ");
    CHECK(hosts(route(resolver, {}, "[IPv6:2001:db8::5]")) == "[ipv6:2001:db8::5]/2001:db8::5:25 ");
}

TEST_CASE("where we are a mail host ourselves only better ones are tried")
{
    test::FakeResolver resolver;
    resolver.mx("y.test", {{10, "a.test"}, {20, "US.test"}, {20, "b.test"}, {30, "c.test"}});
    resolver.host("a.test", {"192.0.2.1"});
    resolver.host("b.test", {"192.0.2.2"});
    egress::RouterSettings settings;
    settings.own_hosts = {"us.test"};
    CHECK(hosts(route(resolver, settings, "y.test")) == "a.test/192.0.2.1:25 ");
}

TEST_CASE("no address now is temporary, no address at all is not")
{
    test::FakeResolver resolver;
    resolver.mx("y.test", {{10, "a.test"}});
    CHECK(route(resolver, {}, "y.test").error().status == "5.4.4");
    resolver.hosts["a.test"] = {dns::Found::failed, {}, false, "timeout"};
    CHECK(route(resolver, {}, "y.test").error().status == "4.4.3");
    CHECK(!route(resolver, {}, "y.test").error().permanent);
}

TEST_CASE("retries come after 1, 5, 15, 30 minutes, 1, 2, 4 hours and then every 4 hours, up to an "
          "eighth later")
{
    const egress::Schedule schedule;
    const int minutes[] = {1, 5, 15, 30, 60, 120, 240, 240, 240};
    for (int tries = 1; tries <= 9; ++tries)
        for (std::int64_t id = 0; id < 100; ++id) {
            const auto base = std::chrono::seconds{minutes[tries - 1] * 60};
            const auto delay = egress::delay_after(tries, id, schedule);
            CHECK(delay >= base);
            CHECK(delay <= base + base / 8);
        }
    CHECK(egress::delay_after(99, 0, {.retry_first = std::chrono::seconds{1}, .retry_max = std::chrono::seconds{9}}) <
          std::chrono::seconds{11});
}
