// abuse: see the header.
#include "email2/abuse.h"

#include "email2/names.h"
#include "email2/text.h"

#include <array>
#include <optional>
#include <vector>

namespace email2 {
namespace {

constexpr double known_good = 5;      // messages that a source is given in advance
constexpr double complaint_cost = 5;  // good messages that make up for one vote

std::vector<std::string_view> split(std::string_view text, char by)
{
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(by, at), text.size());
        pieces.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return pieces;
}

bool is_octet(std::string_view text)
{
    if (text.empty() || text.size() > 3) return false;
    int value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return false;
        value = value * 10 + (c - '0');
    }
    return value < 256;
}

std::optional<std::string> ipv4_network(std::string_view address)
{
    const auto octets = split(address, '.');
    if (octets.size() != 4 || !std::all_of(octets.begin(), octets.end(), is_octet)) return std::nullopt;
    return "net:" + std::string(octets[0]) + "." + std::string(octets[1]) + "." + std::string(octets[2]) + ".0/24";
}

// "2001:DB8::1" -> "2001:db8:0": the first three groups, where "::" stands for as many zeros as are missing.
std::string ipv6_network(std::string_view address)
{
    const auto gap = address.find("::");
    const auto head = split(address.substr(0, gap), ':');
    std::string out = "net:";
    for (std::size_t i = 0; i < 3; ++i) {
        const bool there = i < head.size() && !head[i].empty();
        auto group = there ? ascii_lower(head[i]) : std::string("0");
        group.erase(0, std::min(group.find_first_not_of('0'), group.size() - 1));
        out += group + ":";
    }
    return out + ":/48";
}

}  // namespace

// To the second, rounded up: nobody comes too early by what they were told.
static std::string moment(Time time)
{
    return format_time(std::chrono::ceil<std::chrono::seconds>(time));
}

std::string suspension_text(std::optional<Time> until)
{
    return "This account published too fast, and may not publish " +
           (until ? "before " + moment(*until) : std::string("until an administrator lifts that")) + ".";
}

std::string quota_text(Time until)
{
    return "This account has published as much as it may, and may not publish before " + moment(until) + ".";
}

Error rate_refusal(std::string text, std::optional<Time> until, Time now)
{
    Error error{Code::rate_limited, std::move(text), {}};
    if (until)
        error.retry_after = std::max(std::chrono::ceil<std::chrono::seconds>(*until - now), std::chrono::seconds(1));
    return error;
}

Paced publish_at(const Pace& pace, const Rate& rate, Time now)
{
    if (rate.every.count() <= 0) return {pace, false};
    const auto stretch = now.time_since_epoch() / rate.every;
    Pace next = pace;
    if (stretch == pace.stretch) {
        ++next.messages;
    } else {
        const bool goes_on = stretch == pace.stretch + 1 && pace.messages > 1;
        next = {stretch, 1, goes_on ? pace.streak + 1 : 0};
    }
    const bool fast = next.messages > 1 && next.streak * rate.every >= rate.kept_up;
    return {next, fast};
}

Result<void> may_vote(const Standing& standing)
{
    if (auto may = may_read(standing); !may) return may;
    if (standing.originator || standing.draft)
        return tl::unexpected(Error{Code::forbidden, "Nobody votes on a message of their own.", {}});
    return {};
}

double weight(const VoterRecord& record)
{
    return (1.0 + record.agreed) / (1.0 + record.agreed + record.alone);
}

bool is_moderated(const Tally& tally)
{
    return !tally.from_account && tally.voters >= least_voters && tally.weight >= least_weight;
}

std::string network_of(std::string_view address)
{
    constexpr std::string_view mapped = "::ffff:";
    if (address == "127.0.0.1" || address == "::1" || address == "::ffff:127.0.0.1") return {};
    if (ascii_lower(address.substr(0, mapped.size())) == mapped)
        if (auto network = ipv4_network(address.substr(mapped.size()))) return *network;
    if (auto network = ipv4_network(address)) return *network;
    return address.find(':') == std::string_view::npos ? std::string{} : ipv6_network(address);
}

std::string source_of(std::string_view authentication, std::string_view client)
{
    const auto value_of = [words = split(authentication, ' ')](std::string_view key) {
        for (const auto word : words)
            if (word.starts_with(key)) return std::string(word.substr(key.size()));
        return std::string{};
    };
    if (const auto domain = value_of("domain="); !domain.empty()) return "domain:" + ascii_lower(domain);
    if (auto network = value_of("network="); !network.empty()) return network;
    return network_of(client);
}

double trust(const SourceRecord& record)
{
    const auto good = std::max(record.messages, 0.0) + known_good;
    return good / (good + complaint_cost * std::max(record.complaints, 0.0));
}

Verdict verdict(const SourceRecord& record, bool written_to)
{
    const auto trusted = trust(record);
    if (written_to || trusted >= deferred_below) return Verdict::take;
    return trusted >= refused_below ? Verdict::defer : Verdict::refuse;
}

}  // namespace email2
