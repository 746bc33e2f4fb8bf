// dkim: the DKIM signatures of a mail, RFC 6376 6.
#include "gateway/authentication/dkim.h"

#include "gateway/authentication/limits.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

namespace gateway::authentication {
namespace {

constexpr std::size_t start_length = 8;  // RFC 6008 2

// The hashes of the body, each kind once.
class Bodies {
public:
    explicit Bodies(const MailText& mail) : mail_(mail) {}

    const BodyHash& of(const Signature& signature)
    {
        const auto kind = std::tuple(signature.body, signature.hash, signature.length);
        const auto found = hashes_.find(kind);
        if (found != hashes_.end()) return found->second;
        return hashes_.emplace(kind, hash_body(mail_, signature.body, signature.hash, signature.length)).first->second;
    }

private:
    const MailText& mail_;
    std::map<std::tuple<Canonical, Hash, std::optional<std::uint64_t>>, BodyHash> hashes_;
};

// Names of which h= has at least as many as there are fields: then nobody can have added one.
std::vector<std::string> covered_by(const MailText& mail, const Signature& signature)
{
    std::map<std::string, std::size_t> counts;
    for (const auto& name : signature.fields) ++counts[name];
    std::vector<std::string> covered;
    for (const auto& [name, count] : counts)
        if (count >= mail.named(name).size()) covered.push_back(name);
    return covered;
}

void decide(PendingSignature& pending, Verdict verdict)
{
    pending.outcome.result = verdict.result;
    pending.outcome.why = std::move(verdict.why);
    pending.signature.reset();
}

PendingSignature read_one(
    const MailText& mail, std::size_t place, Bodies& bodies, std::chrono::sys_seconds now, SignatureRules rules)
{
    PendingSignature pending;
    auto read = parse_signature(mail.value(place), SignatureKind::dkim, rules);
    if (!read) {
        decide(pending, read.error());
        return pending;
    }
    auto& outcome = pending.outcome;
    outcome.domain = read->domain;
    outcome.selector = read->selector;
    outcome.identity = read->identity;
    outcome.algorithm = read->algorithm();
    outcome.start = encode_base64(read->signature).substr(0, start_length);
    outcome.length_used = read->length.has_value();
    outcome.covered = covered_by(mail, *read);
    outcome.time = read->time;
    outcome.expires = read->expires;
    pending.signature = std::move(*read);
    const auto& signature = *pending.signature;
    if (signature.expires && *signature.expires < now) {
        decide(pending, {Result::policy, "it has expired"});
        return pending;
    }
    const auto& body = bodies.of(signature);
    if (signature.length && body.octets < *signature.length) pending.body_fault = "the body is shorter than l=";
    else if (body.digest != signature.body_hash) pending.body_fault = "the body was changed";
    pending.digest = header_digest(mail, signature, place);
    return pending;
}

}  // namespace

std::vector<PendingSignature> read_signatures(const MailText& mail, std::chrono::sys_seconds now, SignatureRules rules)
{
    std::vector<PendingSignature> signatures;
    Bodies bodies(mail);
    for (const auto place : mail.named("dkim-signature")) {
        if (signatures.size() == limits::signatures) break;
        signatures.push_back(read_one(mail, place, bodies, now, rules));
    }
    return signatures;
}

DkimSignature conclude(PendingSignature pending, const dns::Lookup<std::string>& key, SignatureRules rules)
{
    if (!pending.signature) return std::move(pending.outcome);
    auto verdict = check_signature(*pending.signature, pending.digest, key, rules);
    if (verdict.result == Result::pass && !pending.body_fault.empty())
        verdict = {Result::fail, std::move(pending.body_fault)};
    pending.outcome.result = verdict.result;
    pending.outcome.testing = verdict.result == Result::pass && !verdict.why.empty();
    pending.outcome.why = verdict.result == Result::pass ? "" : std::move(verdict.why);
    return std::move(pending.outcome);
}

Result best_of(const std::vector<DkimSignature>& signatures)
{
    constexpr std::array order{Result::pass, Result::temperror, Result::fail, Result::policy, Result::permerror};
    for (const auto result : order)
        if (std::any_of(signatures.begin(), signatures.end(), [&](const auto& s) { return s.result == result; }))
            return result;
    return Result::none;
}

}  // namespace gateway::authentication
