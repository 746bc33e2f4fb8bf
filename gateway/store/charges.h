// charges: what a store holds and whether it has room. email2.md rule 10, email2/quota.h.
//
// What an account is charged with is kept as an estimate: publishing adds each holder's share to `mailbox.charged` in
// the update that it makes anyway. The estimate drifts when holders come and go. It is made exact by counting anew: for
// whoever is about to be refused by a count that is older than a minute, or since which something went, and by
// maintenance for the longest not counted.
#pragma once

#include "email2/quota.h"
#include "gateway/store/session.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::store {

// Those of `addresses` (accounts and their aliases; others are ignored) that have no room for `size` more octets.
// `limit`: of an account that has none of its own, octets; 0: none.
[[nodiscard]] std::set<std::string> without_room(
    Session& session, const std::vector<std::string>& addresses, std::uint64_t limit, std::uint64_t size);
[[nodiscard]] bool has_room(Session& session, const std::string& address, std::uint64_t limit, std::uint64_t size);
// What an account holds, as it was counted last and what came since; nullopt when there is no such account.
[[nodiscard]] std::optional<email2::Storage> storage_of(
    Session& session, std::string_view address, std::uint64_t limit);
// The same, counted anew unless that was done a minute ago and nothing went since.
[[nodiscard]] std::optional<email2::Storage> exact_storage_of(
    Session& session, std::string_view address, std::uint64_t limit);
// nullopt: the configuration's; 0: none. False when there is no such account.
bool set_storage_quota(Session& session, std::string_view address, std::optional<std::uint64_t> octets);
bool set_send_quota(Session& session, std::string_view address, std::optional<std::uint32_t> messages);
// Why it may not publish at this moment, having been too fast (email2/abuse.h); nullopt: it may.
[[nodiscard]] std::optional<std::string> suspension_of(Session& session, std::string_view address);
// May publish again after too much at once.
void lift_suspension(Session& session, std::string_view address);

// Counts one account anew; takes time in proportion to what it holds. A transaction of its own.
void count_anew(Session& session, std::int32_t account);
// Something went from an account's store: before it is refused anything, it is counted.
void note_gone(Session& session, std::int32_t account);

// Maintenance: which stores are full, as they are charged; at most `accounts` of those that were not counted for a day
// are counted anew; at most `posts` that were held back for want of room are delivered.
void keep_charges(Session& session, std::uint64_t limit, std::int32_t accounts, std::int32_t posts);

}  // namespace gateway::store
