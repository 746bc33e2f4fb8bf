// deadline: a Resolver that gives up at a point in time: what is asked then is not known now.
#pragma once

#include "gateway/dns/resolver.h"

#include <chrono>

namespace gateway::authentication {

class DeadlineResolver final : public dns::Resolver {
public:
    DeadlineResolver(dns::Resolver& resolver, std::chrono::steady_clock::time_point deadline)
        : resolver_(resolver), deadline_(deadline)
    {
    }

    boost::asio::awaitable<dns::Lookup<dns::Mx>> mx(std::string domain) override;
    boost::asio::awaitable<dns::Lookup<std::string>> a(std::string host) override;
    boost::asio::awaitable<dns::Lookup<std::string>> aaaa(std::string host) override;
    boost::asio::awaitable<dns::Lookup<std::string>> txt(std::string name) override;
    boost::asio::awaitable<dns::Lookup<std::string>> ptr(std::string address) override;

private:
    dns::Resolver& resolver_;
    std::chrono::steady_clock::time_point deadline_;
};

}  // namespace gateway::authentication
