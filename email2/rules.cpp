// rules: who may do what to a message, and what a To change does. email2.md "Rules" 1 to 8.
#include "email2/rules.h"

#include "email2/limits.h"

#include <algorithm>
#include <set>

namespace email2 {
namespace {

tl::unexpected<Error> refuse(Code code, const char* text)
{
    return tl::unexpected(Error{code, text, {}});
}

tl::unexpected<Error> not_found()
{
    return refuse(Code::not_found, "There is no such message.");
}

tl::unexpected<Error> gone()
{
    return refuse(Code::gone, "The message is no longer kept here.");
}

tl::unexpected<Error> withdrawn()
{
    return refuse(Code::gone, "The message is withdrawn.");
}

bool is_in(const Standing& standing)
{
    return effective(standing) == Listed::in;
}

// Who looks after a mailing list need not get its posts.
bool owns_root(const Standing& standing)
{
    return standing.list_root && standing.list_owner;
}

bool may_see(const Standing& standing)
{
    // The people named in a draft are not on its list yet (rule 1).
    if (standing.draft) return standing.originator;
    if (owns_root(standing)) return true;
    if (standing.originator && standing.in_trash) return true;
    if (standing.elsewhere) return false;  // email2.md "Delivery states"
    return is_in(standing) || (effective(standing) == Listed::left && standing.in_trash);
}

// Seen, and still here.
Result<void> check_present(const Standing& standing)
{
    // That it is gone is news only for who was on the list: to others it never was.
    const bool knew =
        effective(standing) != Listed::never && effective(standing) != Listed::removed && !standing.elsewhere;
    if (standing.gone && knew) return gone();
    if (standing.gone || !may_see(standing)) return not_found();
    return {};
}

Result<void> check_originator(const Standing& standing)
{
    if (auto present = check_present(standing); !present) return present;
    if (!standing.originator) return refuse(Code::forbidden, "Only the originator may do this.");
    if (standing.state == State::withdrawn) return withdrawn();
    return {};
}

// Changing a list takes being on it: who left has their way back, not a say.
Result<void> check_on_list(const Standing& standing)
{
    if (auto present = check_present(standing); !present) return present;
    if (!standing.draft && !is_in(standing) && !owns_root(standing))
        return refuse(Code::forbidden, "You have left this message.");
    return {};
}

// Originator or owner of the list where it is held.
bool rules_holder(const Standing& standing)
{
    const bool originator = standing.holds_list ? standing.originator : standing.holder_originator;
    return originator || standing.list_owner;
}

bool may_withdraw_or_undelete(const Standing& standing)
{
    return standing.originator || standing.list_owner;
}

Where where_held(const Standing& standing)
{
    return standing.holds_list ? Where::here : Where::holder;
}

}  // namespace

Listed effective(Listed held, Listed here)
{
    static_assert(Listed::in < Listed::left && Listed::left < Listed::removed);
    if (held == Listed::never || here == Listed::never) return held;
    return std::max(held, here);
}

Listed effective(const Standing& standing)
{
    return standing.holds_list ? standing.held : effective(standing.held, standing.here);
}

Result<void> may_read(const Standing& standing)
{
    return check_present(standing);
}

Result<void> may_read_history(const Standing& standing)
{
    if (auto present = check_present(standing); !present) return present;
    if (standing.state == State::withdrawn) return withdrawn();
    return {};
}

Result<void> may_see_list(const Standing& standing)
{
    if (auto present = check_present(standing); !present) return present;
    if (standing.held_at_root && !standing.list_owner)
        return refuse(Code::forbidden, "Only owners see who subscribes to a list.");
    return {};
}

Result<void> may_edit(const Standing& standing, std::uint32_t replaces)
{
    if (auto checked = check_originator(standing); !checked) return checked;
    if (replaces != standing.newest_revision) return refuse(Code::conflict, "The message has another revision by now.");
    return {};
}

Result<void> may_redact(const Standing& standing)
{
    return check_originator(standing);
}

Result<Where> may_add(const Standing& standing)
{
    if (auto checked = check_on_list(standing); !checked) return tl::unexpected(std::move(checked).error());
    if (standing.held_at_root && !standing.list_owner)
        return refuse(Code::forbidden, "Only owners add people to a list.");
    return where_held(standing);
}

Result<Where> may_remove(const Standing& standing)
{
    if (auto checked = check_on_list(standing); !checked) return tl::unexpected(std::move(checked).error());
    if (rules_holder(standing)) return where_held(standing);
    if (standing.originator) return Where::here;
    return refuse(Code::forbidden, "Only the originator or an owner removes others.");
}

Result<void> may_detach(const Standing& standing)
{
    if (auto checked = check_on_list(standing); !checked) return checked;
    if (standing.held_at_root && !standing.list_owner)
        return refuse(Code::forbidden, "Only owners copy the list of a mailing list.");
    return {};
}

Result<void> may_inherit(const Standing& standing)
{
    // Giving up an own list drops people from it, which is removing them.
    if (auto checked = check_on_list(standing); !checked) return checked;
    if (standing.list_root) return refuse(Code::forbidden, "A mailing list holds its list itself.");
    if (standing.holds_list && !rules_holder(standing))
        return refuse(Code::forbidden, "Only the originator or an owner gives up an own list.");
    return {};
}

Result<Reach> may_leave(const Standing& standing, std::optional<bool> thread)
{
    if (standing.draft) {
        if (!standing.originator) return not_found();
        return Reach::draft;
    }
    const auto listed = effective(standing);
    if (listed == Listed::never || listed == Listed::removed) return not_found();
    if (standing.gone) return gone();
    const bool whole = thread.value_or(standing.holds_list);
    // Who has hidden one message is still in its thread and may leave that.
    if (whole) return standing.held == Listed::in ? Reach::thread : Reach::nothing;
    return listed == Listed::in ? Reach::message : Reach::nothing;
}

Result<Reach> may_rejoin(const Standing& standing, std::optional<bool> thread)
{
    if (standing.draft) {
        if (!standing.originator) return not_found();
        return Reach::nothing;
    }
    const auto listed = effective(standing);
    const bool subscribing = standing.list_root && listed == Listed::never;
    const bool may_come = listed == Listed::in || listed == Listed::left;
    const bool was_in_thread = standing.held == Listed::in || standing.held == Listed::left;
    if (!subscribing && !(may_come && was_in_thread)) return not_found();
    if (standing.gone) return gone();
    const bool left_thread = standing.held != Listed::in;
    if (left_thread) return Reach::thread;
    if (listed == Listed::in) return thread.value_or(false) ? Reach::thread : Reach::nothing;
    return thread.value_or(false) ? Reach::thread : Reach::message;
}

Result<Step> may_withdraw(const Standing& standing)
{
    if (auto present = check_present(standing); !present) return tl::unexpected(std::move(present).error());
    if (standing.draft) return Step::delete_draft;
    if (!may_withdraw_or_undelete(standing))
        return refuse(Code::forbidden, "Only the originator or an owner of its list withdraws it.");
    return standing.state == State::withdrawn ? Step::nothing : Step::act;
}

Result<Step> may_undelete(const Standing& standing)
{
    if (auto present = check_present(standing); !present) return tl::unexpected(std::move(present).error());
    if (standing.state != State::withdrawn) {
        if (!may_withdraw_or_undelete(standing))
            return refuse(Code::forbidden, "Only who withdrew it may undelete it.");
        return Step::nothing;
    }
    if (!standing.withdrew) return refuse(Code::forbidden, "Only who withdrew it may undelete it.");
    return Step::act;
}

Result<ListEffect> effect_of_adding(Listed before, By by)
{
    switch (before) {
    case Listed::never: return ListEffect::joined;
    case Listed::in: return ListEffect::unchanged;
    case Listed::left: return by == By::self ? ListEffect::rejoined : ListEffect::unchanged;
    case Listed::removed: break;
    }
    if (by != By::ruler) return refuse(Code::forbidden, "They were removed; only who rules the list brings them back.");
    return ListEffect::rejoined;
}

ListEffect effect_of_removing(Listed before, By by)
{
    if (by == By::self) return before == Listed::in ? ListEffect::left : ListEffect::unchanged;
    const bool affected = before == Listed::in || (before == Listed::left && by == By::ruler);
    return affected ? ListEffect::removed : ListEffect::unchanged;
}

Result<Adding> adding(const Standing& actor, const Subject& person)
{
    const auto by = rules_holder(actor) ? By::ruler : By::member;
    Adding out;
    if (!actor.holds_list && person.held != Listed::never) {
        if (person.here == Listed::left) return out;  // hidden by their own act: only they show it again
        out.readmit = person.here == Listed::removed;
        if (out.readmit && by != By::ruler && !actor.originator)
            return refuse(
                Code::forbidden, "They were removed from this message; only its originator brings them back.");
    }
    const auto effect = effect_of_adding(person.held, by);
    if (!effect) return tl::unexpected(effect.error());
    out.join = *effect != ListEffect::unchanged;
    return out;
}

Result<Removing> removing(const Standing& actor, const Subject& person)
{
    const auto where = may_remove(actor);
    if (!where) return tl::unexpected(where.error());
    if (rules_holder(actor)) {
        const auto effect = effect_of_removing(person.held, By::ruler);
        return effect == ListEffect::unchanged ? Removing::nothing : Removing::where_held;
    }
    const auto effect = effect_of_removing(effective(person.held, person.here), By::member);
    return effect == ListEffect::unchanged ? Removing::nothing : Removing::here;
}

std::map<std::int64_t, std::vector<std::int64_t>> holders(const Inheritance& inheritance)
{
    std::map<std::int64_t, std::vector<std::int64_t>> out;
    // Depth first with a stack of its own: a thread may be thousands of answers deep.
    for (const auto& [asked, unused] : inheritance.parents) {
        std::vector<std::int64_t> open{asked};
        std::set<std::int64_t> entered;
        while (!open.empty()) {
            const auto id = open.back();
            const auto& parents = inheritance.parents.at(id);
            std::vector<std::int64_t> waits;
            if (!out.contains(id) && entered.insert(id).second)
                for (const auto parent : parents)
                    if (inheritance.parents.contains(parent) && !out.contains(parent) && !entered.contains(parent))
                        waits.push_back(parent);
            if (!waits.empty()) {
                open.insert(open.end(), waits.begin(), waits.end());
                continue;
            }
            open.pop_back();
            if (out.contains(id)) continue;
            auto& held = out[id];
            for (const auto parent : parents) {
                const auto computed = out.find(parent);
                const auto known = inheritance.known.find(parent);
                const auto* from = computed != out.end() && parent != id ? &computed->second
                                   : known != inheritance.known.end()    ? &known->second
                                                                         : nullptr;
                if (from == nullptr) continue;
                for (const auto holder : *from)
                    if (std::find(held.begin(), held.end(), holder) == held.end()) held.push_back(holder);
            }
            if (held.empty() ||
                (inheritance.besides.contains(id) && std::find(held.begin(), held.end(), id) == held.end()))
                held.push_back(id);
        }
    }
    return out;
}

Fate fate(const Standing& standing, std::size_t count)
{
    if (count > 0) return standing.state == State::archived ? Fate::revive : Fate::keep;
    if (standing.draft) return Fate::delete_draft;
    // A mailing list without subscribers is still a list; a withdrawn message has no content to put
    // away, and archiving would forget that it is withdrawn.
    return standing.list_root || standing.state != State::present ? Fate::keep : Fate::archive;
}

bool fossilises(const Holding& holding)
{
    // A note to oneself that nobody ever left is no network object that outlived its network.
    return holding.state == State::present && !holding.list_root && holding.holders == 1 && holding.left > 0 &&
           holding.octets >= limits::fossil_octets && holding.alone >= limits::fossil_alone;
}

}  // namespace email2
