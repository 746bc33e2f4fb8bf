// select: SELECT and EXAMINE, RFC 3501 6.3.1-2, with QRESYNC of RFC 7162 3.2.5.
#include "imap/execute/execute.h"
#include "imap/news.h"
#include "imap/response/flags.h"
#include "imap/response/vanished.h"
#include "imap/resync.h"
#include "imap/text.h"

namespace imap {

namespace {

void put_code(std::string& out, std::string_view code, std::uint64_t value, std::string_view text)
{
    out += "* OK [";
    out += code;
    out += ' ';
    put_number(out, value);
    out += "] ";
    out += text;
    out += "\r\n";
}

void describe(Conversation& conversation, const Snapshot& snapshot)
{
    auto& selected = *conversation.selected;
    auto& out = conversation.out();
    const auto keywords = conversation.mailboxes->keywords();
    selected.keywords_told = keywords.size();
    response::put_defined_flags(out, keywords, selected.mailbox->read_only());
    put_counts(conversation);
    const auto unseen =
        std::ranges::find_if(snapshot.messages, [](const MessageState& state) { return (state.flags & seen) == 0; });
    if (unseen != snapshot.messages.end()) {
        put_code(out, "UNSEEN", static_cast<std::uint64_t>(unseen - snapshot.messages.begin()) + 1, "First unseen.");
    }
    put_code(out, "UIDVALIDITY", snapshot.uid_validity, "UIDs valid");
    put_code(out, "UIDNEXT", snapshot.uid_next, "Predicted next UID");
    put_code(out, "HIGHESTMODSEQ", snapshot.highest_modseq, "Highest");
    const auto id = selected.mailbox->mailbox_id();
    if (!id.empty()) out += "* OK [MAILBOXID (" + id + ")] Mailbox id\r\n";
}

// What changed since the client was last here: all of it in this one answer.
Async<void> tell_changes(
    Conversation& conversation, const command::Resync& resync, const std::vector<UidRange>& expunged)
{
    const auto& selected = *conversation.selected;
    const auto messages = selected.view.messages();
    response::put_vanished(conversation.out(), vanished(expunged, resync, messages), response::Vanished::earlier);
    const auto keywords = conversation.mailboxes->keywords();
    for (const auto place : changed(resync, messages)) {
        put_flags_update(conversation, place, messages[place], keywords, Numbers::uid);
        co_await conversation.channel.relieve();
    }
}

}  // namespace

Async<Reply> execute(Conversation& conversation, const command::Select& command)
{
    if (command.resync && !conversation.qresync) co_return bad("QRESYNC is not enabled");
    // A failed SELECT leaves no mailbox selected (RFC 3501 6.3.1).
    if (conversation.selected) {
        conversation.selected.reset();
        conversation.out() += "* OK [CLOSED] Previous mailbox closed.\r\n";
    }
    const bool examine = command.access == command::Access::read_only;
    auto opened = co_await conversation.mailboxes->select(command.mailbox, examine);
    if (!opened) co_return refused(opened.error());
    if (command.condstore) conversation.condstore = true;
    const auto snapshot = (*opened)->snapshot();
    // Of another mailbox that had this name the client knows nothing that is true here.
    const bool known = command.resync && command.resync->uid_validity == snapshot->uid_validity;
    std::vector<UidRange> expunged;
    if (known) expunged = co_await (*opened)->expunged_since(command.resync->modseq);
    conversation.selected.emplace(Selected{command.mailbox, std::move(*opened), View{snapshot}});
    describe(conversation, *snapshot);
    if (known) co_await tell_changes(conversation, *command.resync, expunged);
    const bool read_only = conversation.selected->mailbox->read_only();
    co_return ok(examine ? "Examine completed" : "Select completed", read_only ? "READ-ONLY" : "READ-WRITE");
}

}  // namespace imap
