// resolver: the port of the DNS: where mail goes (RFC 5321 5.1, RFC 7505), and what domains say of theirs (RFC 7208,
// 6376, 7489).
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace gateway::dns {

enum class Found {
    records,    // at least one
    no_data,    // the name exists, without such records
    no_domain,  // NXDOMAIN
    failed,     // SERVFAIL, bogus, timeout: ask again later
};

template <class Record>
struct Lookup {
    Found found = Found::failed;
    std::vector<Record> records;
    bool secure = false;  // validated by DNSSEC
    std::string why;      // for people, when it failed
};

struct Mx {
    std::uint16_t preference = 0;
    std::string host;  // lower case, without the final dot; "" is the null MX (RFC 7505)
    bool operator==(const Mx&) const = default;
};

// Names are A-labels with a dot between, no escapes; addresses are text. CNAMEs are followed. Never throws: what goes
// wrong, a name that cannot be one included, is Found::failed.
class Resolver {
public:
    virtual ~Resolver() = default;
    virtual boost::asio::awaitable<Lookup<Mx>> mx(std::string domain) = 0;
    virtual boost::asio::awaitable<Lookup<std::string>> a(std::string host) = 0;
    virtual boost::asio::awaitable<Lookup<std::string>> aaaa(std::string host) = 0;
    // Each record's strings joined: octets, not text.
    virtual boost::asio::awaitable<Lookup<std::string>> txt(std::string name) = 0;
    // Of an address: the names below in-addr.arpa or ip6.arpa, lower case.
    virtual boost::asio::awaitable<Lookup<std::string>> ptr(std::string address) = 0;
    // AAAA and A, IPv6 first. failed only when neither kind is known.
    virtual boost::asio::awaitable<Lookup<std::string>> addresses(std::string host);
};

// "192.0.2.1" -> "1.2.0.192.in-addr.arpa", an IPv6 address likewise; "" for what is no address.
[[nodiscard]] std::string reverse_name(const std::string& address);

}  // namespace gateway::dns
