// model_verbs: what each verb does to the reference model, and what it refuses.
#include "model_reference.h"

#include <algorithm>
#include <set>

namespace model {

using email2::Code;
using email2::EventKind;
using email2::Listed;

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

Outcome Reference_store::apply(const Operation& operation)
{
    if (operation.verb == Verb::publish) return publish(operation);
    if (operation.verb == Verb::create_folder) return create_folder(operation);
    if (operation.verb == Verb::rename_folder) return rename_folder(operation);
    if (operation.verb == Verb::remove_folder) return remove_folder(operation);
    if (operation.verb == Verb::change && operation.detach && operation.inherit) return Code::invalid;
    if (!exists(operation.label)) return Code::not_found;  // a draft that was deleted
    switch (operation.verb) {
    case Verb::edit:
    case Verb::redact: return edit(operation);
    case Verb::change: return change(operation);
    case Verb::leave: return leave(operation);
    case Verb::rejoin: return rejoin(operation);
    case Verb::withdraw: return withdraw(operation);
    case Verb::undelete: return undelete(operation);
    case Verb::file: return file(operation);
    default: return mailbox(operation);
    }
}

// ---- publish

Outcome Reference_store::publish(const Operation& operation)
{
    const auto user = operation.user;
    std::set<User> named;
    for (const auto& [person, role] : operation.entries)
        if (!named.insert(person).second) return Code::invalid;
    for (const auto& [person, role] : operation.entries)
        if (operation.inherit && role == blind) return Code::invalid;
    bool on_list = false;
    for (const auto label : operation.parents) {
        if (!exists(label)) return Code::invalid;
        const auto& parent = messages_.at(label);
        const auto stands = standing(parent, user);
        if (!email2::may_read(stands) || parent.draft) return Code::invalid;
        if (!operation.inherit || !passes_on(parent, user)) continue;
        if (!on_list && !operation.entries.empty())
            if (auto may = email2::may_add(stands); !may) return may.error().code;
        on_list = true;
    }
    if (operation.inherit && operation.parents.empty()) return Code::invalid;
    if (operation.inherit && !operation.draft && !on_list) return Code::forbidden;

    std::vector<Label> known;
    for (const auto label : operation.parents)
        if (std::find(known.begin(), known.end(), label) == known.end()) known.push_back(label);
    Message message;
    message.label = operation.label;
    message.originator = user;
    message.draft = operation.draft;
    message.parents = known;
    message.inherited.assign(known.size(), false);
    message.unresolved = operation.draft ? 0 : operation.unresolved;
    message.revisions.push_back({operation.text, user, false});
    if (operation.inherit && !operation.draft) publish_inherited(operation, message, known);
    else publish_own(operation, message, known);
    if (operation.draft) return std::nullopt;
    promote(message, known);
    file_own(operation, message, known);
    note(message.label, EventKind::published, user);
    return std::nullopt;
}

void Reference_store::publish_own(const Operation& operation, Message& message, const std::vector<Label>& known)
{
    const auto user = operation.user;
    std::vector<std::pair<User, int>> entries = operation.entries;
    if (operation.inherit)  // a draft only names the people whom its list shall have
        for (const auto label : known)
            if (const auto& parent = messages_.at(label); passes_on(parent, user))
                for (const auto& [person, role, membership, withheld] : list(parent, -1))
                    if (membership == 0) entries.emplace_back(person, role);
    message.entries[user] = {author, 0};
    for (const auto& [person, role] : entries) message.entries.emplace(person, Entry{role, 0});
    messages_[message.label] = message;
    if (message.draft) return place(message.label, user, drafts, draft_flag | seen);
    for (const auto& [person, entry] : message.entries) {
        const bool named =
            std::any_of(entries.begin(), entries.end(), [&, p = person](const auto& e) { return e.first == p; });
        if (!named) continue;
        if (person >= natives_) {
            messages_[message.label].withheld[person] = false;
        } else {
            const auto folder = known.empty() ? 0 : beside(person, known.front());
            place(message.label, person, folder != 0 ? folder : inbox, 0);
        }
    }
}

void Reference_store::publish_inherited(const Operation& operation, Message& message, const std::vector<Label>& known)
{
    const auto user = operation.user;
    message.own = false;
    for (std::size_t i = 0; i < known.size(); ++i) message.inherited[i] = passes_on(messages_.at(known[i]), user);
    messages_[message.label] = message;
    const auto lists = holders(message);
    const auto folder_of = [&](User person) {
        const auto folder = beside(person, known.front());
        return folder != 0 ? folder : inbox;
    };
    People joined;
    std::set<User> done;
    for (const auto& [person, role] : operation.entries) {
        if (!done.insert(person).second) continue;
        if (person == user) {
            place(message.label, user, folder_of(user), 0);
            continue;
        }
        auto before = held(message, person);
        if (before == Listed::never && subject(message, person).held != Listed::never)
            before = Listed::removed;  // blind, and gone
        switch (before) {
        case Listed::in: break;
        case Listed::removed: messages_[message.label].withheld[person] = true; break;
        case Listed::left:
            if (person >= natives_) {
                messages_[message.label].withheld[person] = true;
            } else {
                auto home = beside(person, known.front());
                const auto& folders = stores_[static_cast<std::size_t>(person)].folders;
                if (home == 0)
                    for (const auto place : {trash, limbo})
                        for (const auto& r : references(person, known.front()))
                            if (home == 0 && r.folder == place && r.home != 0 && r.home != sent && r.home != drafts &&
                                r.home != trash && std::any_of(folders.begin(), folders.end(), [&](const auto& f) {
                                    return f.second == r.home;
                                }))
                                home = r.home;
                references(person, message.label).push_back({trash, 0, home != 0 ? home : inbox, false});
            }
            break;
        case Listed::never: joined.insert(person); note(lists.front(), EventKind::to_changed, user, person);
        }
    }
    // In two steps: whoever joins by this mail does not meet it a second time as a member.
    for (User person = 0; person < everybody(); ++person) {
        if (person == user || (held(message, person) != Listed::in && !joined.contains(person))) continue;
        if (person >= natives_) messages_[message.label].withheld[person] = false;
        else place(message.label, person, folder_of(person), 0);
    }
    for (const auto& [person, role] : operation.entries)
        if (joined.contains(person) && messages_.at(lists.front()).entries[person].role != author)
            messages_.at(lists.front()).entries[person] = {role, 0};
    give_back(joined, reached({lists.front()}), Back::taken);
}

// A message that lay in Sent alone appears at the top level once somebody else answers it.
void Reference_store::promote(const Message& message, const std::vector<Label>& known)
{
    for (const auto label : known) {
        const auto& parent = messages_.at(label);
        if (parent.originator == message.originator || effective(parent, parent.originator) != Listed::in) continue;
        const auto& mine = references(parent.originator, label);
        const bool only_sent =
            !mine.empty() && std::all_of(mine.begin(), mine.end(), [](const auto& r) { return r.folder == sent; });
        if (only_sent) place(label, parent.originator, inbox, seen);
    }
}

void Reference_store::file_own(const Operation& operation, const Message& message, const std::vector<Label>& known)
{
    const auto user = operation.user;
    place(message.label, user, sent, seen);
    const bool addressed =
        std::any_of(operation.entries.begin(), operation.entries.end(), [&](const auto& e) { return e.first == user; });
    if (known.empty() || addressed) return;
    const auto folder = beside(user, known.front());
    const bool others =
        std::any_of(known.begin(), known.end(), [&](Label l) { return messages_.at(l).originator != user; });
    if (others || folder != 0) place(message.label, user, folder != 0 ? folder : inbox, seen);
}

// ---- content

Outcome Reference_store::edit(const Operation& operation)
{
    auto& message = messages_.at(operation.label);
    const auto user = operation.user;
    const auto newest = static_cast<int>(message.revisions.size());
    const bool redact = operation.verb == Verb::redact;
    const auto stands = standing(message, user);
    const auto may = redact ? email2::may_redact(stands)
                            : email2::may_edit(stands, static_cast<std::uint32_t>(newest - operation.replaces));
    if (!may) return may.error().code;
    const auto before = message.revisions.back().text;
    const auto text = redact ? before : operation.text;
    if (redact)
        for (auto& revision : message.revisions) revision.redacted = true;
    message.revisions.push_back({text, user, false});
    for (User person = 0; person < natives_; ++person)
        for (auto& r : references(person, message.label)) {
            r.flags |= edited;
            if (text != before && person != user) r.flags &= ~seen;
        }
    note(message.label, redact ? EventKind::redacted : EventKind::edited, user);
    return std::nullopt;
}

Outcome Reference_store::withdraw(const Operation& operation)
{
    auto& message = messages_.at(operation.label);
    const auto step = email2::may_withdraw(standing(message, operation.user));
    if (!step) return step.error().code;
    if (*step == email2::Step::delete_draft) forget(operation.label);
    if (*step != email2::Step::act) return std::nullopt;
    message.withdrawn = true;
    message.withdrawn_by = operation.user;
    for (User person = 0; person < natives_; ++person)
        for (auto& r : references(person, message.label)) {
            if (r.folder == limbo) continue;
            r.from_trash = r.folder == trash;
            if (!r.from_trash) r.home = r.folder;
            else if (r.home == 0) r.home = trash;  // lies in Trash and came from nowhere
            r.folder = limbo;
        }
    for (auto& [person, withheld] : message.withheld)
        if (person >= natives_) withheld = true;
    note(message.label, EventKind::withdrawn, operation.user);
    return std::nullopt;
}

Outcome Reference_store::undelete(const Operation& operation)
{
    auto& message = messages_.at(operation.label);
    const auto step = email2::may_undelete(standing(message, operation.user));
    if (!step) return step.error().code;
    if (*step == email2::Step::nothing) return std::nullopt;
    message.withdrawn = false;
    message.withdrawn_by = -1;
    for (User person = 0; person < natives_; ++person) {
        const auto status = effective(message, person);
        const bool own = message.originator == person, left = status == Listed::left, in = status == Listed::in;
        const auto& folders = stores_[static_cast<std::size_t>(person)].folders;
        for (auto& r : references(person, message.label)) {
            if (r.folder != limbo || r.home == 0) continue;
            if (r.from_trash && (in || left || own)) {
                r.folder = trash;
                if (r.home == trash) r.home = 0;
                r.from_trash = false;
            } else if (!r.from_trash && (in || (own && !left) || ((r.home == sent || r.home == drafts) && left))) {
                const bool there = r.home != trash && std::any_of(folders.begin(), folders.end(),
                                                          [&](const auto& f) { return f.second == r.home; });
                r.folder = there ? r.home : inbox;
                r.home = 0;
            }
        }
    }
    for (auto& [person, withheld] : message.withheld)
        if (effective(message, person) == Listed::in) withheld = false;
    note(message.label, EventKind::undeleted, operation.user);
    return std::nullopt;
}

// ---- the list

Outcome Reference_store::change(const Operation& operation)
{
    auto saved = *this;  // all of it or nothing
    auto& message = messages_.at(operation.label);
    if (auto may = email2::may_read(standing(message, operation.user)); !may) return may.error().code;
    auto outcome = operation.detach    ? detach(message, operation.user)
                   : operation.inherit ? inherit(message, operation.user)
                                       : std::nullopt;
    if (!outcome) outcome = add(message, operation);
    if (!outcome) outcome = remove(message, operation);
    if (outcome) *this = std::move(saved);
    return outcome;
}

Outcome Reference_store::add(Message& message, const Operation& operation)
{
    if (operation.entries.empty()) return std::nullopt;
    const auto stands = standing(message, operation.user);
    if (auto may = email2::may_add(stands); !may) return may.error().code;
    const auto list = holders(message).front();
    People named, shown;
    for (const auto& [person, role] : operation.entries) {
        if (!named.insert(person).second || person == operation.user) continue;
        const auto adding = email2::adding(stands, subject(message, person));
        if (!adding) return adding.error().code;
        if (*adding == email2::Adding{}) continue;
        if (!message.own) message.entries.erase(person);
        if (adding->join) {
            auto& entry = messages_.at(list).entries[person];
            if (entry.role != author) entry.role = role;
            entry.membership = 0;
        }
        note(adding->join ? list : message.label, EventKind::to_changed, operation.user, person);
        shown.insert(person);
    }
    auto labels = reached({list});
    if (!message.draft) labels.insert(message.label);
    give_back(shown, labels, Back::taken);
    return std::nullopt;
}

Outcome Reference_store::remove(Message& message, const Operation& operation)
{
    People named, done;
    for (const auto& [person, role] : operation.entries) named.insert(person);
    const auto stands = standing(message, operation.user);
    for (const auto person : operation.remove) {
        if (!done.insert(person).second) continue;
        if (named.contains(person)) return Code::invalid;
        if (person == operation.user) {
            if (message.draft) return Code::invalid;
            leave_lists(person, standing_at(message, person, 0), 0);
            continue;
        }
        const auto removing = email2::removing(stands, subject(message, person));
        if (!removing) return removing.error().code;
        if (*removing == email2::Removing::nothing) continue;
        std::vector<Label> lists{message.label};
        if (*removing == email2::Removing::where_held) {
            lists = standing_at(message, person, 0);
            for (const auto list : standing_at(message, person, 1)) lists.push_back(list);
        }
        for (const auto list : lists) {
            messages_.at(list).entries[person].membership = 2;
            note(list, EventKind::to_changed, operation.user, person);
        }
        take_away({person}, *removing == email2::Removing::here ? Labels{message.label} : reached(lists));
        if (person >= natives_) withhold(person);
    }
    return std::nullopt;
}

Outcome Reference_store::detach(Message& message, User user)
{
    if (auto may = email2::may_detach(standing(message, user)); !may) return may.error().code;
    if (message.own) return std::nullopt;
    std::map<User, Entry> copy;
    for (const auto& [person, entry] : message.entries)
        if (entry.membership == 2) copy[person] = {entry.role, 2};
    for (User person = 0; person < everybody(); ++person) {
        const auto where = held(message, person);
        if (where == Listed::never || copy.contains(person)) continue;
        const auto lines = list(message, -1);
        const auto line =
            std::find_if(lines.begin(), lines.end(), [&](const auto& l) { return std::get<0>(l) == person; });
        const int role = person == message.originator ? author : std::get<1>(*line);
        copy[person] = {role, static_cast<int>(where) - 1};
    }
    Labels heirs;
    for (const auto& [label, other] : messages_)
        if (inherits_from(other, message.label)) heirs.insert(label);
    message.entries = copy;
    message.own = true;
    People excluded;
    for (const auto& [person, entry] : copy)
        if (entry.membership == 2) excluded.insert(person);
    take_away(excluded, heirs);
    for (const auto person : excluded)
        if (person >= natives_) withhold(person);
    note(message.label, EventKind::to_changed, user);
    return std::nullopt;
}

Outcome Reference_store::inherit(Message& message, User user)
{
    if (auto may = email2::may_inherit(standing(message, user)); !may) return may.error().code;
    if (message.own == false) return std::nullopt;
    std::vector<bool> counts;
    for (const auto label : message.parents) {
        const auto& parent = messages_.at(label);
        counts.push_back(!inherits_from(parent, message.label) && passes_on(parent, user));
    }
    if (std::find(counts.begin(), counts.end(), true) == counts.end()) return Code::invalid;
    Labels heirs;
    for (const auto& [label, other] : messages_)
        if (inherits_from(other, message.label)) heirs.insert(label);
    const auto before = message.entries;
    message.own = false;
    message.inherited = counts;
    std::erase_if(message.entries, [](const auto& e) { return e.second.membership != 1; });
    People had, gained;
    for (const auto& [person, entry] : before) had.insert(person);
    take_away(had, heirs);
    for (User person = 0; person < everybody(); ++person) {
        const auto entry = before.find(person);
        const bool was_in = entry != before.end() && entry->second.membership == 0 && entry->second.role != blind;
        if (!was_in && held(message, person) == Listed::in) gained.insert(person);
    }
    give_back(gained, heirs, Back::taken);
    for (const auto person : had)
        if (person >= natives_) withhold(person);
    note(message.label, EventKind::to_changed, user);
    return std::nullopt;
}

Outcome Reference_store::leave(const Operation& operation)
{
    auto& message = messages_.at(operation.label);
    const auto user = operation.user;
    const auto reach = email2::may_leave(standing(message, user), operation.thread);
    if (!reach) return reach.error().code;
    if (*reach == email2::Reach::draft) {
        forget(operation.label);
    } else if (*reach == email2::Reach::thread) {
        leave_lists(user, standing_at(message, user, 0), 0);
    } else if (*reach == email2::Reach::message && !message.own) {
        message.entries[user].membership = 1;
        note(message.label, EventKind::left, user, user);
        take_away({user}, {message.label});
    } else if (*reach == email2::Reach::message) {
        for (auto& r : references(user, message.label))
            if (r.folder != trash && r.folder != sent && r.folder != drafts && r.folder != limbo) {
                r.home = r.folder;
                r.folder = trash;
            }
    }
    return std::nullopt;
}

Outcome Reference_store::rejoin(const Operation& operation)
{
    auto& message = messages_.at(operation.label);
    const auto user = operation.user;
    const auto reach = email2::may_rejoin(standing(message, user), operation.thread);
    if (!reach) return reach.error().code;
    if (*reach == email2::Reach::thread) {
        auto lists = standing_at(message, user, 1);
        for (const auto list : standing_at(message, user, 0)) lists.push_back(list);
        rejoin_lists(user, lists);
    } else if (*reach == email2::Reach::message) {
        if (here(message, user) == Listed::left) {
            message.entries.erase(user);
            note(message.label, EventKind::rejoined, user, user);
        }
        give_back({user}, {message.label}, Back::everything);
    }
    return std::nullopt;
}

// ---- one's own store

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
