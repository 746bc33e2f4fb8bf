// arc: what earlier hands say they found, RFC 8617 4 and 5.
#include "gateway/authentication/arc.h"

#include "email2/text.h"
#include "gateway/authentication/limits.h"
#include "gateway/authentication/tags.h"

#include <algorithm>

namespace gateway::authentication {
namespace {

constexpr std::string_view results_name = "arc-authentication-results", message_name = "arc-message-signature",
                           seal_name = "arc-seal";

// The places of one instance's fields.
struct Set {
    std::optional<std::size_t> results, message, seal;
    [[nodiscard]] bool whole() const { return results && message && seal; }
};

// "i=1; mx.one.test; spf=pass …": the instance, and what is behind it.
std::optional<std::pair<int, std::string_view>> instance_of_results(std::string_view value)
{
    const auto semicolon = std::min(value.find(';'), value.size());
    const auto tags = parse_tags(value.substr(0, semicolon));
    const auto number = tags ? whole_number(tags->value("i")) : std::nullopt;
    if (!number || *number < 1 || *number > limits::arc_sets) return std::nullopt;
    return std::pair(static_cast<int>(*number), value.substr(std::min(semicolon + 1, value.size())));
}

std::optional<int> instance_of_tags(std::string_view value)
{
    if (value.size() > limits::signature) return std::nullopt;
    const auto tags = parse_tags(value);
    const auto number = tags ? whole_number(tags->value("i")) : std::nullopt;
    if (!number || *number < 1 || *number > limits::arc_sets) return std::nullopt;
    return static_cast<int>(*number);
}

// The sets by instance; nullopt: one is not whole, comes twice or cannot be read.
std::optional<std::vector<Set>> sets_of(const MailText& mail)
{
    std::vector<Set> sets;
    const auto add = [&](std::string_view name, std::optional<std::size_t> Set::* part, auto instance) {
        if (mail.named(name).size() > limits::arc_sets) return false;
        for (const auto place : mail.named(name)) {
            const std::optional<int> number = instance(mail.value(place));
            if (!number) return false;
            sets.resize(std::max(sets.size(), static_cast<std::size_t>(*number)));
            auto& field = sets[static_cast<std::size_t>(*number) - 1].*part;
            if (field) return false;
            field = place;
        }
        return true;
    };
    const auto of_results = [](std::string_view value) {
        const auto read = instance_of_results(value);
        return read ? std::optional(read->first) : std::nullopt;
    };
    if (!add(results_name, &Set::results, of_results) || !add(message_name, &Set::message, instance_of_tags) ||
        !add(seal_name, &Set::seal, instance_of_tags))
        return std::nullopt;
    if (!std::all_of(sets.begin(), sets.end(), [](const Set& set) { return set.whole(); })) return std::nullopt;
    return sets;
}

// AS: like a signature without h= and bh=, RFC 8617 4.1.3.
std::optional<Signature> parse_seal(std::string_view value, std::string& chain)
{
    const auto tags = parse_tags(value);
    if (!tags || tags->find("h") != nullptr) return std::nullopt;
    Signature seal;
    const auto algorithm = email2::ascii_lower(tags->value("a"));
    if (algorithm == "ed25519-sha256") seal.type = KeyType::ed25519;
    else if (algorithm != "rsa-sha256") return std::nullopt;
    seal.header = Canonical::relaxed;
    seal.domain = seal.identity = email2::ascii_lower(tags->value("d"));
    seal.selector = tags->value("s");
    auto octets = decode_base64(tags->value("b"));
    if (!octets || octets->empty() || seal.domain.empty() || seal.selector.empty()) return std::nullopt;
    seal.signature = std::move(*octets);
    chain = email2::ascii_lower(tags->value("cv"));
    return seal;
}

// Over all sets up to this one in order, the last seal with an empty b=, RFC 8617 5.1.1.
std::string seal_digest(const MailText& mail, const std::vector<Set>& sets, std::size_t count)
{
    Digest digest(Hash::sha256);
    const auto add = [&](std::size_t place) {
        digest.update(canonical_field(mail.whole(place), Canonical::relaxed));
        digest.update("\r\n");
    };
    for (std::size_t i = 0; i < count; ++i) {
        add(*sets[i].results);
        add(*sets[i].message);
        if (i + 1 < count) add(*sets[i].seal);
    }
    digest.update(canonical_field(without_signature(mail.whole(*sets[count - 1].seal)), Canonical::relaxed));
    return digest.finish();
}

PendingArc failed(PendingArc pending, std::string why)
{
    pending.outcome.result = Result::fail;
    pending.outcome.why = std::move(why);
    pending.seals.clear();
    pending.message.reset();
    return pending;
}

const std::vector<std::string_view>& sealed_names()
{
    static const auto names = [] {
        auto all = signed_names();
        all.emplace_back("dkim-signature");
        return all;
    }();
    return names;
}

std::string algorithm(const SigningKey& key)
{
    return "a=" + std::string(name_of(key.key.type())) + "-sha256; ";
}

std::string sealer(const Sealing& sealing, const SigningKey& key)
{
    return "d=" + key.domain + "; s=" + key.selector +
           ";\r\n\tt=" + std::to_string(sealing.now.time_since_epoch().count()) + ";";
}

std::string results_field(const std::string& start, const Sealing& sealing)
{
    auto field = "ARC-Authentication-Results: " + start + sealing.authserv_id;
    for (const auto& word : split(sealing.results, ';'))
        if (!word.empty()) field += ";\r\n\t" + word;
    return field;
}

std::string message_field(const MailText& mail, const std::string& start, const Sealing& sealing, const SigningKey& key)
{
    const auto names = present_fields(mail, sealed_names());
    const auto body = hash_body(mail, Canonical::relaxed, Hash::sha256, std::nullopt).digest;
    auto field = "ARC-Message-Signature: " + start + algorithm(key) + "c=relaxed/relaxed;\r\n\t" +
                 sealer(sealing, key) + "\r\n\th=" + folded_names(names) + ";\r\n\tbh=" + encode_base64(body) +
                 ";\r\n\tb=";
    return signed_field(mail, names, std::move(field), key.key);
}

}  // namespace

bool Arc::by(const std::set<std::string, std::less<>>& trusted) const
{
    return result == Result::pass &&
           std::all_of(sealers.begin(), sealers.end(), [&](const auto& sealer) { return trusted.contains(sealer); });
}

bool Arc::found_dmarc_pass() const
{
    const auto words = split(email2::ascii_lower(first_results), ';');
    return std::any_of(words.begin(), words.end(), [](const auto& word) {
        return word.starts_with("dmarc=pass") &&
               (word.size() == 10 || std::string_view(" \t\r\n(").find(word[10]) != std::string_view::npos);
    });
}

std::set<std::string> PendingArc::key_names() const
{
    std::set<std::string> names;
    for (const auto& seal : seals) names.insert(seal.signature.key_name());
    if (message) names.insert(message->key_name());
    return names;
}

PendingArc read_arc(const MailText& mail)
{
    PendingArc pending;
    if (mail.named(results_name).empty() && mail.named(message_name).empty() && mail.named(seal_name).empty())
        return pending;
    const auto sets = sets_of(mail);
    if (!sets) return failed(std::move(pending), "the sets are not whole");
    pending.outcome.instances = static_cast<int>(sets->size());
    const auto first = instance_of_results(mail.value(*sets->front().results));
    pending.outcome.first_results = first ? std::string(first->second) : "";
    for (std::size_t i = 0; i < sets->size(); ++i) {
        std::string chain;
        auto seal = parse_seal(mail.value(*(*sets)[i].seal), chain);
        if (!seal) return failed(std::move(pending), "a seal cannot be read");
        pending.outcome.sealers.push_back(seal->domain);
        if (chain != (i == 0 ? "none" : "pass"))
            return failed(std::move(pending), "a seal says that the chain did not hold");
        pending.seals.push_back({std::move(*seal), seal_digest(mail, *sets, i + 1)});
    }
    const auto place = *sets->back().message;
    auto message = parse_signature(mail.value(place), SignatureKind::arc_message, SignatureRules::current);
    if (!message) return failed(std::move(pending), "the newest signature: " + message.error().why);
    if (hash_body(mail, message->body, message->hash, message->length).digest != message->body_hash)
        return failed(std::move(pending), "the body was changed since the last seal");
    pending.message_digest = header_digest(mail, *message, place);
    pending.message = std::move(*message);
    return pending;
}

Arc conclude(PendingArc pending, const std::map<std::string, dns::Lookup<std::string>>& keys)
{
    if (!pending.message) return std::move(pending.outcome);
    auto arc = std::move(pending.outcome);
    const auto check = [&](const Signature& signature, const std::string& digest, const char* what) {
        const auto found = keys.find(signature.key_name());
        const auto verdict = check_signature(signature, digest,
            found == keys.end() ? dns::Lookup<std::string>{} : found->second, SignatureRules::current);
        if (verdict.result == Result::pass) return true;
        arc.result = verdict.result == Result::temperror ? Result::temperror : Result::fail;
        arc.why = std::string(what) + " of " + signature.domain + ": " + verdict.why;
        return false;
    };
    if (!check(*pending.message, pending.message_digest, "the newest signature")) return arc;
    for (auto seal = pending.seals.rbegin(); seal != pending.seals.rend(); ++seal)
        if (!check(seal->signature, seal->digest, "the seal")) return arc;
    arc.result = Result::pass;
    return arc;
}

std::string arc_seal(const MailText& mail, const Sealing& sealing, const SigningKey& key)
{
    if (mail.begins_folded()) return {};
    const auto sets = sets_of(mail);  // a chain in pieces cannot be continued: no instance is free for certain
    if (!sets || sets->size() >= static_cast<std::size_t>(limits::arc_sets) || mail.named("from").empty()) return {};
    std::string newest;
    if (!sets->empty() && (!parse_seal(mail.value(*sets->back().seal), newest) || newest == "fail")) return {};
    const bool holds = sets->empty() || sealing.chain == Result::pass;
    const auto* chain = !holds ? "fail" : sets->empty() ? "none" : "pass";
    const auto start = "i=" + std::to_string(sets->size() + 1) + "; ";
    const auto results = results_field(start, sealing);
    const auto message = message_field(mail, start, sealing, key);

    Digest digest(Hash::sha256);
    const auto add = [&](std::string_view whole) {
        digest.update(canonical_field(whole, Canonical::relaxed));
        digest.update("\r\n");
    };
    if (holds)  // a chain that failed is closed: only this set is sealed, RFC 8617 5.1.2
        for (const auto& set : *sets)
            for (const auto place : {*set.results, *set.message, *set.seal}) add(mail.whole(place));
    add(results);
    add(message);
    auto seal = "ARC-Seal: " + start + algorithm(key) + "cv=" + chain + ";\r\n\t" + sealer(sealing, key) + "\r\n\tb=";
    digest.update(canonical_field(seal, Canonical::relaxed));
    seal += folded_base64(key.key.sign(digest.finish()));
    return seal + "\r\n" + message + "\r\n" + results + "\r\n";
}

}  // namespace gateway::authentication
