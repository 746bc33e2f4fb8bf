// unbound_resolver: a Resolver by libunbound, asynchronous, validating by DNSSEC.
#pragma once

#include "gateway/dns/resolver.h"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gateway::dns {

struct UnboundSettings {
    // Resolvers to ask, "192.0.2.53" or "127.0.0.1@5300"; empty: those of /etc/resolv.conf.
    std::vector<std::string> forward;
    std::string trust_anchors;  // file of DNSKEY or DS records; "" validates nothing
    bool test_zone = false;     // ask about names under .test, which libunbound denies by itself (RFC 6761)
    std::chrono::milliseconds patience = std::chrono::seconds{30};  // for one lookup
};

class UnboundResolver final : public Resolver {
public:
    // Throws std::runtime_error when libunbound refuses a setting. Everything happens on
    // `executor`, which runs one thing at a time (a strand, or a context with one thread), and on
    // which the lookups are awaited.
    UnboundResolver(boost::asio::any_io_executor executor, const UnboundSettings& settings);
    ~UnboundResolver() override;  // after the last lookup has ended

    boost::asio::awaitable<Lookup<Mx>> mx(std::string domain) override;
    boost::asio::awaitable<Lookup<std::string>> a(std::string host) override;
    boost::asio::awaitable<Lookup<std::string>> aaaa(std::string host) override;
    boost::asio::awaitable<Lookup<std::string>> txt(std::string name) override;
    boost::asio::awaitable<Lookup<std::string>> ptr(std::string address) override;

private:
    struct Context;
    std::shared_ptr<Context> context_;
};

}  // namespace gateway::dns
