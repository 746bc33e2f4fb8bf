#include "model_reference.h"

#include <algorithm>

namespace model {

using email2::Code;
using email2::EventKind;
using email2::Listed;

namespace {

Listed listed(int membership)
{
    return membership == 0 ? Listed::in : membership == 1 ? Listed::left : Listed::removed;
}

}  // namespace

Reference_store::Reference_store(int natives, int correspondents) : natives_(natives), correspondents_(correspondents)
{
    stores_.resize(static_cast<std::size_t>(natives));
    for (auto& store : stores_)
        store.folders = {{"INBOX", inbox}, {"Sent", sent}, {"Drafts", drafts}, {"Trash", trash}, {"Junk", junk},
            {"Archive", archive}};
}

// ---- who stands where

std::vector<Label> Reference_store::holders(const Message& message) const
{
    if (message.own) return {message.label};
    std::vector<Label> out;
    for (std::size_t i = 0; i < message.parents.size(); ++i)
        if (message.inherited[i])
            for (const auto holder : holders(messages_.at(message.parents[i])))
                if (std::find(out.begin(), out.end(), holder) == out.end()) out.push_back(holder);
    return out;
}

Listed Reference_store::held(const Message& message, User user) const
{
    auto best = Listed::never;
    for (const auto holder : holders(message)) {
        const auto& entries = messages_.at(holder).entries;
        const auto entry = entries.find(user);
        if (entry == entries.end() || (entry->second.role == blind && holder != message.label)) continue;
        const auto found = listed(entry->second.membership);
        if (best == Listed::never || found < best) best = found;
    }
    return best;
}

bool Reference_store::passes_on(const Message& message, User user) const
{
    const auto entry = message.entries.find(user);
    const bool is_blind = message.own && entry != message.entries.end() && entry->second.role == blind;
    return held(message, user) == Listed::in && !is_blind;
}

email2::Subject Reference_store::subject(const Message& message, User user) const
{
    email2::Subject out{held(message, user), here(message, user)};
    const auto& entries = messages_.at(holders(message).front()).entries;
    const auto entry = entries.find(user);
    if (out.held == Listed::never && entry != entries.end() && entry->second.membership != 0)
        out.held = listed(entry->second.membership);
    return out;
}

Listed Reference_store::here(const Message& message, User user) const
{
    const auto entry = message.entries.find(user);
    return message.own || entry == message.entries.end() ? Listed::never : listed(entry->second.membership);
}

Listed Reference_store::effective(const Message& message, User user) const
{
    const auto where_held = held(message, user), noted = here(message, user);
    if (where_held == Listed::never || noted == Listed::never) return where_held;
    return std::max(where_held, noted);
}

email2::Standing Reference_store::standing(const Message& message, User user) const
{
    email2::Standing out;
    out.state = message.withdrawn ? email2::State::withdrawn : email2::State::present;
    out.draft = message.draft;
    out.holds_list = message.own;
    out.newest_revision = static_cast<std::uint32_t>(message.revisions.size());
    out.originator = message.originator == user;
    const auto lists = holders(message);
    out.holder_originator =
        std::all_of(lists.begin(), lists.end(), [&](Label l) { return messages_.at(l).originator == user; });
    out.held = held(message, user);
    out.here = here(message, user);
    const auto& references = stores_[static_cast<std::size_t>(user)].references;
    if (const auto mine = references.find(message.label); mine != references.end())
        out.in_trash =
            std::any_of(mine->second.begin(), mine->second.end(), [](const auto& r) { return r.folder != limbo; });
    out.withdrew = message.withdrawn && message.withdrawn_by == user;
    return out;
}

bool Reference_store::inherits_from(const Message& message, Label ancestor) const
{
    if (message.label == ancestor) return true;
    if (message.own) return false;
    for (std::size_t i = 0; i < message.parents.size(); ++i)
        if (message.inherited[i] && inherits_from(messages_.at(message.parents[i]), ancestor)) return true;
    return false;
}

Reference_store::Labels Reference_store::reached(const std::vector<Label>& lists) const
{
    Labels out;
    for (const auto& [label, message] : messages_)
        for (const auto holder : holders(message))
            if (!message.draft && std::find(lists.begin(), lists.end(), holder) != lists.end()) out.insert(label);
    return out;
}

std::vector<Label> Reference_store::standing_at(const Message& message, User user, int membership) const
{
    std::vector<Label> out;
    for (const auto holder : holders(message)) {
        const auto& entries = messages_.at(holder).entries;
        const auto entry = entries.find(user);
        if (entry != entries.end() && entry->second.membership == membership &&
            (entry->second.role != blind || holder == message.label))
            out.push_back(holder);
    }
    return out;
}

// The top-level message: itself, or what its first parent says. One whose first parent is not here begins a thread as
// well, named by that parent: each such publication names parents of its own here.
Label Reference_store::thread(const Message& message) const
{
    return message.parents.empty() ? message.label : thread(messages_.at(message.parents.front()));
}

std::vector<Reference_store::Line> Reference_store::list(const Message& message, User viewer) const
{
    std::vector<Line> out;
    for (User person = 0; person < everybody(); ++person) {
        std::optional<Entry> best;
        for (const auto holder : holders(message)) {
            const auto& entries = messages_.at(holder).entries;
            const auto entry = entries.find(person);
            if (entry == entries.end() || (entry->second.role == blind && holder != message.label)) continue;
            if (!best ||
                std::pair(entry->second.membership, entry->second.role) < std::pair(best->membership, best->role))
                best = entry->second;
        }
        if (!best) continue;
        if (best->role == blind && viewer != person && viewer != message.originator) continue;
        const auto delivery = message.withheld.find(person);
        const bool withheld =
            delivery != message.withheld.end() && delivery->second && person != message.originator && !message.draft;
        out.emplace_back(
            person, best->role == author ? to : best->role, static_cast<int>(effective(message, person)) - 1, withheld);
    }
    return out;
}

// ---- references

FolderId Reference_store::beside(User user, Label parent) const
{
    const auto& references = stores_[static_cast<std::size_t>(user)].references;
    const auto found = references.find(parent);
    FolderId best = 0;
    if (found != references.end())
        for (const auto& r : found->second)
            if (r.folder == inbox || r.folder >= first_own) best = std::max(best, r.folder);
    return best;
}

void Reference_store::place(Label label, User user, FolderId folder, int flags)
{
    references(user, label).push_back({folder, flags, 0, false});
}

void Reference_store::take_away(const People& people, const Labels& labels, FolderId only_from)
{
    for (const auto user : people)
        for (const auto label : labels) {
            if (user >= natives_) continue;
            const auto& message = messages_.at(label);
            const auto status = effective(message, user);
            for (auto& r : references(user, label)) {
                const bool gone = (status == Listed::never || status == Listed::removed) && message.originator != user;
                if (r.folder == limbo) {  // of a withdrawn message: where undelete shall put it
                    if (!message.withdrawn || r.home == 0 || r.home == sent || r.home == drafts) continue;
                    if (only_from != 0 && (r.home != only_from || r.from_trash || r.flags & flagged)) continue;
                    if (status == Listed::left) r.from_trash = true;
                    else if (gone) r.from_trash = false;
                } else if (status == Listed::left) {
                    if (r.folder == trash || r.folder == sent || r.folder == drafts) continue;
                    if (only_from != 0 && (r.folder != only_from || r.flags & flagged)) continue;
                    r.home = r.folder;
                    r.folder = trash;
                } else if (gone) {
                    if (r.folder != trash) r.home = r.folder;
                    r.folder = limbo;
                }
            }
        }
}

void Reference_store::show(User user, Label label, const Labels& labels)
{
    const auto& message = messages_.at(label);
    if (message.originator == user || message.draft || effective(message, user) != Listed::in ||
        !references(user, label).empty())
        return;
    const auto parent = message.parents.empty() ? -1 : message.parents.front();
    if (labels.contains(parent)) show(user, parent, labels);
    auto folder = beside(user, parent);
    if (folder == 0) folder = inbox;
    references(user, label).push_back({message.withdrawn ? limbo : folder, 0, message.withdrawn ? folder : 0, false});
}

void Reference_store::give_back(const People& people, const Labels& labels, Back what)
{
    for (const auto user : people) {
        if (user >= natives_) continue;
        const auto& folders = stores_[static_cast<std::size_t>(user)].folders;
        for (const auto label : labels) {
            const auto& message = messages_.at(label);
            if (effective(message, user) != Listed::in) continue;
            for (auto& r : references(user, label)) {
                if (message.withdrawn) {
                    if (what == Back::everything && r.folder == limbo && r.from_trash && r.home != sent &&
                        r.home != drafts)
                        r.from_trash = false;
                    continue;
                }
                const bool from_limbo = r.folder == limbo && r.home != 0;
                const bool from_trash =
                    what == Back::everything && r.folder == trash && r.home != 0 && r.home != sent && r.home != drafts;
                if (!from_limbo && !from_trash) continue;
                const bool there = r.home != trash && std::any_of(folders.begin(), folders.end(),
                                                          [&](const auto& f) { return f.second == r.home; });
                r.folder = there ? r.home : inbox;
                r.home = 0;
                r.from_trash = false;
            }
        }
        for (const auto label : labels) show(user, label, labels);
    }
}

void Reference_store::leave_lists(User user, const std::vector<Label>& lists, FolderId only_from)
{
    for (const auto list : lists)
        if (auto& entry = messages_.at(list).entries.at(user); entry.membership == 0) {
            entry.membership = 1;
            note(list, EventKind::left, user, user);
        }
    take_away({user}, reached(lists), only_from);
}

void Reference_store::rejoin_lists(User user, const std::vector<Label>& lists)
{
    if (lists.empty()) return;
    for (const auto list : lists)
        if (auto& entry = messages_.at(list).entries.at(user); entry.membership == 1) {
            entry.membership = 0;
            note(list, EventKind::rejoined, user, user);
        }
    const auto labels = reached(lists);
    for (const auto label : labels)
        if (auto& message = messages_.at(label); here(message, user) == Listed::left) message.entries.erase(user);
    give_back({user}, labels, Back::everything);
}

// What lies only in Trash is left.
void Reference_store::settle_trash(User user, const Labels& labels, FolderId folder)
{
    std::vector<Label> threads;
    for (const auto label : labels) {
        auto& message = messages_.at(label);
        const auto& mine = references(user, label);
        const bool in_trash = std::any_of(mine.begin(), mine.end(),
            [](const auto& r) { return r.folder == trash && r.home != 0 && r.home != sent && r.home != drafts; });
        const bool elsewhere = std::any_of(mine.begin(), mine.end(), [](const auto& r) {
            return r.folder != trash && r.folder != sent && r.folder != drafts && r.folder != limbo;
        });
        if (message.draft || !in_trash || elsewhere || effective(message, user) != Listed::in) continue;
        if (message.own) {
            threads.push_back(label);
        } else {
            message.entries[user].membership = 1;
            note(label, EventKind::left, user, user);
        }
    }
    leave_lists(user, threads, folder);
}

void Reference_store::settle_return(User user, const Labels& labels)
{
    std::set<Label> lists;
    for (const auto label : labels) {
        auto& message = messages_.at(label);
        if (message.draft) continue;
        if (here(message, user) == Listed::left) {
            message.entries.erase(user);
            note(label, EventKind::rejoined, user, user);
        }
        for (const auto list : standing_at(message, user, 1)) lists.insert(list);
    }
    rejoin_lists(user, {lists.begin(), lists.end()});
}

// What is not on its way yet is not sent to who is not on the list any more.
void Reference_store::withhold(User user)
{
    for (auto& [label, message] : messages_)
        if (const auto delivery = message.withheld.find(user);
            delivery != message.withheld.end() && effective(message, user) != Listed::in)
            delivery->second = true;
}

void Reference_store::forget(Label label)
{
    messages_.erase(label);
    for (auto& store : stores_) store.references.erase(label);
    std::erase_if(events_, [&](const auto& event) { return event.label == label; });
}

// ---- what people see

std::vector<Reference_store::Seen> Reference_store::view(User user) const
{
    std::vector<Seen> out;
    for (const auto& [label, references] : stores_[static_cast<std::size_t>(user)].references)
        for (const auto& r : references)
            if (r.folder != limbo)
                out.emplace_back(label, r.folder, r.flags, static_cast<int>(messages_.at(label).revisions.size()));
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<Event> Reference_store::events(User user) const
{
    std::vector<Event> out;
    for (auto event : events_) {
        const auto& message = messages_.at(event.label);
        if (event.person != user && !email2::may_read(standing(message, user))) continue;
        if ((event.kind == EventKind::filed || event.kind == EventKind::flagged) && event.actor != user) continue;
        const auto lists = holders(message);
        const auto is_blind = [&](User person) {
            const auto& entries = messages_.at(lists.front()).entries;
            const auto entry = entries.find(person);
            return entry != entries.end() && entry->second.role == blind;
        };
        const bool all = message.originator == user;
        if (!all && event.person >= 0 && event.person != user && is_blind(event.person)) continue;
        if (!all && event.actor != user && is_blind(event.actor)) event.actor = -1;
        event.person = -1;  // not told
        out.push_back(event);
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace model
