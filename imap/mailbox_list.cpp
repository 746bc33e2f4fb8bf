// mailbox_list: which mailboxes LIST and LSUB name, and with which attributes, RFC 3501 6.3.8-9,
// RFC 5258.
#include "imap/mailbox_list.h"

#include "imap/mailbox_name.h"

#include <algorithm>
#include <set>

namespace imap {

namespace {

using namespace command::list_option;

struct InboxFirst {
    bool operator()(const std::string& a, const std::string& b) const
    {
        if ((a == "INBOX") != (b == "INBOX")) return a == "INBOX";
        return a < b;
    }
};

struct Entry {
    const MailboxInfo* info = nullptr;  // nullptr: no such mailbox, only a name
    bool subscribed = false;
    bool subscribed_below = false;
    bool children = false;
};

using Tree = std::map<std::string, Entry, InboxFirst>;

// Calls `with` for every name above `name`, the nearest first.
template <class With>
void each_parent(const std::string& name, With with)
{
    for (auto at = name.rfind(hierarchy); at != std::string::npos && at > 0; at = name.rfind(hierarchy, at - 1)) {
        with(name.substr(0, at));
    }
}

// All mailboxes, the names above them, and the subscribed names.
Tree tree_of(const std::vector<MailboxInfo>& mailboxes, const std::vector<std::string>& subscriptions)
{
    Tree tree;
    for (const auto& info : mailboxes) {
        auto& entry = tree[info.name];
        entry.info = &info;
        entry.subscribed = info.subscribed;
        each_parent(info.name, [&](const std::string& parent) { tree[parent].children = true; });
    }
    for (const auto& name : subscriptions) {
        tree[name].subscribed = true;
        each_parent(name, [&](const std::string& parent) { tree[parent]; });
    }
    for (const auto& [name, entry] : tree) {
        if (entry.subscribed)
            each_parent(name, [&](const std::string& parent) {
                if (const auto found = tree.find(parent); found != tree.end()) found->second.subscribed_below = true;
            });
    }
    return tree;
}

std::string_view use_attribute(SpecialUse use, bool xlist)
{
    switch (use) {
    case SpecialUse::sent: return "\\Sent";
    case SpecialUse::drafts: return "\\Drafts";
    case SpecialUse::trash: return "\\Trash";
    case SpecialUse::junk: return xlist ? "\\Spam" : "\\Junk";
    case SpecialUse::archive: return xlist ? "" : "\\Archive";
    case SpecialUse::inbox: return xlist ? "\\Inbox" : "";
    case SpecialUse::none: break;
    }
    return "";
}

bool special(const Entry& entry)
{
    return entry.info != nullptr && !use_attribute(entry.info->use, false).empty();
}

ListLine line_of(const command::List& command, const std::string& name, const Entry& entry)
{
    ListLine line{name};
    line.selectable = entry.info != nullptr && entry.info->selectable;
    if (entry.info == nullptr && command.extended) line.attributes.emplace_back("\\NonExistent");
    if (!line.selectable && !(entry.info == nullptr && command.extended)) line.attributes.emplace_back("\\Noselect");
    line.attributes.emplace_back(entry.children ? "\\HasChildren" : "\\HasNoChildren");
    if (entry.subscribed && ((command.select | command.show) & subscribed) != 0)
        line.attributes.emplace_back("\\Subscribed");
    const auto use = entry.info == nullptr ? std::string_view{} : use_attribute(entry.info->use, command.xlist);
    if (!use.empty()) line.attributes.emplace_back(use);
    return line;
}

bool chosen(const command::List& command, const Entry& entry)
{
    const bool wants_subscribed = (command.select & subscribed) != 0;
    if (wants_subscribed && !entry.subscribed) return false;
    if ((command.select & special_use) != 0 && !special(entry)) return false;
    return wants_subscribed || entry.info != nullptr || entry.children;
}

}  // namespace

std::vector<ListLine> list_mailboxes(
    const command::List& command, std::vector<MailboxInfo> mailboxes, const std::vector<std::string>& subscriptions)
{
    const auto tree = tree_of(mailboxes, subscriptions);
    std::vector<std::string> patterns;
    for (const auto& pattern : command.patterns) patterns.push_back(normal_mailbox(command.reference + pattern));
    const bool recursive = (command.select & recursive_match) != 0 && (command.select & subscribed) != 0;
    std::vector<ListLine> out;
    for (const auto& [name, entry] : tree) {
        const bool below = recursive && entry.subscribed_below;
        if (!chosen(command, entry) && !below) continue;
        if (std::ranges::none_of(patterns, [&](const auto& pattern) { return matches_pattern(name, pattern); }))
            continue;
        out.push_back(line_of(command, name, entry));
        out.back().child_info = below;
    }
    return out;
}

std::vector<ListLine> list_subscriptions(const command::Lsub& command, std::vector<std::string> subscriptions)
{
    const auto pattern = normal_mailbox(command.reference + command.pattern);
    const std::set<std::string, InboxFirst> names{subscriptions.begin(), subscriptions.end()};
    std::map<std::string, bool, InboxFirst> found;  // whether the name itself is subscribed
    for (const auto& name : names) {
        if (matches_pattern(name, pattern)) {
            found[name] = true;
        } else if (pattern.ends_with('%')) {  // a name above it that matches stands for it, as \Noselect
            each_parent(name, [&](const std::string& parent) {
                if (matches_pattern(parent, pattern)) found.try_emplace(parent, names.contains(parent));
            });
        }
    }
    std::vector<ListLine> out;
    for (const auto& [name, itself] : found) {
        out.push_back({name});
        if (!itself) out.back().attributes.emplace_back("\\Noselect");
    }
    return out;
}

}  // namespace imap
