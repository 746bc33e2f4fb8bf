// selected: the mailbox that a session has selected.
#pragma once

#include "imap/view.h"

#include <memory>
#include <string>

namespace imap {

struct Selected {
    std::string name;
    std::unique_ptr<Mailbox> mailbox;
    View view;
    std::size_t keywords_told = 0;  // how many of the user's keywords FLAGS has named

    [[nodiscard]] bool recent(const MessageState& state) const { return state.uid >= mailbox->recent_from(); }
};

}  // namespace imap
