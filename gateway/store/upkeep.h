// upkeep: what quotas and votes need done now and then. Every part is bounded, may be broken off, and is taken up by
// the next one.
#pragma once

#include "gateway/store/session.h"

#include <cstdint>

namespace gateway::store {

struct UpkeepSettings {
    std::uint64_t storage = 0;   // quota.storage
    std::int32_t accounts = 20;  // counted anew in one pass: up to a second each for the largest
    std::int32_t posts = 1000;   // that were held back, delivered in one pass
    std::int32_t votes = 1000;
};

// One pass; false when another process is at it.
bool upkeep(Session& session, const UpkeepSettings& settings);

}  // namespace gateway::store
