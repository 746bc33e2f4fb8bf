// mailbox_search: SEARCH keys that look at content or stored metadata, over a set of renditions.
// RFC 9051 6.4.4, store.md 4.
#pragma once

#include "gateway/store/session.h"
#include "imap/mailboxes.h"

#include <cstdint>
#include <vector>

namespace gateway::store {

// Those of `renditions` (any order) that match, ascending. The caller keeps `renditions` to some
// ten thousand at a time.
[[nodiscard]] std::vector<std::int64_t> matching(
    Session& session, const imap::ContentKey& key, const std::vector<std::int64_t>& renditions);

}  // namespace gateway::store
