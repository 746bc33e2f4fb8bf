// fates: what becomes of messages when people come and go. email2.md rule 7; the decision is email2::fate, here
// set-based.
//
// A message is archived in the step in which the last of those who count leaves its effective list, and revived in the
// step in which one comes back. Who counts: people whose store is here or who pull from here (native, remote), and on a
// mailing list every subscriber. The correspondents of a conversation do not: they have their copies, and the author of
// mail from outside never leaves.
//
// Who left may still hold the message in Trash or Sent and reads it there (rule 2): it is archived all the same, since
// nobody is on its list; only cold storage waits until no such reference is left, and `archive.keep` counts from the
// end of the last one.
#pragma once

#include "gateway/store/changes.h"
#include "gateway/store/session.h"

#include <cstdint>
#include <vector>

namespace gateway::store {

// To be called in the transaction that changed who is on the lists held by `holders`, or who hides one of `messages`:
// after the entries and before references are moved, for what is archived is shown to nobody.
void settle_fates(
    Session& session, const std::vector<std::int64_t>& holders, const std::vector<std::int64_t>& messages = {});

// References to these ended: those among them that are archived are kept from now on for `archive.keep`. So is a notice
// (a DSN, an answer to an action) with its last reference, since it is no thread that anybody comes back to.
void references_ended(Session& session, const std::vector<std::int64_t>& messages);

}  // namespace gateway::store
