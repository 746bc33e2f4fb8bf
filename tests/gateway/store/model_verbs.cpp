// model_verbs: what publishing, edits and withdrawals do to the reference model, and what they refuse.
#include "model_reference.h"

#include <algorithm>
#include <set>

namespace model {

using email2::Code;
using email2::EventKind;
using email2::Listed;

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

}  // namespace model
