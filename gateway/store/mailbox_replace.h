// mailbox_replace: what REPLACE (RFC 8508) does to references beside editing and publishing.
// mapping.md "The mailbox view".
//
// Within the caller's transaction.
#pragma once

#include "gateway/store/changes.h"
#include "gateway/store/facts.h"
#include "gateway/store/ids.h"
#include "gateway/store/mailbox_accounts.h"
#include "gateway/store/membership.h"
#include "gateway/store/rendition.h"
#include "imap/mailboxes.h"

#include <cstdint>
#include <optional>

namespace gateway::store {

struct Place {  // of one reference
    std::int32_t mailbox = 0, uid = 0;
};

struct Replaced {
    std::int64_t message = 0;
    std::uint64_t size = 0;  // octets of what is read there
    std::int64_t nth = 1;    // of the user's references to it in that mailbox
};

// nullopt: there is nothing.
[[nodiscard]] std::optional<Replaced> find_replaced(Session& session, std::int32_t user, const Place& place);

// A draft's next revision is what was saved, octet for octet; what a draft said before is kept by
// nobody. The lists are locked.
struct SavedDraft {
    const Indexed* indexed = nullptr;
    std::string_view bytes;
    std::string message_id;
    std::optional<Time> internal_date;
    std::int64_t flags = 0;
};
[[nodiscard]] imap::Uid save_again(Session& session, Changes& changes, Ids& ids, const Account& account,
    const Facts& facts, const Place& place, const SavedDraft& saved);

// After an edit, which gave each reference a new UID: the one that was replaced gets these flags and
// goes to `destination`. 0: it is gone.
[[nodiscard]] imap::Uid place_edited(Session& session, Changes& changes, const Account& account,
    const Replaced& replaced, std::int32_t mailbox, std::int32_t destination, std::int64_t flags, LeaveScope scope);

}  // namespace gateway::store
