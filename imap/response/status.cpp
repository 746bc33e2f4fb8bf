// status: the STATUS response, RFC 3501 7.2.4, RFC 7162, RFC 8438, RFC 8474, RFC 9208.
#include "imap/response/status.h"

#include "imap/mailbox_name.h"
#include "imap/text.h"

namespace imap::response {

void put_status(std::string& out, std::string_view name, const MailboxStatus& status, unsigned items)
{
    using namespace command::status_item;
    out += "* STATUS ";
    put_astring(out, encode_mailbox(name));
    char before = '(';
    out += ' ';
    const auto put = [&](unsigned item, std::string_view label, std::uint64_t value) {
        if ((items & item) == 0) return;
        out += before;
        before = ' ';
        out += label;
        out += ' ';
        put_number(out, value);
    };
    put(messages, "MESSAGES", status.messages);
    put(recent, "RECENT", status.recent);
    put(uid_next, "UIDNEXT", status.uid_next);
    put(uid_validity, "UIDVALIDITY", status.uid_validity);
    put(unseen, "UNSEEN", status.unseen);
    put(command::status_item::deleted, "DELETED", status.deleted);
    put(highest_modseq, "HIGHESTMODSEQ", status.highest_modseq);
    put(size, "SIZE", status.size);
    put(deleted_storage, "DELETED-STORAGE", status.deleted_size);
    if ((items & mailbox_id) != 0) {
        out += before;
        out += "MAILBOXID (" + status.mailbox_id + ')';
    }
    out += ")\r\n";
}

}  // namespace imap::response
