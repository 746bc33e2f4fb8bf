// unbound_resolver_test: against the name server that EGRESS_TEST_DNS names ("127.0.0.1@5300", see
// rigs): skipped without.
#include "gateway/egress/unbound_resolver.h"

#include <cstdlib>
#include <doctest/doctest.h>

namespace {

namespace asio = boost::asio;
namespace egress = gateway::egress;

template <class Record>
egress::Lookup<Record>
ask(const std::function<asio::awaitable<egress::Lookup<Record>>(egress::UnboundResolver&)>&
        question,
    std::chrono::milliseconds patience)
{
    asio::io_context context;
    egress::UnboundSettings settings;
    settings.forward = {std::getenv("EGRESS_TEST_DNS")};
    settings.test_zone = true;
    settings.patience = patience;
    egress::UnboundResolver resolver(context.get_executor(), settings);
    egress::Lookup<Record> result;
    asio::co_spawn(
        context,
        question(resolver),
        [&](const std::exception_ptr& error, egress::Lookup<Record> lookup) {
            CHECK(!error);
            result = std::move(lookup);
            context.stop();
        }
    );
    context.run();
    return result;
}

egress::Lookup<egress::Mx>
mx(const std::string& domain, std::chrono::milliseconds patience = std::chrono::seconds{10})
{
    return ask<egress::Mx>(
        [domain](egress::UnboundResolver& resolver) { return resolver.mx(domain); }, patience
    );
}

egress::Lookup<std::string> addresses(const std::string& host)
{
    return ask<std::string>(
        [host](egress::UnboundResolver& resolver) { return resolver.addresses(host); },
        std::chrono::seconds{10}
    );
}

}  // namespace

TEST_CASE("a setting that libunbound refuses is an error at the start")
{
    asio::io_context context;
    CHECK_THROWS(egress::UnboundResolver(context.get_executor(), {.forward = {"not an address"}}));
}

TEST_CASE(
    "MX and addresses come from the DNS as they are" *
    doctest::skip(std::getenv("EGRESS_TEST_DNS") == nullptr)
)
{
    auto records = mx("legacy.test").records;
    std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
        return a.preference < b.preference;
    });
    CHECK(records == std::vector<egress::Mx>{{10, "mx.legacy.test"}, {20, "mx2.legacy.test"}});
    CHECK(mx("no-such-name.test").found == egress::Found::no_domain);
    CHECK(mx("mx.legacy.test").found == egress::Found::no_data);
    CHECK(mx("nullmx.test").records == std::vector<egress::Mx>{{0, ""}});
    CHECK(addresses("cn.test").records == std::vector<std::string>{"127.0.0.1"});
    CHECK(addresses("mx.legacy.test").records == std::vector<std::string>{"::1", "127.0.0.1"});
}

TEST_CASE(
    "what the DNS does not answer, or answers with a failure, is not known now" *
    doctest::skip(std::getenv("EGRESS_TEST_DNS") == nullptr)
)
{
    CHECK(mx("servfail.test").found == egress::Found::failed);
    const auto lookup = mx("timeout.test", std::chrono::milliseconds{300});
    CHECK(lookup.found == egress::Found::failed);
    CHECK(lookup.why == "no answer in time");
}
