// list: LIST, RFC 3501 6.3.8, with RFC 5258, RFC 5819 and RFC 6154, and XLIST, by which old Outlook
// learns of Sent.
#include "imap/response/list.h"

#include "imap/execute/execute.h"
#include "imap/mailbox_list.h"
#include "imap/response/status.h"

namespace imap {

namespace {

// LIST "" "": asks for the hierarchy separator and the root.
bool asks_for_root(const command::List& command)
{
    return command.patterns.size() == 1 && command.patterns.front().empty() && command.select == 0;
}

}  // namespace

Async<Reply> execute(Conversation& conversation, const command::List& command)
{
    auto& out = conversation.out();
    const std::string_view label = command.xlist ? "XLIST" : "LIST";
    if (asks_for_root(command)) {
        out += fmt::format("* {} (\\Noselect) \"/\" \"\"\r\n", label);
        co_return ok("List completed");
    }
    auto mailboxes = co_await conversation.mailboxes->list();
    std::vector<std::string> subscriptions;
    if (((command.select | command.show) & command::list_option::subscribed) != 0) {
        subscriptions = co_await conversation.mailboxes->subscriptions();
        if ((command.select & command::list_option::subscribed) == 0) {  // names without a mailbox are not asked for
            std::erase_if(subscriptions, [&](const auto& name) {
                return std::ranges::find(mailboxes, name, &MailboxInfo::name) == mailboxes.end();
            });
        }
    }
    for (const auto& line : list_mailboxes(command, std::move(mailboxes), subscriptions)) {
        response::put_list(out, label, line);
        if (command.status != 0 && line.selectable) {
            const auto status = co_await conversation.mailboxes->status(line.name);
            if (status) response::put_status(out, line.name, *status, command.status);
        }
        co_await conversation.channel.relieve();
    }
    co_return ok("List completed");
}

}  // namespace imap
