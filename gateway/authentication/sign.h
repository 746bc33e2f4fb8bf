// sign: DKIM signatures of our own, RFC 6376 5, RFC 8301, RFC 8463. Pure.
#pragma once

#include "gateway/authentication/keys.h"
#include "gateway/authentication/mail_text.h"

#include <chrono>
#include <string>
#include <vector>

namespace gateway::authentication {

struct SigningKey {
    std::string domain;    // d=, lower case A-labels
    std::string selector;  // s=
    PrivateKey key;
};

// The field to put on top, CRLF at its end; "" when the mail has no From, or begins folded. Signs each field of those
// that say who, to whom, what and where to unsubscribe (RFC 6376 5.4.1, RFC 8058 4) as often as it is there, From once
// more so that none can be added.
[[nodiscard]] std::string dkim_signature(const MailText& mail, const SigningKey& key, std::chrono::sys_seconds now);

// h= of such a signature, lower case: what is there of `names`, each as often as it is.
[[nodiscard]] std::vector<std::string> present_fields(const MailText& mail, const std::vector<std::string_view>& names);
// The names whose fields we sign, lower case.
[[nodiscard]] const std::vector<std::string_view>& signed_names();
// `field`, which ends in "b=", with its signature: over `names` (each as often as it stands there), from the bottom up,
// then itself.
[[nodiscard]] std::string signed_field(
    const MailText& mail, const std::vector<std::string>& names, std::string field, const PrivateKey& key);
// Names joined by colons, folded.
[[nodiscard]] std::string folded_names(const std::vector<std::string>& names);
// Base64 in lines that fit a header.
[[nodiscard]] std::string folded_base64(std::string_view octets);

}  // namespace gateway::authentication
