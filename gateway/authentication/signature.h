// signature: what a DKIM-Signature or ARC-Message-Signature field and a key record say, and how they are checked, RFC
// 6376 3.5, 3.6, 3.7. Pure: the key is looked up by others.
#pragma once

#include "gateway/authentication/canonical.h"
#include "gateway/authentication/keys.h"
#include "gateway/authentication/mail_text.h"
#include "gateway/authentication/result.h"
#include "gateway/dns/resolver.h"

#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::authentication {

// What holds now, or what held when a vector was made: before RFC 8301 (rsa-sha1, short keys), before RFC 4871 (no
// v=1).
enum class SignatureRules { current, historic };

struct Verdict {
    Result result = Result::none;
    std::string why;  // for people
};

enum class SignatureKind { dkim, arc_message };

struct Signature {
    KeyType type = KeyType::rsa;
    Hash hash = Hash::sha256;
    Canonical header = Canonical::simple, body = Canonical::simple;
    std::string domain, selector;                           // d=, lower case; s=
    std::string identity;                                   // domain of i=, lower case: d= or below it
    std::vector<std::string> fields;                        // h=, lower case, as often as they are named
    std::optional<std::uint64_t> length;                    // l=
    std::optional<std::chrono::sys_seconds> time, expires;  // t=, x=
    std::string body_hash, signature;                       // bh=, b=: octets
    int instance = 0;                                       // i= of ARC

    [[nodiscard]] std::string key_name() const { return selector + "._domainkey." + domain; }
    [[nodiscard]] std::string algorithm() const
    {
        return std::string(name_of(type)) + (hash == Hash::sha1 ? "-sha1" : "-sha256");
    }
};

// The value of the field. Verdict: permerror, or policy for what RFC 8301 forbade.
[[nodiscard]] tl::expected<Signature, Verdict> parse_signature(
    std::string_view value, SignatureKind kind, SignatureRules rules);

struct KeyRecord {
    PublicKey key;
    std::vector<std::string> hashes;  // h=; empty: all
    bool for_mail = true;             // s= has email or *
    bool testing = false;             // t=y
    bool strict = false;              // t=s: i= must be d= itself
};

// Verdict: permerror for a record that is none, was revoked, or has a key that cannot be used.
[[nodiscard]] tl::expected<KeyRecord, Verdict> parse_key_record(std::string_view text, KeyType type);

// The field's own text with the value of its b= left out.
[[nodiscard]] std::string without_signature(std::string_view whole);

// The digest over the fields that h= names, from the bottom up, then over the field in place `own` with an empty b=.
[[nodiscard]] std::string header_digest(const MailText& mail, const Signature& signature, std::size_t own);

// Whether the signature with that header digest is one by a key of that lookup: pass, fail, temperror, permerror,
// policy.
[[nodiscard]] Verdict check_signature(
    const Signature& signature, const std::string& digest, const dns::Lookup<std::string>& key, SignatureRules rules);

}  // namespace gateway::authentication
