// authenticate: SPF, DKIM, DMARC and ARC of one mail that comes in: everything together, within a time.
#pragma once

#include "gateway/authentication/findings.h"
#include "gateway/authentication/limits.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::authentication {

struct Arriving {
    SpfQuestion from;       // the client and its envelope, the time
    std::string_view mail;  // all of it, CRLF; must live until the answer is there
    unsigned draw = 0;      // random, below 100
    std::vector<std::string>
        shown;  // domains of the authors that are shown to people, lower-case A-labels: none may hide from its policy
};

// Lookups go on side by side on the caller's executor, hashing on `cpu`. What the DNS does not tell in time
// (limits::lookups, or `patience`) is temperror. Throws only for want of memory.
[[nodiscard]] boost::asio::awaitable<Findings> authenticate(dns::Resolver& resolver, boost::asio::any_io_executor cpu,
    Arriving arriving, std::chrono::milliseconds patience = limits::lookups);

}  // namespace gateway::authentication
