// model_lists: what To changes, leaving and rejoining do to the reference model, and what they refuse.
#include "model_reference.h"

#include <algorithm>

namespace model {

using email2::Code;
using email2::EventKind;
using email2::Listed;

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

}  // namespace model
