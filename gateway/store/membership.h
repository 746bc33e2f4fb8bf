// membership: leaving and rejoining, adding and removing: what a To change does to references. email2.md rules 2 to 4.
//
// Inside the caller's transaction; everything goes into `changes`. Whether it is allowed was decided before
// (email2/rules.h). First the entries change, then two set-based statements bring the references of the people
// concerned into line with how these now stand on each message's effective list: take_away and give_back.
#pragma once

#include "gateway/store/changes.h"
#include "gateway/store/session.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace gateway::store {

enum class LeaveScope { thread, message };  // imap.leave

// To changes hold the lists against publishing (store.md 2): the rows of these messages, in ascending id, to the
// commit.
void lock_lists(Session& session, const std::vector<std::int64_t>& messages);

// The messages whose list is held by any of `holders`: these themselves, and what inherits from them. No drafts, no
// imports.
[[nodiscard]] std::vector<std::int64_t> reached(Session& session, const std::vector<std::int64_t>& holders);
// Those of the message's `holders` where a person's entry has this membership and counts for the message (blind ones do
// not inherit).
[[nodiscard]] std::vector<std::int64_t> standing_at(Session& session, std::int32_t person, std::int64_t message,
    const std::vector<std::int64_t>& holders, std::int16_t membership);
// The message that stands for all of these, to leave or to come back to: the one whose list it is, or `message` itself
// when it comes by several.
[[nodiscard]] std::int64_t comes_by(Session& session, std::int32_t person, std::int64_t message,
    const std::vector<std::int64_t>& holders, std::int16_t membership);

// References of `people` to `messages` whose effective list has them no more: who left finds them in Trash, whoever was
// removed or is no longer held there finds nothing (limbo); what they wrote themselves these keep. With `only_from`: of
// who left just the unflagged ones in that mailbox.
void take_away(Session& session, Changes& changes, const std::vector<std::int32_t>& people,
    const std::vector<std::int64_t>& messages, std::optional<std::int32_t> only_from = {});
// References of `people` to `messages` that they are on the list of return to their homes: what was taken away, and
// (`everything`) what lies in Trash. What they do not hold yet appears where rule 2 puts it.
enum class Back { taken, everything };
void give_back(Session& session, Changes& changes, const std::vector<std::int32_t>& people,
    const std::vector<std::int64_t>& messages, Back what);

// `person` leaves the lists held by `holders`, and comes back to them.
void leave_lists(Session& session, Changes& changes, std::int32_t person, const std::vector<std::int64_t>& holders,
    std::optional<std::int32_t> only_from);
void rejoin_lists(Session& session, Changes& changes, std::int32_t person, const std::vector<std::int64_t>& holders);
// Hiding one message that inherits, and showing it again; the references stay where they are.
void hide(Session& session, Changes& changes, std::int32_t person, std::int64_t message);
void unhide(Session& session, Changes& changes, std::int32_t person, std::int64_t message);

// After references of `user` were moved, copied or expunged: whichever of `messages` now lies only in Trash (Sent,
// Drafts and limbo do not count) is left: one that holds its list for the whole thread (its inherited answers in the
// folder `folder`, where the reference was before, unflagged, go to Trash in the same step), another one is hidden.
// What came from Sent or Drafts means nothing.
void settle_trash(Session& session, Changes& changes, std::int32_t user, const std::vector<std::int64_t>& messages,
    std::int32_t folder, LeaveScope scope);

// After references of `user` came out of Trash: whoever had left rejoins; the answers that went along come back to
// where they were, and what was posted meanwhile appears beside them.
void settle_return(Session& session, Changes& changes, std::int32_t user, const std::vector<std::int64_t>& messages);

}  // namespace gateway::store
