// known_accounts: accounts that were looked up a moment ago, so that not every request asks the database who it is
// from.
//
// Kept true by news of changes (the database tells of every one), and for the time that news may be lost, by age.
#pragma once

#include "gateway/store/people.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace gateway::store {

// Thread-safe.
class KnownAccounts {
public:
    struct Known {
        PersonRow person;
        std::string verifier;
        bool suspended = false;
        bool limited = false;  // as Account: with no quota for all either, there is nothing to count
    };

    // By address, by alias, or by the hash of a token; null: ask the database.
    [[nodiscard]] std::shared_ptr<const Known> find(const std::string& name) const;
    // Taken before the database is asked: what it says is not remembered when accounts changed meanwhile.
    [[nodiscard]] std::uint64_t generation() const;
    void remember(const std::string& name, std::shared_ptr<const Known> account, std::uint64_t generation);
    void forget();  // some account, alias or token changed

private:
    struct Place {
        std::shared_ptr<const Known> account;
        std::chrono::steady_clock::time_point since;
    };
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Place> places_;
    std::uint64_t generation_ = 0;
};

// The account of an address or alias (`user+detail@` is `user@` here), remembered or looked up; null: there is none.
[[nodiscard]] std::shared_ptr<const KnownAccounts::Known> known_account(
    KnownAccounts& accounts, Session& session, const std::string& address);

}  // namespace gateway::store
