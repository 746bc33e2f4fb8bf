// spf: may this client send mail of that domain? RFC 7208 4 and 5.
#include "gateway/authentication/spf.h"

#include "email2/address.h"
#include "email2/text.h"
#include "gateway/authentication/limits.h"
#include "gateway/authentication/spf_macro.h"
#include "gateway/authentication/spf_record.h"

#include <algorithm>

namespace gateway::authentication {
namespace asio = boost::asio;
using asio::ip::address;
using dns::Found;

namespace {

constexpr std::size_t longest_name = 253, longest_label = 63;  // octets, RFC 1035 2.3.4

// A name that the DNS can hold.
bool is_name(std::string_view name)
{
    if (name.empty() || name.size() > longest_name) return false;
    for (std::size_t at = 0; at <= name.size();) {
        const auto end = std::min(name.find('.', at), name.size());
        if (end == at || end - at > longest_label) return false;
        at = end + 1;
    }
    return true;
}

// RFC 7208 4.3: a multi-label name, no address literal.
bool may_be_asked(std::string_view domain)
{
    return is_name(domain) && domain.find('.') != std::string_view::npos && domain.front() != '[';
}

std::string without_final_dot(std::string name)
{
    if (name.ends_with('.')) name.pop_back();
    return email2::ascii_lower(name);
}

// RFC 7208 7.3: a name that became too long loses labels on its left.
std::string shortened(std::string name)
{
    while (name.size() > longest_name) {
        const auto dot = name.find('.');
        if (dot == std::string::npos) return name;
        name.erase(0, dot + 1);
    }
    return name;
}

template <class Bytes>
bool agree(const Bytes& a, const Bytes& b, int bits)
{
    for (std::size_t i = 0; i < a.size() && bits > 0; ++i, bits -= 8) {
        const auto mask = bits >= 8 ? 0xFFU : 0xFFU << (8 - bits) & 0xFFU;
        if (((a[i] ^ b[i]) & mask) != 0) return false;
    }
    return true;
}

bool within(const address& client, const address& network, const Directive& directive)
{
    if (client.is_v4() != network.is_v4()) return false;
    if (client.is_v4()) return agree(client.to_v4().to_bytes(), network.to_v4().to_bytes(), directive.bits4);
    return agree(client.to_v6().to_bytes(), network.to_v6().to_bytes(), directive.bits6);
}

bool is_or_below(std::string_view name, std::string_view domain)
{
    return name == domain ||
           (name.size() > domain.size() && name.ends_with(domain) && name[name.size() - domain.size() - 1] == '.');
}

enum class Match { no, yes, temperror, permerror };

// One check, with what its records may still cost.
class Check {
public:
    Check(dns::Resolver& resolver, MacroValues values, std::string& why)
        : resolver_(resolver), values_(std::move(values)), why_(why)
    {
    }

    asio::awaitable<Result> host(std::string domain, std::string* explanation);

private:
    using Addresses = dns::Lookup<std::string>;

    asio::awaitable<tl::expected<SpfRecord, Result>> record_of(std::string domain);
    asio::awaitable<Match> matches(const Directive& directive, std::string domain);
    asio::awaitable<Match> includes(std::string target);
    asio::awaitable<Match> is_host(const Directive& directive, std::string target);
    asio::awaitable<Match> is_exchanger(const Directive& directive, std::string target);
    asio::awaitable<Match> exists(std::string target);
    asio::awaitable<Match> is_named(std::string target);
    asio::awaitable<std::vector<std::string>> names();
    asio::awaitable<void> set_values(const std::string& spec, const std::string& domain);
    asio::awaitable<std::string> target_of(std::string spec, std::string domain);
    asio::awaitable<std::string> explained(std::string spec, std::string domain);
    asio::awaitable<Addresses> addresses(std::string host);
    // One more term that asks the DNS; one more answer without records. False: too many.
    bool term() { return ++terms_ <= limits::spf_terms || says("it asks the DNS too often"); }
    template <class Record>
    bool counted(const dns::Lookup<Record>& lookup)
    {
        const bool empty = lookup.found == Found::no_data || lookup.found == Found::no_domain;
        return !empty || ++voids_ <= limits::spf_void_lookups || says("too many of its names do not exist");
    }
    bool says(std::string why)
    {
        if (why_.empty()) why_ = std::move(why);
        return false;
    }

    dns::Resolver& resolver_;
    MacroValues values_;
    std::string& why_;
    int terms_ = 0, voids_ = 0;
    std::optional<std::vector<std::string>> names_;  // looked up once, however many terms and macros want them
};

asio::awaitable<tl::expected<SpfRecord, Result>> Check::record_of(std::string domain)
{
    auto found = co_await resolver_.txt(domain);
    if (found.found == Found::failed) {
        says("the record of " + domain + " cannot be looked up now");
        co_return tl::unexpected(Result::temperror);
    }
    if (found.records.size() > limits::txt_records) found.records.resize(limits::txt_records);
    std::erase_if(found.records, [](const auto& text) { return !is_spf_record(text); });
    if (found.records.empty()) co_return tl::unexpected(Result::none);
    if (found.records.size() > 1) {
        says(domain + " has more than one record");
        co_return tl::unexpected(Result::permerror);
    }
    auto record = parse_spf(found.records.front());
    if (record) co_return std::move(*record);
    says(domain + ": " + record.error());
    co_return tl::unexpected(Result::permerror);
}

// check_host(), RFC 7208 4. `explanation` is filled with a fail; nullptr inside an include.
asio::awaitable<Result> Check::host(std::string domain, std::string* explanation)
{
    if (!may_be_asked(domain)) co_return Result::none;
    const auto record = co_await record_of(domain);
    if (!record) co_return record.error();
    for (const auto& directive : record->directives) {
        const auto match = co_await matches(directive, domain);
        if (match == Match::temperror) co_return Result::temperror;
        if (match == Match::permerror) co_return Result::permerror;
        if (match == Match::no) continue;
        if (directive.qualifier == Result::fail && explanation != nullptr && !record->explanation.empty())
            *explanation = co_await explained(record->explanation, domain);
        co_return directive.qualifier;
    }
    if (record->redirect.empty()) co_return Result::neutral;
    if (!term()) co_return Result::permerror;
    const auto result = co_await host(co_await target_of(record->redirect, domain), explanation);
    co_return result == Result::none ? Result::permerror : result;  // RFC 7208 6.1
}

asio::awaitable<Match> Check::matches(const Directive& directive, std::string domain)
{
    switch (directive.mechanism) {
    case Mechanism::all: co_return Match::yes;
    case Mechanism::ip4:
    case Mechanism::ip6: co_return within(values_.client, directive.network, directive) ? Match::yes : Match::no;
    default: break;
    }
    if (!term()) co_return Match::permerror;
    auto target =
        directive.domain.empty() ? std::move(domain) : co_await target_of(directive.domain, std::move(domain));
    if (directive.mechanism == Mechanism::include) co_return co_await includes(std::move(target));
    if (!is_name(target)) co_return Match::no;  // RFC 7208 4.8: as if it did not exist
    switch (directive.mechanism) {
    case Mechanism::a: co_return co_await is_host(directive, std::move(target));
    case Mechanism::mx: co_return co_await is_exchanger(directive, std::move(target));
    case Mechanism::ptr: co_return co_await is_named(std::move(target));
    default: co_return co_await exists(std::move(target));
    }
}

// RFC 7208 5.2, the table.
asio::awaitable<Match> Check::includes(std::string target)
{
    switch (co_await host(std::move(target), nullptr)) {
    case Result::pass: co_return Match::yes;
    case Result::temperror: co_return Match::temperror;
    case Result::permerror:
    case Result::none: co_return Match::permerror;
    default: co_return Match::no;
    }
}

asio::awaitable<Check::Addresses> Check::addresses(std::string host)
{
    if (!is_name(host)) co_return Addresses{Found::no_domain, {}, false, ""};
    if (values_.client.is_v4()) co_return co_await resolver_.a(std::move(host));
    co_return co_await resolver_.aaaa(std::move(host));
}

bool any_within(const dns::Lookup<std::string>& hosts, const address& client, const Directive& directive)
{
    return std::any_of(hosts.records.begin(), hosts.records.end(), [&](const auto& text) {
        boost::system::error_code wrong;
        const auto host = asio::ip::make_address(text, wrong);
        return !wrong && within(client, host, directive);
    });
}

asio::awaitable<Match> Check::is_host(const Directive& directive, std::string target)
{
    const auto found = co_await addresses(std::move(target));
    if (found.found == Found::failed) co_return Match::temperror;
    if (!counted(found)) co_return Match::permerror;
    co_return any_within(found, values_.client, directive) ? Match::yes : Match::no;
}

asio::awaitable<Match> Check::is_exchanger(const Directive& directive, std::string target)
{
    const auto found = co_await resolver_.mx(target);
    if (found.found == Found::failed) co_return Match::temperror;
    if (!counted(found)) co_return Match::permerror;
    if (found.records.size() > limits::spf_names) {
        says(target + " has more than ten mail hosts");
        co_return Match::permerror;
    }
    for (const auto& exchanger : found.records) {
        const auto hosts = co_await addresses(without_final_dot(exchanger.host));
        if (hosts.found == Found::failed) co_return Match::temperror;
        if (!counted(hosts)) co_return Match::permerror;
        if (any_within(hosts, values_.client, directive)) co_return Match::yes;
    }
    co_return Match::no;
}

asio::awaitable<Match> Check::exists(std::string target)
{
    const auto found = co_await resolver_.a(std::move(target));
    if (found.found == Found::failed) co_return Match::temperror;
    if (!counted(found)) co_return Match::permerror;
    co_return found.found == Found::records ? Match::yes : Match::no;
}

// The client's names that have its address, RFC 7208 5.5. What fails is left out.
asio::awaitable<std::vector<std::string>> Check::names()
{
    if (names_) co_return *names_;
    auto found = co_await resolver_.ptr(values_.client.to_string());
    if (found.records.size() > limits::spf_names) found.records.resize(limits::spf_names);
    std::vector<std::string> validated;
    for (const auto& record : found.records) {
        auto name = without_final_dot(record);
        const auto hosts = co_await addresses(name);
        if (any_within(hosts, values_.client, Directive{})) validated.push_back(std::move(name));
    }
    names_ = validated;
    co_return validated;
}

asio::awaitable<Match> Check::is_named(std::string target)
{
    const auto validated = co_await names();
    const bool any =
        std::any_of(validated.begin(), validated.end(), [&](const auto& name) { return is_or_below(name, target); });
    co_return any ? Match::yes : Match::no;
}

// What macros stand for while `domain`'s record is read; the client's name only when `spec` asks for it.
asio::awaitable<void> Check::set_values(const std::string& spec, const std::string& domain)
{
    values_.domain = domain;
    values_.validated = "unknown";
    if (!asks_for_name(spec)) co_return;
    const auto validated = co_await names();  // RFC 7208 7.3: the domain itself, else one below it, else any
    const auto rank = [&](const std::string& name) { return name == domain ? 0 : is_or_below(name, domain) ? 1 : 2; };
    const auto best = std::min_element(
        validated.begin(), validated.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    if (best != validated.end()) values_.validated = *best;
}

asio::awaitable<std::string> Check::target_of(std::string spec, std::string domain)
{
    co_await set_values(spec, domain);
    co_return shortened(without_final_dot(expand_macros(spec, values_, MacroPlace::domain_spec).value_or("")));
}

// RFC 7208 6.2: "" when anything about it is wrong.
asio::awaitable<std::string> Check::explained(std::string spec, std::string domain)
{
    const auto target = co_await target_of(std::move(spec), domain);
    if (!is_name(target)) co_return "";
    const auto found = co_await resolver_.txt(target);
    if (found.records.size() != 1 || found.records.front().size() > limits::record) co_return "";
    co_await set_values(found.records.front(), domain);
    const auto text = expand_macros(found.records.front(), values_, MacroPlace::explanation);
    const auto printable = [](char c) { return c >= ' ' && c < '\x7f'; };
    co_return text&& std::all_of(text->begin(), text->end(), printable) ? *text : "";
}

// An IPv4 address that came over IPv6 is one, RFC 7208 4.3.
address client_of(const std::string& text)
{
    boost::system::error_code wrong;
    const auto client = asio::ip::make_address(text, wrong);
    if (!wrong && client.is_v6() && client.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, client.to_v6());
    return client;
}

}  // namespace

asio::awaitable<SpfAnswer> check_spf(dns::Resolver& resolver, SpfQuestion question)
{
    SpfAnswer answer;
    answer.of_helo = question.mail_from.empty();
    MacroValues values;
    auto domain = answer.of_helo ? question.helo : std::string(email2::domain_of(question.mail_from));
    const auto local = answer.of_helo ? std::string_view{} : email2::local_part(question.mail_from);
    values.sender = (local.empty() ? "postmaster" : std::string(local)) + "@" + domain;  // RFC 7208 4.3
    domain = without_final_dot(email2::normalise_domain(domain).value_or(domain));
    answer.domain = domain;
    values.client = client_of(question.client);
    values.helo = question.helo;
    values.receiver = question.receiver.empty() ? "unknown" : question.receiver;
    values.now = question.now;
    Check check(resolver, std::move(values), answer.why);
    answer.result = co_await check.host(std::move(domain), &answer.explanation);
    co_return answer;
}

}  // namespace gateway::authentication
