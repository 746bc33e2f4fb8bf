// notifications: tells the client what it has asked NOTIFY for, RFC 5465.
#pragma once

#include "imap/conversation.h"
#include "imap/news.h"

#include <string>
#include <vector>

namespace imap {

// Everything that may be told now, of the selected mailbox and of the others: with a command's answer, in IDLE
// (News::all), or between commands (News::none). A failure ends the notifications, not the session:
// NOTIFICATIONOVERFLOW.
Async<void> tell_notifications(Conversation& conversation, News news);
// Nothing is told any more, and the client is told that.
void end_notifications(Conversation& conversation, std::string why);
// The command at hand has changed names of which the client need not be told.
Async<void> note_own_names(Conversation& conversation, const Command& command);

// What STATUS is to say of a mailbox about which these events are asked for.
[[nodiscard]] unsigned status_items_of(unsigned events, bool modseq);
// MAILBOXIDs of those whose messages are asked about; nullopt: too many.
[[nodiscard]] std::optional<std::vector<std::string>> followed(const Notifying& notify);
Async<Names> read_names(Conversation& conversation);

}  // namespace imap
