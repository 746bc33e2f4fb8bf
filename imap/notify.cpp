// notify: what a client wants to be told unasked, and what it was told.
#include "imap/notify.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace imap {

namespace {

using command::EventGroup;
using Of = EventGroup::Of;
using namespace command::notify_event;

bool below(std::string_view name, std::string_view parent)
{
    return name.size() > parent.size() && name.starts_with(parent) && name[parent.size()] == '/';
}

std::string parent_of(const std::string& name)
{
    const auto slash = name.rfind('/');
    return slash == std::string::npos ? "" : name.substr(0, slash);
}

bool is_of(const EventGroup& group, const Names& names, std::string_view name)
{
    const auto among = [&](auto matches) { return std::ranges::any_of(group.names, matches); };
    switch (group.of) {
    case Of::inboxes:  // answers are filed anywhere (email2.md rule 2): so it is the same as personal
    case Of::personal: return true;
    case Of::subscribed: return names.subscribed(name);
    case Of::subtree: return among([&](const auto& root) { return name == root || below(name, root); });
    case Of::mailboxes: return among([&](const auto& one) { return name == one; });
    default: return false;
    }
}

using Ids = std::unordered_map<std::string_view, std::string_view>;  // MAILBOXID, name

Ids ids_of(const Names& names)
{
    Ids out;
    for (const auto& mailbox : names.mailboxes)
        if (!mailbox.mailbox_id.empty()) out.emplace(mailbox.mailbox_id, mailbox.name);
    return out;
}

class Comparing {
public:
    Comparing(const std::vector<EventGroup>& groups, const Names& before, const Names& after,
        const std::vector<std::string>& own)
        : groups_{groups}, before_{before}, after_{after}, own_{own}
    {
    }

    std::vector<ListLine> run()
    {
        const auto was = ids_of(before_), now = ids_of(after_);
        for (const auto& [id, name] : now) {
            const auto old = was.find(id);
            if (old == was.end()) affected(std::string{name});
            else if (old->second != name) moved_.emplace(old->second, name);
        }
        for (const auto& [id, name] : was)
            if (!now.contains(id)) affected(std::string{name});
        renamed();
        subscriptions();
        return lines();
    }

private:
    [[nodiscard]] bool asked(unsigned event, std::string_view name) const
    {
        return ((events_of(groups_, before_, name) | events_of(groups_, after_, name)) & event) != 0;
    }

    // One that came or went, and the one above it.
    void affected(const std::string& name)
    {
        if (asked(name_change, name)) lines_.try_emplace(name);
        const auto parent = parent_of(name);
        if (!parent.empty() && asked(name_change, parent)) lines_.try_emplace(parent);
    }

    void renamed()
    {
        for (const auto& [from, to] : moved_) {
            // Its children go along without a word.
            const auto parent = moved_.find(parent_of(from));
            const bool along = parent != moved_.end() && to == parent->second + from.substr(parent->first.size());
            if (!along && (asked(name_change, from) || asked(name_change, to))) lines_[to] = from;
        }
    }

    void subscriptions()
    {
        const std::set<std::string> before(before_.subscriptions.begin(), before_.subscriptions.end());
        const std::set<std::string> after(after_.subscriptions.begin(), after_.subscriptions.end());
        std::vector<std::string> changed;
        std::ranges::set_symmetric_difference(before, after, std::back_inserter(changed));
        for (const auto& name : changed)
            if (asked(subscription_change, name) && !goes_along(name)) lines_.try_emplace(name);
    }

    // A subscription that a renaming took from or brought to this name.
    [[nodiscard]] bool goes_along(const std::string& name) const
    {
        return std::ranges::any_of(moved_, [&](const auto& move) { return move.first == name || move.second == name; });
    }

    [[nodiscard]] std::vector<ListLine> lines() const
    {
        std::vector<ListLine> out;
        if (lines_.empty()) return out;
        command::List all;
        all.show = command::list_option::subscribed;
        all.patterns = {"*"};
        all.extended = true;
        const auto known = list_mailboxes(all, after_.mailboxes, after_.subscriptions);
        for (const auto& [name, old_name] : lines_) {
            if (std::ranges::find(own_, name) != own_.end()) continue;
            const auto line = std::ranges::find(known, name, &ListLine::name);
            ListLine one{name, {"\\NonExistent"}};
            if (line != known.end()) one = *line;
            else if (after_.subscribed(name)) one.attributes.emplace_back("\\Subscribed");
            one.old_name = old_name;
            out.push_back(std::move(one));
        }
        return out;
    }

    const std::vector<EventGroup>& groups_;
    const Names& before_;
    const Names& after_;
    const std::vector<std::string>& own_;
    std::map<std::string, std::string> moved_;  // from, to
    std::map<std::string, std::string> lines_;  // name, old name
};

}  // namespace

const MailboxInfo* Names::by_id(std::string_view mailbox_id) const
{
    const auto found = std::ranges::find(mailboxes, mailbox_id, &MailboxInfo::mailbox_id);
    return mailbox_id.empty() || found == mailboxes.end() ? nullptr : &*found;
}

bool Names::subscribed(std::string_view name) const
{
    return std::ranges::find(subscriptions, name) != subscriptions.end();
}

unsigned events_of(const std::vector<EventGroup>& groups, const Names& names, std::string_view name)
{
    unsigned events = 0;
    for (const auto& group : groups)
        if (is_of(group, names, name)) events |= group.events;
    return events;
}

std::vector<ListLine> name_changes(
    const std::vector<EventGroup>& groups, const Names& before, const Names& after, const std::vector<std::string>& own)
{
    return Comparing{groups, before, after, own}.run();
}

const EventGroup* Notifying::selected() const
{
    const auto found = std::ranges::find_if(
        groups, [](const auto& group) { return group.of == Of::selected || group.of == Of::selected_delayed; });
    return found == groups.end() ? nullptr : &*found;
}

}  // namespace imap
