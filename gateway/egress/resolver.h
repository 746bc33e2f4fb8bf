// resolver: the port of the DNS as egress needs it, RFC 5321 5.1, RFC 7505.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace gateway::egress {

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

// Names are A-labels. CNAMEs are followed. Never throws: what goes wrong is Found::failed.
class Resolver {
public:
    virtual ~Resolver() = default;
    virtual boost::asio::awaitable<Lookup<Mx>> mx(std::string domain) = 0;
    // AAAA and A as text, IPv6 first. failed only when neither kind is known.
    virtual boost::asio::awaitable<Lookup<std::string>> addresses(std::string host) = 0;
};

}  // namespace gateway::egress
