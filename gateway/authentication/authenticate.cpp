// authenticate: SPF, DKIM, DMARC and ARC of one mail that comes in.
#include "gateway/authentication/authenticate.h"

#include "gateway/authentication/deadline.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace gateway::authentication {
namespace asio = boost::asio;

namespace {

using namespace asio::experimental::awaitable_operators;
using Keys = std::map<std::string, dns::Lookup<std::string>>;

// All that is read and hashed before anything is looked up.
struct Hashed {
    std::vector<std::string> authors;
    bool single_from = false;
    bool names_us = false;
    std::vector<PendingSignature> signatures;
    PendingArc arc;
};

asio::awaitable<Hashed> hash(std::string_view mail, std::string receiver, std::chrono::sys_seconds now)
{
    const MailText text(mail);
    co_return Hashed{author_domains(text), text.named("from").size() == 1, has_results_of(text, receiver),
        read_signatures(text, now), read_arc(text)};
}

// The keys' records, half of them beside the other half.
asio::awaitable<Keys> look_up(dns::Resolver& resolver, std::vector<std::string> names)
{
    if (names.empty()) co_return Keys{};
    if (names.size() == 1) {
        auto lookup = co_await resolver.txt(names.front());
        Keys one;
        one.emplace(names.front(), std::move(lookup));
        co_return one;
    }
    const auto middle = names.begin() + static_cast<std::ptrdiff_t>(names.size() / 2);
    std::vector<std::string> left(names.begin(), middle), right(middle, names.end());
    auto [first, second] = co_await (look_up(resolver, std::move(left)) && look_up(resolver, std::move(right)));
    first.merge(second);
    co_return std::move(first);
}

// Of several authors the policy that asks for most: nobody gets around one by writing another's name beside it, RFC
// 7489 6.6.1.
asio::awaitable<DmarcDiscovery> strictest(dns::Resolver& resolver, std::vector<std::string> authors)
{
    DmarcDiscovery worst;
    for (std::size_t i = 0; i < std::min(authors.size(), limits::authors); ++i) {
        auto discovery = co_await find_dmarc(resolver, authors[i]);
        if (i == 0 || discovery.policy() > worst.policy()) worst = std::move(discovery);
    }
    co_return worst;
}

std::vector<std::string> key_names(const Hashed& hashed)
{
    auto names = hashed.arc.key_names();
    for (const auto& pending : hashed.signatures)
        if (pending.signature) names.insert(pending.signature->key_name());
    return {names.begin(), names.end()};
}

// Checking a signature takes some 50 microseconds, so it is done with the hashing.
asio::awaitable<void> conclude_all(Hashed& hashed, const Keys& keys, Findings& findings)
{
    for (auto& pending : hashed.signatures) {
        const auto found = pending.signature ? keys.find(pending.signature->key_name()) : keys.end();
        findings.signatures.push_back(
            conclude(std::move(pending), found == keys.end() ? dns::Lookup<std::string>{} : found->second));
    }
    findings.arc = conclude(std::move(hashed.arc), keys);
    co_return;
}

}  // namespace

asio::awaitable<Findings> authenticate(
    dns::Resolver& resolver, asio::any_io_executor cpu, Arriving arriving, std::chrono::milliseconds patience)
{
    DeadlineResolver hurried(resolver, std::chrono::steady_clock::now() + patience);
    auto hashed = co_await asio::co_spawn(
        cpu, hash(arriving.mail, arriving.from.receiver, arriving.from.now), asio::use_awaitable);
    Findings findings;
    for (auto& domain : arriving.shown)
        if (std::find(hashed.authors.begin(), hashed.authors.end(), domain) == hashed.authors.end())
            hashed.authors.push_back(std::move(domain));
    if (hashed.single_from && hashed.authors.size() == 1) findings.author_domain = hashed.authors.front();
    findings.names_us = hashed.names_us;
    Keys keys;
    std::tie(findings.spf, findings.discovery, keys) =
        co_await (check_spf(hurried, std::move(arriving.from)) && strictest(hurried, hashed.authors) &&
                  look_up(hurried, key_names(hashed)));
    co_await asio::co_spawn(cpu, conclude_all(hashed, keys, findings), asio::use_awaitable);
    weigh(findings, arriving.draw);
    co_return findings;
}

}  // namespace gateway::authentication
