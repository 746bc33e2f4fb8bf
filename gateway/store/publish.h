// publish: a group of new messages in one transaction, set-based. store.md 1 and 2; the writer's inside.
#pragma once

#include <exception>
#include <vector>

#include "gateway/store/changes.h"
#include "gateway/store/ids.h"
#include "gateway/store/rendition.h"
#include "gateway/store/writer.h"

namespace gateway::store {

struct PublishJob {
    NewMessage message;
    mime::Message parsed;
    Indexed indexed;
    // the outcome
    std::optional<email2::Result<Published>> result;
};

// Reads what the store needs to know of the bytes. Pure.
void prepare(PublishJob& job);

// Ids under which other messages may name it, or which it names, and its idempotency key: two jobs that share one must not be in one group.
[[nodiscard]] std::vector<std::int64_t> hashes_of(const PublishJob& job);

// Stores them all or throws. Sets every job's result.
void publish_group(Session& session, const WriterSettings& settings, Ids& ids, const std::vector<PublishJob*>& jobs);
// The same within the caller's transaction, which finishes `changes`.
void publish_within(Session& session, Changes& changes, const WriterSettings& settings, Ids& ids, const std::vector<PublishJob*>& jobs);

}  // namespace gateway::store
