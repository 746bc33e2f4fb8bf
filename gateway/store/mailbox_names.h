// mailbox_names: a user's tree of mailboxes: listing, status, creating, renaming, deleting,
// subscribing. RFC 9051 6.3.
//
// Names are UTF-8 with '/' between levels. Each function that changes something runs within the
// caller's transaction and takes the user's row first, so that names change one at a time.
#pragma once

#include "gateway/store/changes.h"
#include "gateway/store/mailbox_accounts.h"
#include "gateway/store/membership.h"
#include "gateway/store/session.h"
#include "imap/mailboxes.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gateway::store {

struct MailboxRow {
    std::int32_t id = 0;
    std::string name;
    MailboxUse use = MailboxUse::none;
    std::uint32_t uid_next = 1, uid_validity = 1, recent = 1;
    std::int64_t modseq = 1;
};

// "inbox" in any case, also as the first level, is INBOX; a '/' at the end is dropped.
[[nodiscard]] std::string canonical_name(std::string name);
// Why no mailbox can have that name, or nullopt: limits of length and depth, controls, empty
// levels.
[[nodiscard]] std::optional<imap::No> bad_name(const std::string& name);

[[nodiscard]] std::optional<MailboxRow> find_mailbox(Session& session, std::int32_t user, const std::string& name);
// As find_mailbox, but says NO [NONEXISTENT], or [TRYCREATE] when it is a destination.
enum class Purpose { open, destination };
[[nodiscard]] imap::Result<MailboxRow> require_mailbox(
    Session& session, std::int32_t user, const std::string& name, Purpose purpose);

[[nodiscard]] std::vector<imap::MailboxInfo> list_mailboxes(Session& session, std::int32_t user);
[[nodiscard]] std::vector<std::string> list_subscriptions(Session& session, std::int32_t user);
// Without `size` and `deleted_size`, which need every rendition.
[[nodiscard]] imap::MailboxStatus count_status(Session& session, std::int32_t user, const MailboxRow& mailbox);
// Of those with this flag; 0: of all.
[[nodiscard]] std::uint64_t total_size(
    Session& session, std::int32_t user, std::int32_t mailbox, std::int64_t flag = 0);
// What was \Recent until now; from now on only what comes later is.
[[nodiscard]] imap::Uid claim_recent(Session& session, std::int32_t mailbox);

[[nodiscard]] imap::Result<std::int32_t> create_mailbox(
    Session& session, Changes& changes, std::int32_t user, const std::string& name);
[[nodiscard]] imap::Result<void> delete_mailbox(
    Session& session, Changes& changes, const Account& account, const std::string& name, LeaveScope scope);
[[nodiscard]] imap::Result<void> rename_mailbox(
    Session& session, Changes& changes, std::int32_t user, const std::string& from, const std::string& to);
// Names without a mailbox are kept as well: No{"LIMIT"} when there are too many.
imap::Result<void> subscribe_mailbox(
    Session& session, Changes& changes, std::int32_t user, const std::string& name, bool on);

}  // namespace gateway::store
