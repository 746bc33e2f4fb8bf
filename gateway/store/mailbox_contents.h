// mailbox_contents: what lies in a mailbox, as one compact array, and what has changed since.
// store.md 4 and 8.
#pragma once

#include "gateway/store/session.h"
#include "imap/mailboxes.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace gateway::store {

struct Contents {
    imap::Snapshot snapshot;
    std::vector<std::int64_t> renditions;  // beside snapshot.messages

    // What is at that UID; 0 when nothing is.
    [[nodiscard]] std::int64_t rendition(imap::Uid uid) const;
    // The state there, or nullptr.
    [[nodiscard]] const imap::MessageState* find(imap::Uid uid) const;
};

// Everything, as one moment. A mailbox that is not there is empty, with UIDVALIDITY 0.
[[nodiscard]] Contents load_contents(Session& session, std::int32_t user, std::int32_t mailbox);
// `known` brought to now; nullopt when its modseq has not moved.
[[nodiscard]] std::optional<Contents> newer_contents(
    Session& session, std::int32_t user, std::int32_t mailbox, const Contents& known);

// UIDs that were expunged after the mailbox was at `modseq`, ascending and apart: exactly these for the newest
// limits::expunges_kept changes, beyond that some that went earlier.
[[nodiscard]] std::vector<imap::UidRange> expunged_since(
    Session& session, std::int32_t user, std::int32_t mailbox, imap::ModSeq modseq);

}  // namespace gateway::store
