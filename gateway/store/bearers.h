// bearers: tokens by which programs act for an account without its password. RFC 6750.
//
// A secret is 160 random bits; only its SHA-256 is kept, so whoever reads the database learns none.
#pragma once

#include "email2/store.h"
#include "gateway/store/known_accounts.h"
#include "gateway/store/session.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gateway::store {

inline constexpr std::size_t most_bearers = 100;  // of one account: programs, not requests, have tokens

// `person`: an account's id. The secret is in the answer and nowhere else. nullopt: there are too many.
[[nodiscard]] std::optional<email2::Token> make_bearer(Session& session, std::int32_t person, const std::string& name);
[[nodiscard]] std::vector<email2::Token> bearers_of(Session& session, std::int32_t person);  // oldest first
// False when the account has no such token.
bool revoke_bearer(Session& session, std::int32_t person, std::uint64_t id);

// The account that a secret stands for; null: none, or one that may not come in.
[[nodiscard]] std::shared_ptr<const KnownAccounts::Known> account_of_bearer(
    KnownAccounts& accounts, Session& session, const std::string& secret);
// The same without asking the database; null also when it would have to be asked.
[[nodiscard]] std::shared_ptr<const KnownAccounts::Known> remembered_bearer(
    const KnownAccounts& accounts, const std::string& secret);

}  // namespace gateway::store
