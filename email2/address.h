// address: the one form in which an address is compared and stored. mapping.md "Names in both
// worlds".
//
// Domains are A-labels in lower case (IDNA2008, non-transitional): the form that DNS, SMTP without
// SMTPUTF8 and certificates share. Local parts are NFC; they are lower case at local domains only,
// since elsewhere only that server knows whether case matters (RFC 5321 2.4).
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace email2 {

// Asked with a normalised domain.
using IsLocal = std::function<bool(std::string_view domain)>;
using Domains = std::set<std::string, std::less<>>;

// The normal form of `address` ("local@domain", no angle brackets, no display name), or nullopt
// when it is none: a part is missing or too long (limits.h), not UTF-8, has controls or spaces, or
// a domain that is no name and no address literal. "+detail" stays.
[[nodiscard]] std::optional<std::string> normalise(std::string_view address, const IsLocal& is_local);
[[nodiscard]] std::optional<std::string> normalise(std::string_view address, const Domains& local);

// The domain alone: lower case, A-labels. nullopt when it cannot be one. Accepts address literals.
[[nodiscard]] std::optional<std::string> normalise_domain(std::string_view domain);

// Whether `address` is such a normal form already as far as its look tells: a local part, '@' and a
// normal domain.
[[nodiscard]] bool is_address(std::string_view address);

// A normalised "user+detail@domain" without "+detail"; anything else unchanged. "+x@domain" has no
// user before the plus and is unchanged as well.
[[nodiscard]] std::string base_address(std::string_view address);

[[nodiscard]] std::string_view local_part(std::string_view address);  // before the last '@'
[[nodiscard]] std::string_view domain_of(std::string_view address);   // after it; "" without one

}  // namespace email2
