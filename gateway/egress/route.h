// route: which hosts take mail for a domain: a static route, a smarthost, or MX, RFC 5321 5.1, RFC
// 7505.
#pragma once

#include "gateway/dns/resolver.h"

#include <boost/asio/awaitable.hpp>
#include <tl/expected.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::egress {

struct Endpoint {
    std::string host;  // name or address, without brackets
    std::uint16_t port = 25;
    bool operator==(const Endpoint&) const = default;
};

// "host", "host:port", "192.0.2.1:2525", "[2001:db8::1]:25"; nullopt for anything else.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port = 25);

struct RouterSettings {
    std::optional<Endpoint> smarthost;  // for all that has no route of its own
    std::map<std::string, Endpoint, std::less<>>
        routes;  // by domain, lower case; ".one.test" for its subdomains; "*" like smarthost
    std::set<std::string, std::less<>> own_hosts;  // our names, lower case: MX records at or behind them would loop
    std::uint16_t port = 25;                       // of hosts found by DNS
    std::size_t hosts = 5;                         // of the MX records, how many are tried
    std::size_t addresses = 2;                     // of one host
};

struct Hop {
    std::string host;     // for SNI and reports
    std::string address;  // what is dialled: an IP address, or `host` itself on a static route
    std::uint16_t port = 25;
    bool operator==(const Hop&) const = default;
};

struct RouteFailure {
    bool permanent = false;
    std::string status;  // RFC 3463
    std::string text;
    bool operator==(const RouteFailure&) const = default;
};

using Route = std::vector<Hop>;  // in the order to be tried; never empty

class Router {
public:
    // `resolver` outlives the router. For one strand.
    Router(dns::Resolver& resolver, RouterSettings settings, std::uint32_t seed = std::random_device{}());

    // What mails to the same place have in common: one name for all domains that go to one
    // smarthost or route.
    [[nodiscard]] std::string destination(std::string_view domain) const;
    // `domain`: of a recipient, A-labels or an address literal, any case. Never throws.
    [[nodiscard]] boost::asio::awaitable<tl::expected<Route, RouteFailure>> route(std::string domain);

private:
    [[nodiscard]] const Endpoint* fixed(std::string_view domain) const;
    boost::asio::awaitable<tl::expected<std::vector<dns::Mx>, RouteFailure>> exchangers(const std::string& domain);
    [[nodiscard]] tl::expected<std::vector<dns::Mx>, RouteFailure> ordered(
        std::vector<dns::Mx> records, const std::string& domain);

    dns::Resolver& resolver_;
    RouterSettings settings_;
    std::mt19937 random_;
};

}  // namespace gateway::egress
