// commits: how often this process has changed the store: what is remembered of it holds while the number stands still.
// And ending a transaction in the round trip that tells of it.
#pragma once

#include "gateway/store/changes.h"

#include <cstdint>

namespace gateway::store {

// Counted when a commit has come back, so before anybody is told of it. Thread-safe.
[[nodiscard]] std::uint64_t commits_here();

// A transaction whose begin and commit travel with other statements: by the first pipeline, and by finish_and_commit().
// What is left open rolls back.
class QuickTransaction {
public:
    explicit QuickTransaction(Session& session) : session_(session) {}
    ~QuickTransaction();
    QuickTransaction(const QuickTransaction&) = delete;
    void begin_with(Session::Pipeline& pipeline) { pipeline.add("begin"); }
    // As finish() and commit().
    void finish_and_commit(Changes& changes);

private:
    Session& session_;
};

}  // namespace gateway::store
