// vanished: the VANISHED response, RFC 7162 3.2.10.
#pragma once

#include "imap/mailboxes.h"

#include <span>
#include <string>

namespace imap::response {

enum class Vanished { earlier, now };  // earlier: while the client was away; numbers do not shift

// As many lines as it takes, so that none grows long; none for no range.
void put_vanished(std::string& out, std::span<const UidRange> uids, Vanished when);

}  // namespace imap::response
