// notifications: tells the client what it has asked NOTIFY for, RFC 5465.
#include "imap/notifications.h"

#include "imap/execute/execute.h"
#include "imap/response/list.h"
#include "imap/response/status.h"

namespace imap {

namespace {

using namespace command::notify_event;
constexpr unsigned of_messages = message_new | message_expunge | flag_change;

// Between commands SELECTED-DELAYED is told all but what shifts numbers.
Permit unasked(const Conversation& conversation)
{
    auto permit = permit_of(conversation, News::all);
    const auto* wanted = conversation.notify->selected();
    if (wanted == nullptr || wanted->of == command::EventGroup::Of::selected_delayed) permit.expunges = false;
    return permit;
}

// FETCH of what arrived, as MessageNew asked.
Async<void> describe_arrivals(Conversation& conversation, Position first)
{
    auto fetch = *conversation.notify->arrivals;
    const auto last = static_cast<std::uint32_t>(conversation.selected->view.messages().size());
    fetch.set.ranges = {{first + 1, last}};
    if (conversation.qresync) fetch.items |= command::fetch_item::uid;
    (void)co_await execute(conversation, fetch);
}

Async<void> tell_selected(Conversation& conversation, News news)
{
    if (!conversation.selected) co_return;
    const auto before = conversation.out().size();
    const auto first =
        tell_news(conversation, news == News::none ? unasked(conversation) : permit_of(conversation, news));
    if (news == News::none && conversation.out().size() != before) tell_told(conversation);
    // Of mail that it brought itself it knows.
    if (first && !conversation.brought_mail && conversation.notify->arrivals)
        co_await describe_arrivals(conversation, *first);
}

Async<void> tell_names(Conversation& conversation, std::vector<std::string> own)
{
    auto& notify = *conversation.notify;
    auto now = co_await read_names(conversation);
    for (const auto& line : name_changes(notify.groups, notify.names, now, own))
        response::put_list(conversation.out(), "LIST", line);
    notify.names = std::move(now);
    std::erase_if(notify.told, [&](const auto& told) { return notify.names.by_id(told.first) == nullptr; });
    const auto ids = followed(notify);
    if (!ids) co_return end_notifications(conversation, "Too many mailboxes to tell of");
    notify.watch->follow(*ids);
}

// Not when only flags have changed and nobody asked about these, nor what is known already.
bool worth_telling(unsigned events, const Notifying::Told& told, const MailboxStatus& now)
{
    if (told.uid_next != now.uid_next || told.messages != now.messages) return true;
    return (events & flag_change) != 0 && told.highest_modseq != now.highest_modseq;
}

Async<void> tell_mailbox(Conversation& conversation, std::string id)
{
    auto& notify = *conversation.notify;
    const auto* info = notify.names.by_id(id);
    if (info == nullptr) co_return;
    const auto name = info->name;
    if (conversation.is_selected(name)) {
        notify.told.erase(id);  // it is told of it as the selected one
        co_return;
    }
    const auto events = events_of(notify.groups, notify.names, name) & of_messages;
    if (events == 0) co_return;
    const auto status = co_await conversation.mailboxes->status(name);
    if (!status) co_return;
    auto& told = notify.told[id];
    if (!worth_telling(events, told, *status)) co_return;
    told = {status->messages, status->uid_next, status->highest_modseq};
    response::put_status(conversation.out(), name, *status, status_items_of(events, conversation.condstore));
    co_await conversation.channel.relieve();
}

Async<void> tell_everything(Conversation& conversation, News news)
{
    co_await tell_selected(conversation, news);
    if (!conversation.notify->watch) co_return;
    const auto stirred = conversation.notify->watch->take();
    if (stirred.names) co_await tell_names(conversation, {});
    for (const auto& id : stirred.mailboxes) {
        if (!conversation.notify->watch) co_return;  // it became too much
        co_await tell_mailbox(conversation, id);
    }
}

// With those above, which come along with it, or have one child more or less.
void put_tree(std::vector<std::string>& out, const std::string& name)
{
    out.push_back(name);
    for (auto at = name.find('/'); at != std::string::npos; at = name.find('/', at + 1))
        out.push_back(name.substr(0, at));
}

std::vector<std::string> names_of(const Command& command)
{
    std::vector<std::string> out;
    if (const auto* made = std::get_if<command::Create>(&command)) put_tree(out, made->mailbox);
    if (const auto* gone = std::get_if<command::Delete>(&command)) put_tree(out, gone->mailbox);
    if (const auto* renamed = std::get_if<command::Rename>(&command)) {
        put_tree(out, renamed->from);
        put_tree(out, renamed->to);
    }
    if (const auto* on = std::get_if<command::Subscribe>(&command)) out = {on->mailbox};
    if (const auto* off = std::get_if<command::Unsubscribe>(&command)) out = {off->mailbox};
    return out;
}

// Awaits `work`; what it throws ends the notifications.
Async<void> guarded(Conversation& conversation, Async<void> work)
{
    bool failed = false;
    try {
        co_await std::move(work);
    } catch (const Disconnected&) {
        throw;
    } catch (const std::exception&) {
        if (conversation.channel.torn()) throw;
        failed = true;
    }
    if (failed) end_notifications(conversation, "Temporary failure");
}

}  // namespace

void end_notifications(Conversation& conversation, std::string why)
{
    conversation.notify.emplace();
    put_reply(conversation.out(), "*", ok(std::move(why), "NOTIFICATIONOVERFLOW"));
}

unsigned status_items_of(unsigned events, bool modseq)
{
    using namespace command::status_item;
    unsigned items = messages | uid_next | uid_validity;
    if ((events & flag_change) != 0) items |= unseen;
    return modseq ? items | highest_modseq : items;
}

std::optional<std::vector<std::string>> followed(const Notifying& notify)
{
    std::vector<std::string> ids;
    for (const auto& mailbox : notify.names.mailboxes) {
        if (!mailbox.selectable || (events_of(notify.groups, notify.names, mailbox.name) & of_messages) == 0) continue;
        ids.push_back(mailbox.mailbox_id);
    }
    if (ids.size() > notify_mailboxes) return std::nullopt;
    return ids;
}

Async<Names> read_names(Conversation& conversation)
{
    Names names;
    names.mailboxes = co_await conversation.mailboxes->list();
    names.subscriptions = co_await conversation.mailboxes->subscriptions();
    co_return names;
}

Async<void> tell_notifications(Conversation& conversation, News news)
{
    if (conversation.notify) co_await guarded(conversation, tell_everything(conversation, news));
}

Async<void> note_own_names(Conversation& conversation, const Command& command)
{
    if (!conversation.notify || !conversation.notify->watch) co_return;
    auto own = names_of(command);
    if (!own.empty()) co_await guarded(conversation, tell_names(conversation, std::move(own)));
}

}  // namespace imap
