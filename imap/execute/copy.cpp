// copy: COPY, RFC 3501 6.4.7, with COPYUID of RFC 4315.
#include "imap/execute/execute.h"
#include "imap/text.h"

namespace imap {

std::string copy_uid(const Copied& copied)
{
    if (copied.from.empty() || copied.from.size() != copied.to.size()) return {};
    std::string code = "COPYUID ";
    put_number(code, copied.uid_validity);
    return code + ' ' + encode_set(copied.from) + ' ' + encode_set(copied.to);
}

Async<Reply> execute(Conversation& conversation, const command::Copy& command)
{
    const auto places = conversation.positions(command.set, command.numbers);
    if (!places) co_return bad(std::string{bad_numbers});
    if (places->empty()) co_return ok("Copy completed");
    auto& mailbox = *conversation.selected->mailbox;
    const auto copied = co_await mailbox.copy(conversation.uids(*places), command.mailbox);
    if (!copied) co_return refused(copied.error());
    if (conversation.is_selected(command.mailbox)) {
        co_await mailbox.refresh();
        conversation.brought_mail = true;
    }
    co_return ok("Copy completed", copy_uid(*copied));
}

}  // namespace imap
