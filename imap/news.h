// news: tells the client how the selected mailbox has changed, RFC 3501 5.2, 7.3, 7.4.1.
#pragma once

#include "imap/conversation.h"
#include "imap/reply.h"

namespace imap {

// Brings the view up to the newest snapshot and says so, as far as `news` permits; takes
// conversation.own into account.
void tell_news(Conversation& conversation, News news);
// The same as far as `permit` goes; the place of the first message that arrived, if any did.
std::optional<Position> tell_news(Conversation& conversation, Permit permit);
// What may be told with a command's answer, as far as the client wants it (NOTIFY).
[[nodiscard]] Permit permit_of(const Conversation& conversation, News news);

// Up to which change all is told, where a client with QRESYNC must know: when the command has expunged something, and
// while something is held back, since it would take the MODSEQ of a FETCH for that. RFC 7162 3.2, 3.2.7.
void tell_told(Conversation& conversation, Reply& reply);
// The same between commands.
void tell_told(Conversation& conversation);

// One message's flags: "* 3 FETCH (FLAGS (…))", with UID and MODSEQ once the client knows MODSEQ,
// and UID in the answer to a UID command.
void put_flags_update(Conversation& conversation, Position place, const MessageState& state,
    std::span<const std::string> keywords, Numbers numbers);

// FLAGS and PERMANENTFLAGS again when there are keywords that the client has not heard of.
void tell_new_keywords(Conversation& conversation, std::span<const std::string> keywords);

// "* 23 EXISTS" and "* 5 RECENT"
void put_counts(Conversation& conversation);

}  // namespace imap
