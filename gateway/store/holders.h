// holders: which messages hold the list of a message that inherits, found anew when a list in between is detached or
// given up. email2.md "effective list", store.md 5.
#pragma once

#include "gateway/store/session.h"

#include <cstdint>
#include <vector>

namespace gateway::store {

// The messages that inherit from `message`, through however many others; `message` itself comes first.
[[nodiscard]] std::vector<std::int64_t> heirs(Session& session, std::int64_t message);

// Writes the holders of all `heirs` of a message anew. The first of them holds its own list from now on, or (`own`
// false) inherits from those parents whose `inherited` is set. The caller has locked the lists that change.
void write_holders(Session& session, const std::vector<std::int64_t>& heirs, bool own);

}  // namespace gateway::store
