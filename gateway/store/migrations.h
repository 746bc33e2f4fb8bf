// migrations: the numbered steps from an empty database to the present schema; gateway/store/migrations/*.sql in order.
#pragma once

#include <string_view>
#include <vector>

namespace gateway::store {

// The texts in order; number 1 first. A published one never changes.
[[nodiscard]] std::vector<std::string_view> migrations();

}  // namespace gateway::store
