// list_roots: which messages hold mailing lists, and what these are called. email2.md rule 9.
#pragma once

#include <cstdint>
#include <optional>

#include "email2/message.h"
#include "gateway/store/session.h"

namespace gateway::store {

// The alias and the name of the mailing list that this message holds; nullopt when it holds none.
[[nodiscard]] std::optional<email2::Person> list_root_of(Session& session, std::int64_t list);

}  // namespace gateway::store
