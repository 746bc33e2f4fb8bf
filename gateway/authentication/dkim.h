// dkim: the DKIM signatures of a mail, RFC 6376 6, RFC 8301, RFC 8463. Pure: in between, others look up the keys.
#pragma once

#include "gateway/authentication/signature.h"

#include <optional>
#include <string>
#include <vector>

namespace gateway::authentication {

// One signature of a mail and what became of it.
struct DkimSignature {
    Result result = Result::none;
    std::string why;               // for people; "" with a pass
    std::string domain, selector;  // d=, s=; "" when the field could not be read
    std::string identity;          // domain of i=
    std::string algorithm;         // "rsa-sha256"
    std::string start;             // the first octets of b=, by which RFC 6008 tells signatures apart
    bool aligned = false;          // by the author's domain, relaxed or as that domain demands (RFC 7489 3.1.1)
    bool length_used = false;      // l=: something may have been added behind what was signed
    bool testing = false;          // the domain says so: t=y
    std::vector<std::string>
        covered;  // names (lower case) in h= of which every field in the mail is signed, absent ones included
    std::optional<std::chrono::sys_seconds> time, expires;  // t=, x=
};

// A signature that is read and hashed, and wants its key.
struct PendingSignature {
    DkimSignature outcome;
    std::optional<Signature> signature;  // nullopt: decided already
    std::string digest;                  // of the header
    std::string body_fault;              // why the body is not what was signed; "" when it is
};

// Reads the first signatures (limits.h) and hashes what they sign: CPU, up to one pass over the body for each kind of
// them.
[[nodiscard]] std::vector<PendingSignature> read_signatures(
    const MailText& mail, std::chrono::sys_seconds now, SignatureRules rules = SignatureRules::current);
// The outcome, with what the DNS says of signature->key_name().
[[nodiscard]] DkimSignature conclude(
    PendingSignature pending, const dns::Lookup<std::string>& key, SignatureRules rules = SignatureRules::current);

// Of several signatures the best result; none without any.
[[nodiscard]] Result best_of(const std::vector<DkimSignature>& signatures);

}  // namespace gateway::authentication
