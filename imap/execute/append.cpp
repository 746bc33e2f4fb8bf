// append: APPEND, RFC 3501 6.3.11, with APPENDUID of RFC 4315.
#include "imap/execute/execute.h"
#include "imap/text.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Append& command)
{
    if (!conversation.mail) co_return bad("APPEND without a message");
    std::vector<AppendMessage> messages;
    messages.push_back(
        {command.flags, command.keywords, command.internal_date, std::move(*conversation.mail)}
    );
    const auto appended =
        co_await conversation.mailboxes->append(command.mailbox, std::move(messages));
    if (!appended) co_return refused(appended.error());
    if (conversation.is_selected(command.mailbox)) {
        co_await conversation.selected->mailbox->refresh();
        conversation.brought_mail = true;
    }
    if (appended->uids.empty()) co_return ok("Append completed");
    std::string code = "APPENDUID ";
    put_number(code, appended->uid_validity);
    co_return ok("Append completed", code + ' ' + encode_set(appended->uids));
}

}  // namespace imap
