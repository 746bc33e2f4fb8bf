// append: APPEND, RFC 3501 6.3.11, with APPENDUID of RFC 4315.
#include "imap/execute/execute.h"
#include "imap/text.h"

namespace imap {

std::string append_uid(const Appended& appended)
{
    if (appended.uids.empty()) return {};
    std::string code = "APPENDUID ";
    put_number(code, appended.uid_validity);
    return code + ' ' + encode_set(appended.uids);
}

AppendMessage appended_message(Conversation& conversation, const command::Append& command)
{
    return {command.flags, command.keywords, command.internal_date, std::move(*conversation.mail)};
}

Async<Reply> execute(Conversation& conversation, const command::Append& command)
{
    if (!conversation.mail) co_return bad("APPEND without a message");
    std::vector<AppendMessage> messages;
    messages.push_back(appended_message(conversation, command));
    const auto appended = co_await conversation.mailboxes->append(command.mailbox, std::move(messages));
    if (!appended) co_return refused(appended.error());
    if (conversation.is_selected(command.mailbox)) {
        co_await conversation.selected->mailbox->refresh();
        conversation.brought_mail = true;
    }
    co_return ok("Append completed", append_uid(*appended));
}

}  // namespace imap
