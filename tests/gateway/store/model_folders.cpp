// model_folders: what filing and one's own folders do to the reference model, and what they refuse.
#include "model_reference.h"

#include <algorithm>

namespace model {

using email2::Code;
using email2::EventKind;

namespace {

constexpr bool special(FolderId folder)
{
    return folder < first_own;
}
std::string parent_of(const std::string& name)
{
    return name.substr(0, std::min(name.find('/'), name.size()));
}

bool bad_name(const std::string& name)
{
    return name.empty() || name.front() == '/' || name.back() == '/';
}

}  // namespace

Outcome Reference_store::file(const Operation& operation)
{
    const auto user = operation.user;
    auto& store = stores_[static_cast<std::size_t>(user)];
    if (auto may = email2::may_read(standing(messages_.at(operation.label), user)); !may) return may.error().code;
    if (!operation.folder.empty() && !store.folders.contains(operation.folder)) return Code::not_found;
    Labels labels{operation.label};
    if (operation.thread == true)
        for (const auto& [label, other] : messages_)
            if (thread(other) == thread(messages_.at(operation.label))) labels.insert(label);
    std::map<FolderId, Labels> by_folder;
    for (const auto label : labels) {
        auto& mine = references(user, label);
        const bool only_sent =
            std::none_of(mine.begin(), mine.end(), [](const auto& r) { return r.folder != sent && r.folder != limbo; });
        for (auto& r : mine) {
            if (r.folder == limbo) continue;
            const auto flags = (r.flags & ~operation.remove_flags) | operation.add_flags;
            if (flags != r.flags) note(label, EventKind::flagged, user, user);
            r.flags = flags;
            if (r.folder != sent || only_sent) by_folder[r.folder].insert(label);
        }
    }
    if (!operation.folder.empty())
        for (const auto& [folder, inside] : by_folder)
            if (folder != store.folders.at(operation.folder))
                move(user, folder, inside, store.folders.at(operation.folder));
    const auto& mine = references(user, operation.label);
    const bool shown = !messages_.at(operation.label).withdrawn &&
                       std::any_of(mine.begin(), mine.end(), [](const auto& r) { return r.folder != limbo; });
    return shown ? std::nullopt : std::optional(Code::not_found);
}

// All references to these messages in one folder.
void Reference_store::move(User user, FolderId from, const Labels& labels, FolderId destination)
{
    Labels moved;
    for (const auto label : labels) {
        auto& mine = references(user, label);
        std::vector<Reference> stay, go;
        for (const auto& r : mine) (r.folder == from ? go : stay).push_back(r);
        for (auto& r : go) {
            r.home = destination != trash ? 0 : from != trash ? from : r.home;
            r.folder = destination;
            stay.push_back(r);
            moved.insert(label);
            note(label, EventKind::filed, user, user);
        }
        mine = stay;
    }
    if (destination == trash && from != trash) settle_trash(user, moved, from);
    if (from == trash && destination != trash) settle_return(user, moved);
}

void Reference_store::expunge(User user, FolderId folder, const Labels& labels)
{
    Labels gone;
    for (const auto label : labels) {
        auto& mine = references(user, label);
        const bool elsewhere = std::any_of(mine.begin(), mine.end(),
            [](const auto& r) { return r.folder != trash && r.folder != sent && r.folder != drafts; });
        std::vector<Reference> stay;
        for (auto r : mine) {
            if (r.folder != folder) {
                stay.push_back(r);
                continue;
            }
            gone.insert(label);
            note(label, EventKind::filed, user, user);
            const bool returns = folder == trash && !messages_.at(label).draft && r.home != 0 && r.home != sent &&
                                 r.home != drafts && !elsewhere;
            r.folder = limbo;
            r.flags &= ~deleted;
            if (returns) stay.push_back(r);
        }
        mine = stay;
    }
    if (folder != trash && folder != sent && folder != drafts) settle_trash(user, gone, folder);
    for (const auto label : gone)  // a draft ends with its last reference
        if (messages_.at(label).draft && references(user, label).empty()) forget(label);
}

// MOVE, COPY and EXPUNGE of one message in one folder.
Outcome Reference_store::mailbox(const Operation& operation)
{
    const auto user = operation.user;
    const auto& folders = stores_[static_cast<std::size_t>(user)].folders;
    const auto from = folders.find(operation.folder), destination = folders.find(operation.other);
    if (from == folders.end() || (operation.verb != Verb::expunge && destination == folders.end()))
        return Code::not_found;
    auto& mine = references(user, operation.label);
    std::vector<Reference> copies;
    for (auto& r : mine) {
        if (r.folder != from->second) continue;
        if (operation.verb == Verb::expunge && !(r.flags & deleted))
            note(operation.label, EventKind::flagged, user, user);
        if (operation.verb == Verb::expunge) r.flags |= deleted;
        if (operation.verb != Verb::copy) continue;
        copies.push_back({destination->second, r.flags,
            destination->second != trash ? 0
            : from->second == trash      ? r.home
                                         : from->second,
            false});
        note(operation.label, EventKind::filed, user, user);
        if (from->second == trash && destination->second != trash) r.home = 0;  // it is back by this copy
    }
    mine.insert(mine.end(), copies.begin(), copies.end());
    if (operation.verb == Verb::expunge) expunge(user, from->second, {operation.label});
    if (operation.verb == Verb::move && from->second != destination->second)
        move(user, from->second, {operation.label}, destination->second);
    if (!copies.empty() && from->second == trash && destination->second != trash)
        settle_return(user, {operation.label});
    return std::nullopt;
}

Outcome Reference_store::create_folder(const Operation& operation)
{
    auto& store = stores_[static_cast<std::size_t>(operation.user)];
    if (bad_name(operation.folder)) return Code::forbidden;
    if (store.folders.contains(operation.folder)) return Code::conflict;
    if (!store.folders.contains(parent_of(operation.folder))) store.folders[parent_of(operation.folder)] = store.next++;
    if (!store.folders.contains(operation.folder)) store.folders[operation.folder] = store.next++;
    return std::nullopt;
}

Outcome Reference_store::rename_folder(const Operation& operation)
{
    auto& store = stores_[static_cast<std::size_t>(operation.user)];
    auto& folders = store.folders;
    const auto &from = operation.folder, &to = operation.other;
    if (bad_name(to)) return Code::forbidden;
    if (folders.contains(to)) return Code::conflict;
    const auto found = folders.find(from);
    const auto make_parent = [&] {
        if (!folders.contains(parent_of(to))) folders[parent_of(to)] = store.next++;
    };
    if (from == "INBOX") {  // its messages move
        if (parent_of(to) != to) make_parent();
        folders[to] = store.next++;
        for (auto& [label, mine] : store.references)
            for (auto& r : mine)
                if (r.folder == inbox) r.folder = folders.at(to);
        return std::nullopt;
    }
    if (found != folders.end() && special(found->second)) return Code::forbidden;
    if (to.starts_with(from + "/")) return Code::forbidden;
    std::map<std::string, FolderId> moved;
    for (const auto& [name, id] : folders)
        if (name == from || name.starts_with(from + "/")) moved[name] = id;
    if (moved.empty()) return Code::not_found;
    for (const auto& [name, id] : moved)
        if (folders.contains(to + name.substr(from.size()))) return Code::conflict;
    if (parent_of(to) != to) make_parent();
    for (const auto& [name, id] : moved) {
        folders.erase(name);
        folders[to + name.substr(from.size())] = id;
    }
    return std::nullopt;
}

Outcome Reference_store::remove_folder(const Operation& operation)
{
    auto& store = stores_[static_cast<std::size_t>(operation.user)];
    const auto found = store.folders.find(operation.folder);
    if (found == store.folders.end()) {
        const bool children = std::any_of(store.folders.begin(), store.folders.end(),
            [&](const auto& f) { return f.first.starts_with(operation.folder + "/"); });
        return children ? Code::invalid : Code::not_found;
    }
    if (special(found->second)) return Code::forbidden;
    const auto folder = found->second;
    Labels inside;
    for (const auto& [label, mine] : store.references)
        if (std::any_of(mine.begin(), mine.end(), [&](const auto& r) { return r.folder == folder; }))
            inside.insert(label);
    expunge(operation.user, folder, inside);
    store.folders.erase(operation.folder);
    return std::nullopt;
}

}  // namespace model
