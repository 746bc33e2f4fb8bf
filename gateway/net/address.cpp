// address: splits at the last colon; an IPv6 address stands in brackets.
#include "gateway/net/address.h"

#include <fmt/format.h>

#include <charconv>

namespace gateway::net {

std::string HostPort::text() const
{
    return host.find(':') == host.npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

tl::expected<HostPort, std::string> host_port(std::string_view text)
{
    const auto refused = [&] {
        return tl::unexpected(fmt::format("\"{}\" is not of the form host:port, like 127.0.0.1:25 or [::1]:25", text));
    };
    const auto colon = text.rfind(':');
    if (colon == text.npos) return refused();
    auto host = text.substr(0, colon);
    const auto digits = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != host.npos) {
        return refused();
    }
    HostPort result{std::string(host), 0};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
    if (host.empty() || error != std::errc{} || end != digits.data() + digits.size()) return refused();
    return result;
}

}  // namespace gateway::net
