// mailbox_purge: drafts and imports end with their last reference.
#pragma once

#include "gateway/store/session.h"

#include <cstdint>
#include <vector>

namespace gateway::store {

// Drafts and imports among `messages` that nobody refers to and nothing answers any more are
// deleted; returns these.
std::vector<std::int64_t> purge(Session& session, const std::vector<std::int64_t>& messages);

}  // namespace gateway::store
