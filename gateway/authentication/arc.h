// arc: what earlier hands say they found, chained by their signatures, RFC 8617. Pure: others look up the keys.
#pragma once

#include "gateway/authentication/sign.h"
#include "gateway/authentication/signature.h"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::authentication {

struct Arc {
    Result result = Result::none;  // none: no chain; pass, fail; temperror: a key is not known now (counts as fail, but
                                   // later it may pass)
    std::string why;               // for people, with a fail
    std::vector<std::string> sealers;  // d= of each seal, oldest first, lower case
    std::string first_results;         // what the first one found: its ARC-Authentication-Results without the instance
    int instances = 0;

    // The chain holds and every hand in it is one that we trust.
    [[nodiscard]] bool by(const std::set<std::string, std::less<>>& trusted) const;
    // The first one found that the author's domain was proven: "dmarc=pass".
    [[nodiscard]] bool found_dmarc_pass() const;
};

// A chain that is read and hashed, and wants its keys.
struct PendingArc {
    Arc outcome;
    struct Seal {
        Signature signature;  // of AS: domain, selector, signature
        std::string digest;
    };
    std::vector<Seal> seals;           // oldest first; empty: decided already
    std::optional<Signature> message;  // the newest AMS
    std::string message_digest;

    [[nodiscard]] std::set<std::string> key_names() const;
};

// Steps 1 to 4 of RFC 8617 5.2, and the hashes.
[[nodiscard]] PendingArc read_arc(const MailText& mail);
[[nodiscard]] Arc conclude(PendingArc pending, const std::map<std::string, dns::Lookup<std::string>>& keys);

struct Sealing {
    std::string authserv_id;  // ours
    std::string
        results;  // what we found on taking it in, as in Authentication-Results behind our name: "spf=pass …; dkim=…"
    Result chain = Result::none;  // what we found of the chain then: none, pass; anything else counts as fail
    std::chrono::sys_seconds now{};
};

// The ARC set to put on top, CRLF at its end, RFC 8617 5.1: over the mail as it leaves, DKIM signatures included. ""
// when there is nothing to seal: no From, a mail that begins folded, a chain that somebody has already closed as
// failed, or one of 50 instances.
[[nodiscard]] std::string arc_seal(const MailText& mail, const Sealing& sealing, const SigningKey& key);

}  // namespace gateway::authentication
