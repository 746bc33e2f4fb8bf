// mailbox_keywords: the names of a user's keywords, which only grow. flags.h
#pragma once

#include "gateway/store/changes.h"
#include "gateway/store/session.h"
#include "imap/mailboxes.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gateway::store {

// The names of the user's keywords, by bit from first_keyword_bit on.
[[nodiscard]] std::vector<std::string> read_keywords(Session& session, std::int32_t user);
// Their bits; unknown ones are appended. A transaction of its own. No{"LIMIT"} when there are too
// many.
[[nodiscard]] imap::Result<imap::Flags> make_keywords(
    Session& session, std::int32_t user, const std::vector<std::string>& names);
// The same within the caller's transaction.
[[nodiscard]] imap::Result<imap::Flags> add_keywords(
    Session& session, Changes& changes, std::int32_t user, const std::vector<std::string>& names);
// Their bits as far as they are known.
[[nodiscard]] imap::Flags bits_of(const std::vector<std::string>& known, const std::vector<std::string>& names);

}  // namespace gateway::store
