// notify: what a client wants to be told unasked, RFC 5465, and what it was told.
//
// Pure, but for the watch that is held here.
#pragma once

#include "imap/command.h"
#include "imap/mailbox_list.h"
#include "imap/mailboxes.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace imap {

// A user's mailboxes and subscriptions at one moment.
struct Names {
    std::vector<MailboxInfo> mailboxes;
    std::vector<std::string> subscriptions;

    [[nodiscard]] const MailboxInfo* by_id(std::string_view mailbox_id) const;
    [[nodiscard]] bool subscribed(std::string_view name) const;
};

// Which events are asked for of a mailbox that is not selected.
[[nodiscard]] unsigned events_of(
    const std::vector<command::EventGroup>& groups, const Names& names, std::string_view name);

// What LIST is to say of what became of names, as far as it is asked for; `own` are those of the client's own command,
// of which it knows (RFC 5465 5).
[[nodiscard]] std::vector<ListLine> name_changes(const std::vector<command::EventGroup>& groups, const Names& before,
    const Names& after, const std::vector<std::string>& own);

struct Notifying {
    std::vector<command::EventGroup> groups;  // empty: nothing is told
    std::optional<command::Fetch> arrivals;
    std::unique_ptr<Watch> watch;  // nullptr: nothing beside the selected mailbox is asked for
    Names names;                   // as told last

    struct Told {
        std::uint32_t messages = 0;
        Uid uid_next = 0;
        ModSeq highest_modseq = 0;
    };

    std::map<std::string, Told> told;  // by MAILBOXID

    [[nodiscard]] const command::EventGroup* selected() const;
};

}  // namespace imap
