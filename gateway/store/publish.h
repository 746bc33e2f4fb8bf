// publish: a group of new messages in one transaction, set-based. store.md 1 and 2; the writer's inside.
#pragma once

#include "gateway/store/changes.h"
#include "gateway/store/ids.h"
#include "gateway/store/rendition.h"
#include "gateway/store/writer.h"

#include <exception>
#include <set>
#include <vector>

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

// Which jobs may be one group: none that names another one of it, for that one must be in the database before it is
// looked for, nor one that may be the same as another one. Any number may name the same parent: the answers in a hot
// thread go together.
class Together {
public:
    // Takes the job in; false: it is for a later group.
    [[nodiscard]] bool take(const PublishJob& job);

private:
    std::set<std::int64_t> are_, name_;  // hashes: of Message-IDs and idempotency keys; of the parents
};

// Stores them all or throws. Sets every job's result.
void publish_group(Session& session, const WriterSettings& settings, Ids& ids, const std::vector<PublishJob*>& jobs);
// The same within the caller's transaction, which finishes `changes`.
void publish_within(
    Session& session, Changes& changes, const WriterSettings& settings, Ids& ids, const std::vector<PublishJob*>& jobs);

}  // namespace gateway::store
