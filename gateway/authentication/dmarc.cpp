// dmarc: what the author's domain demands of mail that says it is from there, RFC 7489.
#include "gateway/authentication/dmarc.h"

#include "email2/text.h"
#include "gateway/authentication/limits.h"
#include "gateway/authentication/tags.h"

#include <algorithm>
#include <array>

namespace gateway::authentication {
namespace asio = boost::asio;

namespace {

constexpr std::array<std::string_view, 3> policies{"none", "quarantine", "reject"};

std::optional<Policy> policy_of(std::string_view name)
{
    const auto found = std::find(policies.begin(), policies.end(), email2::ascii_lower(name));
    if (found == policies.end()) return std::nullopt;
    return static_cast<Policy>(found - policies.begin());
}

// RFC 7489 6.6.3: the one record of a name; several count as none.
dns::Lookup<DmarcRecord> record_of(const dns::Lookup<std::string>& texts)
{
    dns::Lookup<DmarcRecord> lookup{
        texts.found == dns::Found::failed ? dns::Found::failed : dns::Found::no_data, {}, false, ""};
    for (std::size_t i = 0; i < std::min(texts.records.size(), limits::txt_records); ++i)
        if (const auto record = parse_dmarc(texts.records[i])) lookup.records.push_back(*record);
    if (lookup.records.size() == 1) lookup.found = dns::Found::records;
    return lookup;
}

}  // namespace

std::string_view name_of(Policy policy)
{
    return policies.at(static_cast<std::size_t>(policy));
}

std::optional<DmarcRecord> parse_dmarc(std::string_view text)
{
    if (text.size() > limits::record) return std::nullopt;
    const auto tags = parse_tags(text);
    if (!tags || tags->all().empty() || tags->all().front().name != "v" || tags->all().front().value != "DMARC1")
        return std::nullopt;
    DmarcRecord record;
    const auto policy = policy_of(tags->value("p"));
    const auto* subdomains = tags->find("sp");
    if (subdomains != nullptr) record.subdomains = policy_of(subdomains->value);
    if (!policy ||
        (subdomains != nullptr && !record.subdomains)) {  // who wants reports is there at least, RFC 7489 6.6.3 step 6
        if (tags->value("rua").empty()) return std::nullopt;
        record.subdomains.reset();
    } else {
        record.policy = *policy;
    }
    if (tags->value("adkim") == "s") record.dkim = Alignment::strict;
    if (tags->value("aspf") == "s") record.spf = Alignment::strict;
    if (const auto percent = whole_number(tags->value("pct")); percent && *percent <= 100)
        record.percent = static_cast<unsigned>(*percent);
    return record;
}

asio::awaitable<DmarcDiscovery> find_dmarc(dns::Resolver& resolver, std::string author_domain)
{
    DmarcDiscovery discovery;
    if (author_domain.empty()) co_return discovery;
    auto lookup = record_of(co_await resolver.txt("_dmarc." + author_domain));
    if (const auto parent = organizational_domain(author_domain);
        lookup.records.empty() && lookup.found != dns::Found::failed && parent != author_domain) {
        lookup = record_of(co_await resolver.txt("_dmarc." + parent));
        discovery.of_parent = true;
    }
    discovery.found = lookup.found;
    if (lookup.found == dns::Found::records) discovery.record = lookup.records.front();
    co_return discovery;
}

asio::awaitable<std::optional<Policy>> dmarc_policy(dns::Resolver& resolver, std::string author_domain)
{
    const auto discovery = co_await find_dmarc(resolver, std::move(author_domain));
    if (discovery.found == dns::Found::failed) co_return std::nullopt;
    co_return discovery.found == dns::Found::records ? discovery.policy() : Policy::none;
}

Dmarc judge(const DmarcDiscovery& discovery, bool aligned_pass, bool unknown, unsigned draw)
{
    if (discovery.found == dns::Found::failed) return {Result::temperror, Policy::none, Policy::none};
    if (discovery.found != dns::Found::records) return {Result::none, Policy::none, Policy::none};
    const auto policy = discovery.policy();
    if (aligned_pass) return {Result::pass, policy, Policy::none};
    if (unknown) return {Result::temperror, policy, Policy::none};
    // Who is not drawn gets the next milder policy, RFC 7489 6.6.4.
    const auto milder = policy == Policy::reject ? Policy::quarantine : Policy::none;
    return {Result::fail, policy, draw < discovery.record.percent ? policy : milder};
}

}  // namespace gateway::authentication
