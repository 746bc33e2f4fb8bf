// relayed: a correspondent's post that goes on to other correspondents, and the ports that it needs. RFC 7489, RFC 8617.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace gateway::egress {

// What a job says of its author who is none of ours.
struct Relayed {
    std::string author_domain;
    bool proven_by_dkim = false;      // an aligned signature was verified when it came in
    std::set<std::string> added;      // fields put on top, lower case
    std::string relay;                // the address that stands for the author: stable
    std::string list;                 // what "via" names
    std::string authentication;       // results of taking it in, for ARC
    bool operator==(const Relayed&) const = default;
};

class DmarcPolicies {
public:
    virtual ~DmarcPolicies() = default;
    // Whether receivers are asked to quarantine or reject mail of that domain which is not aligned. False when it has no policy; throws
    // std::exception when that cannot be found out now: the mail then waits.
    virtual boost::asio::awaitable<bool> demands_alignment(std::string domain) = 0;
};

class Sealer {
public:
    virtual ~Sealer() = default;
    // The ARC set of `domain` to put on top, CRLF at its end; "" when there is no key. `pieces` joined are the mail. CPU only; safe to
    // call from several threads.
    [[nodiscard]] virtual std::string
    seal(std::string_view domain, std::string_view authentication, std::span<const std::string_view> pieces) const = 0;
};

// Both may be nullptr: then no author's domain demands anything, and nothing is sealed.
struct Relaying {
    DmarcPolicies* policies = nullptr;
    const Sealer* sealer = nullptr;
};

}  // namespace gateway::egress
