// spf: may this client send mail of that domain? RFC 7208. A coroutine over the port of the DNS.
#pragma once

#include "gateway/authentication/result.h"
#include "gateway/dns/resolver.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace gateway::authentication {

struct SpfQuestion {
    std::string client;     // its IP address
    std::string helo;       // as given
    std::string mail_from;  // "" is the null sender: then HELO's name is asked, RFC 7208 2.4
    std::string receiver;   // our name, for explanations
    std::chrono::sys_seconds now{};
};

struct SpfAnswer {
    Result result = Result::none;
    std::string domain;       // lower case: the one that was asked; "" when there was none to ask
    bool of_helo = false;     // there was no reverse path
    std::string explanation;  // the domain's own, with a fail, when it has one; ASCII without controls
    std::string why;          // ours, for a permerror or temperror
};

// `resolver` outlives it. Never throws.
[[nodiscard]] boost::asio::awaitable<SpfAnswer> check_spf(dns::Resolver& resolver, SpfQuestion question);

}  // namespace gateway::authentication
