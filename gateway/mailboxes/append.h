// append: what APPEND and REPLACE share: where a mail is to go, and what it is there.
#pragma once

#include "gateway/mailboxes/rooms.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/facts.h"
#include "gateway/store/mailbox_accounts.h"
#include "imap/mailboxes.h"
#include "mime/message.h"

namespace gateway::mailboxes {

struct Destination {
    std::int32_t id = 0;
    std::uint32_t uid_validity = 0;
    std::int64_t flags = 0;
};

// A mail on its way into a mailbox. Shared with the database thread, which may outlive a session
// that is cancelled.
struct Arriving {
    std::shared_ptr<mime::Spool> mail;
    std::string_view bytes;
    std::shared_ptr<const mime::Message> parsed;
    mapping::MailFacts facts;
    std::optional<store::Time> date;
};

[[nodiscard]] Arriving arriving(imap::AppendMessage message);

enum class Room {
    needed,      // for all of it
    asked_later  // what goes for it makes room
};
[[nodiscard]] imap::Async<imap::Result<Destination>> find_destination(Rooms& rooms, store::Account account,
    Keywords& keywords, std::string name, const imap::AppendMessage& message, Room room);

// The author's own copy of what they submitted, or a reference to the same mail: its UID. 0: it is
// neither.
[[nodiscard]] imap::Result<imap::Uid> place_known(store::Session& session, store::Changes& changes, Rooms& rooms,
    const store::Account& account, const Destination& destination, const Arriving& arriving);
// What it is else: a draft or an import. Takes the bytes.
[[nodiscard]] store::NewMessage new_message(
    const store::Account& account, const Destination& destination, Arriving& arriving);

// The message that a mail's Supersedes names, and that it edits where it is put; nullopt: none, it is one like any
// other.
[[nodiscard]] std::optional<store::Facts> superseded(store::Session& session, const Rooms& rooms,
    const store::Account& account, const Destination& destination, const Arriving& arriving);
// Where the user sees the edited message in that mailbox; a new reference when they do not.
[[nodiscard]] imap::Uid shown_at(store::Session& session, store::Changes& changes, const store::Account& account,
    std::int64_t message, const Destination& destination);

[[nodiscard]] imap::No refusal(const email2::Error& error);

}  // namespace gateway::mailboxes
