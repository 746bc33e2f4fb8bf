// relocate: references that change their mailbox, their rendition or both: each gets a new UID, the old one is
// expunged. And those that are new.
//
// The one way in which MOVE, leaving, rejoining, editing, withdrawing and undeleting change mailboxes. One set-based
// statement for any number of references of any number of users; mailboxes are locked in ascending id first.
#pragma once

#include "gateway/store/changes.h"
#include "gateway/store/session.h"

#include <cstdint>
#include <vector>

namespace gateway::store {

struct Relocation {
    std::int32_t user = 0;
    std::int32_t mailbox = 0;  // where it is
    std::int32_t uid = 0;
    std::int32_t target = 0;     // where it goes (may be the same mailbox)
    std::int64_t rendition = 0;  // 0: keeps its own
    std::int64_t set_flags = 0, clear_flags = 0;
    std::int32_t home = 0;  // remembered beside it: the folder it came from, for a way back; 0: none
};

// Of a statement's rows: user, mailbox, uid, target, home.
[[nodiscard]] std::vector<Relocation> relocations_of(const Rows& rows);

// Returns the new UIDs in the order of `relocations`; 0 for one that was not there any more. UIDs rise in that order
// per target.
std::vector<std::int32_t> relocate(Session& session, Changes& changes, const std::vector<Relocation>& relocations);

struct FreshReference {
    std::int64_t message = 0, rendition = 0, flags = 0;
    std::int32_t user = 0, mailbox = 0;
    std::int32_t home = 0;  // as above
};

// References that were not there, each at the next UID of its mailbox, in this order. Locks the mailboxes.
void add_references(Session& session, Changes& changes, const std::vector<FreshReference>& references);

// Locks these mailboxes against any other change of their contents, in ascending order. Needed before reading what is
// then changed.
void lock_mailboxes(Session& session, std::vector<std::int32_t> ids);

}  // namespace gateway::store
