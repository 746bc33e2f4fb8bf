// membership: leaving and rejoining, adding and removing: what a To change does to references. email2.md rules 2 to 4.
//
// Inside the caller's transaction; everything goes into `changes`. Whether it is allowed was decided before (email2/rules.h).
#pragma once

#include <cstdint>
#include <optional>
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
// where they were, and what was posted meanwhile appears in `folder`.
void settle_return(Session& session, Changes& changes, std::int32_t user, const std::vector<std::int64_t>& messages, std::int32_t folder);

// `person` leaves the lists held by `holders`. References of a native person to what these lists reach go to Trash; with
// `only_from` just the unflagged ones in that mailbox. What another list still shows stays.
void leave_lists(Session& session, Changes& changes, std::int32_t person, const std::vector<std::int64_t>& holders,
                 std::optional<std::int32_t> only_from);
// The way back: references return to their homes with their flags, what was posted meanwhile appears in `folder` (0: INBOX).
void rejoin_lists(Session& session, Changes& changes, std::int32_t person, const std::vector<std::int64_t>& holders, std::int32_t folder);
// References of these people to what the lists reach return from Trash and limbo to their homes.
void bring_back(Session& session, Changes& changes, const std::vector<std::int32_t>& people, const std::vector<std::int64_t>& holders);
// Hiding one message that inherits, and showing it again.
void hide(Session& session, Changes& changes, std::int32_t person, std::int64_t message);
void unhide(Session& session, Changes& changes, std::int32_t person, std::int64_t message);

// Native people who are on the lists held by `holders` get references to what these reach and they do not hold yet.
void show_thread(Session& session, Changes& changes, const std::vector<std::int32_t>& people, const std::vector<std::int64_t>& holders,
                 std::int32_t folder);
// References of these people to what only these lists showed them go to limbo.
void unshow_thread(Session& session, Changes& changes, const std::vector<std::int32_t>& people, const std::vector<std::int64_t>& holders);

}  // namespace gateway::store
