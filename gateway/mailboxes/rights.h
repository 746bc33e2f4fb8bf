// rights: what somebody may do with a mailbox, and with the mailing list that it is for, as letters of RFC 4314 2.1.
//
// Pure. In the order of the RFC, without the obsolete "c" and "d". What SETACL would give is given to nobody: the
// right "a" is an owner's of a list, who adds and removes its people natively.
#pragma once

#include "email2/lists.h"
#include "imap/mailboxes.h"

#include <string>
#include <string_view>

namespace gateway::mailboxes {

// Of its user: what mailboxes here let everybody do with their own.
[[nodiscard]] std::string own_rights(imap::SpecialUse use);
// Of somebody on a list, or owning it, with its posts: to read them, to post, to say who is on it.
[[nodiscard]] std::string list_rights(email2::Posting posting, email2::Listed listed, bool owner);
// Of those who are not on it.
[[nodiscard]] std::string strangers_rights(email2::Posting posting);
// All that are in either.
[[nodiscard]] std::string either(std::string_view rights, std::string_view more);

}  // namespace gateway::mailboxes
