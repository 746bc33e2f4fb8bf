// relayed: a correspondent's post that goes on to other correspondents, and the port that it needs. RFC 7489.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace gateway::egress {

// What a job says of its author who is none of ours.
struct Relayed {
    std::string author_domain;
    std::int32_t author = 0;      // the store's number of them
    bool proven_by_dkim = false;  // an aligned signature was verified when it came in
    std::set<std::string> added;  // fields put on top, lower case
    std::string relay;            // the address that stands for the author: stable
    std::string list;             // what "via" names
    std::string authentication;   // what was found when it came in, as revision.authentication keeps it
    bool operator==(const Relayed&) const = default;
};

class DmarcPolicies {
public:
    virtual ~DmarcPolicies() = default;
    // Whether receivers are asked to quarantine or reject mail of that domain which is not aligned. False when it has
    // no policy; throws std::exception when that cannot be found out now: the mail then waits.
    virtual boost::asio::awaitable<bool> demands_alignment(std::string domain) = 0;
};

// nullptr: no author's domain demands anything.
struct Relaying {
    DmarcPolicies* policies = nullptr;
};

}  // namespace gateway::egress
