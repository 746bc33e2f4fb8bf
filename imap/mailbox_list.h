// mailbox_list: which mailboxes LIST and LSUB name, and with which attributes, RFC 3501 6.3.8-9,
// RFC 5258.
//
// Pure: everything is decided from the user's mailboxes and subscriptions.
#pragma once

#include "imap/command.h"

#include <string>
#include <vector>

namespace imap {

struct ListLine {
    std::string name;                     // UTF-8
    std::vector<std::string> attributes;  // "\HasChildren", …
    bool child_info = false;              // a child is subscribed that is not listed itself (RFC 5258 3.5)
    bool selectable = true;
    std::string old_name;  // "": it was not renamed (RFC 5465 5.4)
};

// In the order of names, INBOX first.
[[nodiscard]] std::vector<ListLine> list_mailboxes(
    const command::List& command, std::vector<MailboxInfo> mailboxes, const std::vector<std::string>& subscriptions);
[[nodiscard]] std::vector<ListLine> list_subscriptions(
    const command::Lsub& command, std::vector<std::string> subscriptions);

}  // namespace imap
