// membership: leaving and rejoining as mailboxes cause them. email2.md rule 4, mapping.md "The mailbox view".
//
// Inside the caller's transaction; everything goes into `changes`.
#pragma once

#include <cstdint>
#include <vector>

#include "gateway/store/changes.h"
#include "gateway/store/session.h"

namespace gateway::store {

enum class LeaveScope { thread, message };  // imap.leave

// After references of `user` were moved, copied or expunged: whichever of `messages` now lies only in Trash (Sent, Drafts and
// limbo do not count) is left: one that holds its list for the whole thread (its inherited answers in the folder `folder`, where the
// reference was before, unflagged, go to Trash in the same step), another one is hidden. What came from Sent or Drafts means nothing.
void settle_trash(Session& session, Changes& changes, std::int32_t user, const std::vector<std::int64_t>& messages,
                  std::int32_t folder, LeaveScope scope);

// After references of `user` came out of Trash into `folder`: whoever had left rejoins; the answers that went along come back to
// where they were, and what was posted meanwhile appears beside them.
void settle_return(Session& session, Changes& changes, std::int32_t user, const std::vector<std::int64_t>& messages, std::int32_t folder);

}  // namespace gateway::store
