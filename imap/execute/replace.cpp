// replace: REPLACE, RFC 8508: a message takes another's place in one step.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Replace& command)
{
    if (!conversation.mail) co_return bad("REPLACE without a message");
    const auto places = conversation.positions(command.message, command.numbers);
    if (!places) co_return bad(std::string{bad_numbers});
    auto& mailbox = *conversation.selected->mailbox;
    if (mailbox.read_only()) co_return no("Mailbox is read-only", "READ-ONLY");
    if (places->empty()) co_return no("The message to be replaced is gone");
    const auto uid = conversation.uids(*places).front();
    const auto replaced = co_await mailbox.replace(uid, command.by.mailbox, appended_message(conversation, command.by));
    if (!replaced) co_return refused(replaced.error());
    // As COPYUID of MOVE it comes before the EXPUNGE (RFC 8508 4.3).
    const auto code = append_uid(*replaced);
    if (!code.empty()) put_reply(conversation.out(), "*", ok("Replacement ready", code));
    conversation.own.gone = {uid};
    if (conversation.is_selected(command.by.mailbox)) {
        co_await mailbox.refresh();
        conversation.brought_mail = true;
    }
    co_return ok("Replace completed");
}

}  // namespace imap
