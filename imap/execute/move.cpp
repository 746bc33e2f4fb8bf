// move: MOVE, RFC 6851.
#include "imap/execute/execute.h"
#include "imap/news.h"

namespace imap {

Async<Reply> execute(Conversation& conversation, const command::Move& command)
{
    const auto places = conversation.positions(command.set, command.numbers);
    if (!places) co_return bad(std::string{bad_numbers});
    auto& mailbox = *conversation.selected->mailbox;
    if (mailbox.read_only()) co_return no("Mailbox is read-only", "READ-ONLY");
    if (places->empty()) co_return ok("Move completed");
    const auto moved = co_await mailbox.move(conversation.uids(*places), command.mailbox);
    if (!moved) co_return refused(moved.error());
    // COPYUID comes before the EXPUNGEs, since the old UIDs mean nothing after them (RFC 6851 4.3).
    const auto code = copy_uid(*moved);
    if (!code.empty()) put_reply(conversation.out(), "*", ok("Moved", code));
    conversation.own.gone = moved->from;
    std::ranges::sort(conversation.own.gone);
    if (conversation.is_selected(command.mailbox)) {
        co_await mailbox.refresh();
        conversation.brought_mail = true;
    }
    co_return ok("Move completed");
}

}  // namespace imap
