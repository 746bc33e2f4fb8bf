// notify: NOTIFY, RFC 5465 3.1.
#include "imap/execute/execute.h"
#include "imap/notifications.h"
#include "imap/response/status.h"

namespace imap {

namespace {

using namespace command::notify_event;
using Of = command::EventGroup::Of;

// What the client has to begin with; of the selected mailbox it knows more.
Async<void> tell_status(Conversation& conversation, Notifying& notify, const std::vector<std::string>& ids)
{
    for (const auto& id : ids) {
        const auto name = notify.names.by_id(id)->name;
        if (conversation.is_selected(name)) continue;
        const auto status = co_await conversation.mailboxes->status(name);
        if (!status) continue;
        const auto events = events_of(notify.groups, notify.names, name);
        notify.told[id] = {status->messages, status->uid_next, status->highest_modseq};
        const bool modseq = conversation.condstore || (events & flag_change) != 0;
        response::put_status(conversation.out(), name, *status, status_items_of(events, modseq));
        co_await conversation.channel.relieve();
    }
}

bool about_others(const command::EventGroup& group)
{
    return group.of != Of::selected && group.of != Of::selected_delayed && group.events != 0;
}

}  // namespace

Async<Reply> execute(Conversation& conversation, const command::Notify& command)
{
    const auto strange = [](const auto& group) { return (group.events & unsupported) != 0; };
    if (std::ranges::any_of(command.groups, strange)) {
        co_return no("Some event is not known",
            "BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)");
    }
    Notifying notify{command.groups, command.arrivals};
    std::vector<std::string> ids;
    if (std::ranges::any_of(command.groups, about_others)) {
        notify.watch = conversation.mailboxes->watch();
        notify.names = co_await read_names(conversation);
        auto all = followed(notify);
        if (!all) co_return no("Too many mailboxes to tell of", "NOTIFICATIONOVERFLOW");
        ids = std::move(*all);
        notify.watch->follow(ids);
    }
    if (conversation.selected) co_await conversation.selected->mailbox->refresh();
    if (command.status) co_await tell_status(conversation, notify, ids);
    // What has gathered is told with this answer, whatever is wanted from now on.
    conversation.notify.reset();
    if (!command.groups.empty()) tell_news(conversation, News::all);
    conversation.notify = std::move(notify);
    co_return ok("Notify completed");
}

}  // namespace imap
