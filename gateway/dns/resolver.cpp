// resolver: what follows from the single lookups.
#include "gateway/dns/resolver.h"

#include <boost/asio/ip/address.hpp>

namespace gateway::dns {
namespace asio = boost::asio;

asio::awaitable<Lookup<std::string>> Resolver::addresses(std::string host)
{
    auto six = co_await aaaa(host);
    auto four = co_await a(std::move(host));
    Lookup<std::string> both;
    both.records = std::move(six.records);
    both.records.insert(both.records.end(), four.records.begin(), four.records.end());
    both.secure = six.secure && four.secure;
    if (!both.records.empty()) both.found = Found::records;
    else if (six.found == Found::failed || four.found == Found::failed)
        both.why = four.why.empty() ? six.why : four.why;
    else both.found = four.found == Found::no_domain ? Found::no_domain : Found::no_data;
    co_return both;
}

std::string reverse_name(const std::string& address)
{
    boost::system::error_code no_address;
    const auto ip = asio::ip::make_address(address, no_address);
    if (no_address) return {};
    std::string name;
    if (ip.is_v4()) {
        const auto octets = ip.to_v4().to_bytes();
        for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet) name += std::to_string(*octet) + ".";
        return name + "in-addr.arpa";
    }
    constexpr char digits[] = "0123456789abcdef";
    const auto octets = ip.to_v6().to_bytes();
    for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet) {
        name += {digits[*octet & 15U], '.', digits[*octet >> 4U], '.'};
    }
    return name + "ip6.arpa";
}

}  // namespace gateway::dns
