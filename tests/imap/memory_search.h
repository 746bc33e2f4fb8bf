// memory_search: whether a mail in memory has what a SEARCH key asks for.
#pragma once

#include "memory_mailboxes.h"

namespace imap::test {

[[nodiscard]] bool matches_key(const ContentKey& key, const StoredMail& mail);

}  // namespace imap::test
