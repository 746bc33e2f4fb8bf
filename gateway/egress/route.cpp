// route: which hosts take mail for a domain: a static route, a smarthost, or MX, RFC 5321 5.1, RFC
// 7505.
#include "gateway/egress/route.h"

#include <algorithm>
#include <charconv>

namespace gateway::egress {

using dns::Found;
using dns::Mx;

namespace {

using Exchangers = tl::expected<std::vector<Mx>, RouteFailure>;

std::string lower(std::string_view text)
{
    std::string result(text);
    for (auto& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

std::optional<std::uint16_t> parse_port(std::string_view text)
{
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

// "[192.0.2.1]" or "[IPv6:2001:db8::1]" -> the address
std::string literal_address(std::string_view literal)
{
    auto address = literal.substr(1, literal.size() - 2);
    if (lower(address.substr(0, 5)) == "ipv6:") address.remove_prefix(5);
    return std::string(address);
}

bool is_literal(std::string_view domain)
{
    return domain.size() > 2 && domain.front() == '[' && domain.back() == ']';
}

RouteFailure later(std::string text)
{
    return {false, "4.4.3", std::move(text)};
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port)
{
    std::string_view host = text;
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = text.substr(1, end - 1);
        port = text.substr(end + 1);
    } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon);
    }
    if (host.empty() || host.find_first_of(" \t\r\n[]") != std::string_view::npos) return std::nullopt;
    if (port.empty()) return Endpoint{std::string(host), default_port};
    const auto number = port.front() == ':' ? parse_port(port.substr(1)) : std::nullopt;
    if (!number) return std::nullopt;
    return Endpoint{std::string(host), *number};
}

Router::Router(dns::Resolver& resolver, RouterSettings settings, std::uint32_t seed)
    : resolver_(resolver), settings_(std::move(settings)), random_(seed)
{
}

// The domain's own route, that of the nearest domain above it, "*", the smarthost.
const Endpoint* Router::fixed(std::string_view domain) const
{
    if (const auto own = settings_.routes.find(domain); own != settings_.routes.end()) return &own->second;
    for (auto dot = domain.find('.'); dot != std::string_view::npos; dot = domain.find('.', dot + 1))
        if (const auto above = settings_.routes.find(domain.substr(dot)); above != settings_.routes.end())
            return &above->second;
    if (const auto all = settings_.routes.find("*"); all != settings_.routes.end()) return &all->second;
    return settings_.smarthost ? &*settings_.smarthost : nullptr;
}

std::string Router::destination(std::string_view domain) const
{
    const auto name = lower(domain);
    const auto* endpoint = fixed(name);
    return endpoint == nullptr ? name : endpoint->host + ":" + std::to_string(endpoint->port);
}

boost::asio::awaitable<tl::expected<Route, RouteFailure>> Router::route(std::string domain)
{
    domain = lower(domain);
    if (const auto* endpoint = fixed(domain)) co_return Route{{endpoint->host, endpoint->host, endpoint->port}};
    if (is_literal(domain)) co_return Route{{domain, literal_address(domain), settings_.port}};

    auto mx = co_await exchangers(domain);
    if (!mx) co_return tl::unexpected(std::move(mx.error()));
    Route hops;
    bool unknown = false;
    for (const auto& exchanger : *mx) {
        auto found = co_await resolver_.addresses(exchanger.host);
        unknown |= found.found == Found::failed;
        if (found.records.size() > settings_.addresses) found.records.resize(settings_.addresses);
        for (auto& address : found.records) hops.push_back({exchanger.host, std::move(address), settings_.port});
    }
    if (!hops.empty()) co_return hops;
    if (unknown)
        co_return tl::unexpected(later("The addresses of the mail hosts of " + domain + " cannot be looked up now"));
    co_return tl::unexpected(RouteFailure{true, "5.4.4", "The domain " + domain + " has no host that takes mail"});
}

// RFC 5321 5.1: the MX records, or the domain itself where there are none.
boost::asio::awaitable<Exchangers> Router::exchangers(const std::string& domain)
{
    auto found = co_await resolver_.mx(domain);
    switch (found.found) {
    case Found::failed:
        co_return tl::unexpected(later("The domain " + domain + " cannot be looked up now: " + found.why));
    case Found::no_domain:
        co_return tl::unexpected(RouteFailure{true, "5.1.2", "The domain " + domain + " does not exist"});
    case Found::no_data: co_return std::vector<Mx>{{0, domain}};
    case Found::records: break;
    }
    co_return ordered(std::move(found.records), domain);
}

Exchangers Router::ordered(std::vector<Mx> records, const std::string& domain)
{
    if (records.size() == 1 && records[0].host.empty())  // RFC 7505 3
        return tl::unexpected(RouteFailure{true, "5.1.10", "The domain " + domain + " takes no mail"});
    std::erase_if(records, [](const Mx& mx) { return mx.host.empty(); });
    std::shuffle(records.begin(), records.end(), random_);
    std::sort(records.begin(), records.end(), [](const Mx& a, const Mx& b) { return a.preference < b.preference; });
    // Where we stand among them, only the better ones may be tried, else mail goes round in
    // circles.
    const auto own = std::find_if(
        records.begin(), records.end(), [&](const Mx& mx) { return settings_.own_hosts.contains(lower(mx.host)); });
    if (own != records.end()) {
        const auto limit = own->preference;
        std::erase_if(records, [&](const Mx& mx) { return mx.preference >= limit; });
        if (records.empty())
            return tl::unexpected(RouteFailure{true, "5.4.6", "Mail for " + domain + " would come back to us"});
    }
    if (records.size() > settings_.hosts) records.resize(settings_.hosts);
    return records;
}

}  // namespace gateway::egress
