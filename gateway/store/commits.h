// commits: how often this process has changed the store: what is remembered of it holds while the number stands still.
#pragma once

#include <cstdint>

namespace gateway::store {

// Counted when a commit has come back, so before anybody is told of it. Thread-safe.
[[nodiscard]] std::uint64_t commits_here();

}  // namespace gateway::store
