// mailbox_acl: the mailing list that a mailbox is for. mapping.md "The mailbox view".
#pragma once

#include "gateway/store/facts.h"
#include "gateway/store/session.h"

#include <cstdint>
#include <optional>

namespace gateway::store {

// The root of the one list whose posts (and answers to them) are all that lies in the mailbox, as its user stands to
// it; nullopt: none. Nothing says what a folder is for: this is what its newest messages show
// (mailbox_limits::judged_references).
[[nodiscard]] std::optional<Facts> list_of_mailbox(Session& session, std::int32_t user, std::int32_t mailbox);

}  // namespace gateway::store
