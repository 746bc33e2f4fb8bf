// dmarc: what the author's domain demands of mail that says it is from there, RFC 7489.
#pragma once

#include "gateway/authentication/public_suffix.h"
#include "gateway/authentication/result.h"
#include "gateway/dns/resolver.h"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace gateway::authentication {

enum class Policy { none, quarantine, reject };

[[nodiscard]] std::string_view name_of(Policy policy);

struct DmarcRecord {
    Policy policy = Policy::none;                                   // p=
    std::optional<Policy> subdomains;                               // sp=
    Alignment dkim = Alignment::relaxed, spf = Alignment::relaxed;  // adkim=, aspf=
    unsigned percent = 100;                                         // pct=
    bool operator==(const DmarcRecord&) const = default;
};

// nullopt: it is no DMARC record, or one to be ignored (RFC 7489 6.6.3).
[[nodiscard]] std::optional<DmarcRecord> parse_dmarc(std::string_view text);

struct DmarcDiscovery {
    dns::Found found = dns::Found::no_data;  // records: `record` holds; failed: not known now
    DmarcRecord record;
    bool of_parent = false;  // it is the Organizational Domain's: sp= counts

    // What is asked of failing mail, before pct=.
    [[nodiscard]] Policy policy() const
    {
        return of_parent ? record.subdomains.value_or(record.policy) : record.policy;
    }  // none without a record
};

// The record that holds for an author's domain, RFC 7489 6.6.3. `resolver` outlives it. Never throws.
[[nodiscard]] boost::asio::awaitable<DmarcDiscovery> find_dmarc(dns::Resolver& resolver, std::string author_domain);

// The policy of a domain, as whoever sends on its mail needs it; none when it has none, nullopt when that is not known
// now.
[[nodiscard]] boost::asio::awaitable<std::optional<Policy>> dmarc_policy(
    dns::Resolver& resolver, std::string author_domain);

struct Dmarc {
    Result result =
        Result::none;  // pass, fail, temperror; none: the domain says nothing, permerror: no single author's domain
    Policy policy = Policy::none;       // published
    Policy disposition = Policy::none;  // asked for this very mail: with fail, after pct=
};

// Alignment is given; `draw` is a random number below 100, for pct= (RFC 7489 6.6.4). `unknown`: something that could
// still have passed is not known now.
[[nodiscard]] Dmarc judge(const DmarcDiscovery& discovery, bool aligned_pass, bool unknown, unsigned draw);

}  // namespace gateway::authentication
