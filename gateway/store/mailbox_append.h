// mailbox_append: what APPEND finds here already: the same mail, or the message of which a client
// saves its copy to Sent. mapping.md "The mailbox view", rows Sent and "APPEND elsewhere".
//
// Within the caller's transaction.
#pragma once

#include "gateway/store/changes.h"
#include "gateway/store/ids.h"
#include "gateway/store/mailbox_accounts.h"
#include "gateway/store/mailbox_changes.h"
#include "gateway/store/rendition.h"
#include "gateway/store/session.h"
#include "imap/mailboxes.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::store {

// A rendition of exactly these bytes (what was appended must be read back exactly: the trace counts) of a message with
// that Message-ID that the user may see.
[[nodiscard]] std::optional<NewReference> find_same(
    Session& session, std::int32_t user, const std::string& message_id, std::string_view bytes);

// A reference to it in `mailbox`; outside Trash that brings back what had been left. 0: cold storage
// took the message meanwhile.
[[nodiscard]] imap::Uid refer(
    Session& session, Changes& changes, const Account& account, std::int32_t mailbox, const NewReference& reference);

// The message with that Message-ID which the user submitted at most 15 minutes ago; 0 when there is
// none.
[[nodiscard]] std::int64_t find_submitted(Session& session, std::int32_t user, const std::string& message_id);

// The author's own bytes of their message, in Sent in place of the reference that is there by
// itself. Returns the UID.
[[nodiscard]] imap::Uid save_sent(Session& session, Changes& changes, Ids& ids, const Account& account,
    std::int64_t message, const Indexed& indexed, std::string_view bytes, std::optional<Time> internal_date,
    std::int64_t flags);

}  // namespace gateway::store
