// capabilities: what the server says it can do, RFC 3501 7.2.1. Kept short: some clients break on
// what they do not know.
#pragma once

#include "imap/conversation.h"

#include <string>

namespace imap {

// "IMAP4rev1 …", as it is right now: before login also how to log in.
[[nodiscard]] std::string capabilities(const Conversation& conversation);

}  // namespace imap
