// mailbox_changes: STORE, EXPUNGE, COPY and MOVE on references, and what they mean for membership.
// mapping.md "The mailbox view".
//
// Within the caller's transaction; every UID list is ascending. UIDs and MODSEQs are given out
// under the mailbox's row lock.
#pragma once

#include "gateway/store/changes.h"
#include "gateway/store/mailbox_accounts.h"
#include "gateway/store/membership.h"
#include "gateway/store/session.h"
#include "imap/mailboxes.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace gateway::store {

struct FlagChange {
    std::int64_t keep = -1, set = 0;  // flags become (flags & keep) | set
};

// The states of all of `uids` that are there and were not refused, changed or not; refused ones are
// in `modified`.
[[nodiscard]] imap::Stored store_flags(Session& session, Changes& changes, std::int32_t user, std::int32_t mailbox,
    const std::vector<std::int32_t>& uids, FlagChange change, std::optional<imap::ModSeq> unchanged_since);

// Those of `uids` (nullopt: all) that are \Deleted go; returns them.
[[nodiscard]] std::vector<imap::Uid> expunge(Session& session, Changes& changes, const Account& account,
    std::int32_t mailbox, const std::optional<std::vector<std::int32_t>>& uids, LeaveScope scope);
// This one goes, \Deleted or not, for the mail that takes its place: what may be needed for both is
// locked before that is put into `destination`.
void lock_for_replacing(
    Session& session, const Account& account, std::int32_t mailbox, std::int32_t uid, std::int32_t destination);
void expunge_replaced(Session& session, Changes& changes, const Account& account, std::int32_t mailbox,
    std::int32_t uid, LeaveScope scope);
// Everything goes, \Deleted or not, for a mailbox that is to be deleted.
void expunge_all(Session& session, Changes& changes, const Account& account, std::int32_t mailbox, LeaveScope scope);

// `from` and `to` of the result are in the order of `uids`, those that are gone left out;
// uid_validity is the caller's to fill.
[[nodiscard]] imap::Copied copy(Session& session, Changes& changes, const Account& account, std::int32_t mailbox,
    const std::vector<std::int32_t>& uids, std::int32_t destination);
[[nodiscard]] imap::Copied move(Session& session, Changes& changes, const Account& account, std::int32_t mailbox,
    const std::vector<std::int32_t>& uids, std::int32_t destination, LeaveScope scope);

// One more reference at a new UID.
struct NewReference {
    std::int64_t message = 0, rendition = 0, flags = 0;
};

[[nodiscard]] imap::Uid add_reference(
    Session& session, Changes& changes, std::int32_t user, std::int32_t mailbox, const NewReference& reference);

}  // namespace gateway::store
