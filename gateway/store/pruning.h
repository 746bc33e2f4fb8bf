// pruning: what has served its time goes: events, blobs and uploads that nothing uses, tokens, idempotency keys,
// leftovers. One batch each.
#pragma once

#include "gateway/store/maintenance.h"

namespace gateway::store {

// Events beyond events.keep; who asks from before the floor is answered `gone`.
Batch prune_events(Care& care);
// Blobs that no body, no message and no upload uses. Never one that comes into use meanwhile: hold_blob in rendition.h.
Batch collect_blobs(Care& care);
Batch prune_uploads(Care& care);  // that no message came to use, or that were given up half way
Batch prune_idempotency(Care& care);
Batch prune_tokens(Care& care);
// What was told, to be counted for a day; what people outside were asked to confirm; what was told once, of threads
// that are gone.
Batch prune_told(Care& care);
Batch prune_trust(Care& care);    // of sources that were not heard of for so long that their record is as good as none
Batch prune_imports(Care& care);  // where imports stopped that nobody went on with
// Ids kept for parents that nothing answers any more.
Batch prune_missing(Care& care);
// Keeps the log of expunged UIDs short; nothing in it is lost (maintenance_limits.h).
Batch merge_expunges(Care& care);
// Drafts, imports and notices whose last reference went with its account.
Batch drop_unreferenced(Care& care);
// Private renditions that no reference shows any more; rows whose message or rendition went; queued mail of what is
// gone.
Batch drop_orphans(Care& care);

}  // namespace gateway::store
