// canonical: the octets that are hashed, whatever mail servers did to white space meanwhile, RFC 6376 3.4. Pure.
#pragma once

#include "gateway/authentication/keys.h"
#include "gateway/authentication/mail_text.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::authentication {

enum class Canonical { simple, relaxed };

// A field without the CRLF that ends it, RFC 6376 3.4.1, 3.4.2.
[[nodiscard]] std::string canonical_field(std::string_view whole, Canonical form);

struct BodyHash {
    std::string digest;
    std::uint64_t octets = 0;  // of the canonical body; fewer than were asked for: it is shorter than `most`
};
// The hash of the first `most` octets of the canonical body (all when nullopt), RFC 6376 3.4.3, 3.4.4. One pass, no
// copy.
[[nodiscard]] BodyHash hash_body(const MailText& mail, Canonical form, Hash hash, std::optional<std::uint64_t> most);

}  // namespace gateway::authentication
