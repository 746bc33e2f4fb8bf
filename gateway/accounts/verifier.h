// verifier: what is stored instead of a password. RFC 5803, RFC 5802 3, RFC 7677.
//
// "SCRAM-SHA-256$4096:<salt>$<StoredKey>:<ServerKey>", base64: the form that PostgreSQL uses too.
// Pure but for the salt's randomness.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway::accounts {

struct Verifier {
    int iterations = 0;
    std::string salt, stored_key, server_key;  // octets
    [[nodiscard]] std::string text() const;
};

// nullopt: not of this form.
std::optional<Verifier> parse_verifier(std::string_view text);

// A new one with a random salt, to be stored. CPU: about a millisecond. The password is prepared by
// SASLprep (RFC 4013) where it can be, else taken as it is.
std::string make_verifier(std::string_view password);

// Takes the same time for every password. False for a verifier that is none.
bool verify(std::string_view password, std::string_view verifier);

std::string base64(std::string_view octets);
std::optional<std::string> from_base64(std::string_view text);
std::string random_octets(std::size_t count);
// HMAC-SHA-256.
std::string hmac(std::string_view key, std::string_view message);

}  // namespace gateway::accounts
