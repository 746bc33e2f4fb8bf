// publish_twice: the same mail in a second transaction. mapping.md "The same mail twice?".
//
// Servers split what they send: a transaction for each recipient, one for the blind, one later for whom was deferred.
// So whatever the first says about who receives a mail holds for the second as well; it only comes later.
#include "gateway/mapping/mail_in.h"
#include "gateway/store/effective.h"
#include "gateway/store/facts.h"
#include "gateway/store/holders.h"
#include "gateway/store/membership.h"
#include "gateway/store/publish_group.h"

namespace gateway::store::publishing {

namespace {

constexpr std::size_t trace_room = 64 * 1024;  // octets by which two copies of a mail may differ in their traces

}  // namespace

// The same Message-ID and identical bytes within the window: of a mail that takes two ways here, those below the trace.
bool Group::is_same_mail(PublishJob& job, const Known& known)
{
    if (known.sha == job.indexed.sha256) return true;
    const auto rows = session_.query(
        "select r.size - length(r.trace) from revision v join rendition r on r.id = v.rendition_id where v.message_id = $1 and v.number = 1",
        known.id);
    if (rows.empty() || known.sha.empty()) return false;
    const auto bytes = job.message.bytes.bytes();
    const auto size = static_cast<std::size_t>(rows.integer(0, 0));
    if (std::max(size, bytes.size()) - std::min(size, bytes.size()) > trace_room) return false;
    const auto before = bytes_of_revision(session_, known.id, 1);
    return mapping::below_trace(before) == mapping::below_trace(bytes);
}

// What is the same for some people, and for a list or a thread that it did not go to before, is another message: for
// whom the first one did not reach.
bool Group::reaches_more(const PublishJob& job, const Known& known) const
{
    const auto holds = [&](Id id) {
        return std::find(known.holders.begin(), known.holders.end(), id) != known.holders.end();
    };
    for (const auto* list : lists_named(job))
        if (!holds(list->id)) return true;
    for (const auto& address : job.message.message_addresses)
        for (const auto id : named(address)) {
            const auto parent = known_.find(id);
            if (parent == known_.end() || roots_.contains(id) || parent->second.kind != Kind::message) continue;
            if (!std::all_of(parent->second.holders.begin(), parent->second.holders.end(), holds)) return true;
        }
    return false;
}

bool Group::is_duplicate(PublishJob& job, Person originator)
{
    const auto& m = job.message;
    if (m.kind != Kind::message || m.native || m.message_id.empty()) return false;
    const auto found = by_hash_.find(message_id_hash(m.message_id));
    if (found == by_hash_.end()) return false;
    std::vector<Known*> same;
    for (const auto id : found->second) {
        const auto known = known_.find(id);
        if (known == known_.end() || known->second.kind != Kind::message || known->second.originator != originator)
            continue;
        if (now() - known->second.created > settings_.dedup_window || !is_same_mail(job, known->second)) continue;
        same.push_back(&known->second);
    }
    for (auto* known : same)
        if (!reaches_more(job, *known)) {
            join(job, *known);
            return true;
        }
    for (const auto* known : same) twins_[&job].push_back(known->id);
    return false;
}

// Whoever has it by a first transaction gets no second copy of a second one: there they have it by other means.
void Group::keep_apart(PublishJob& job, const Draft& draft)
{
    const auto twins = twins_.find(&job);
    if (twins == twins_.end()) return;
    const auto have =
        session_.query("select distinct r.user_id from ref r where r.message_id = any($1::int8[]) union "
                       "select d.person_id from delivery d where d.message_id = any($1::int8[]) and d.state <> 6",
            twins->second);
    std::set<Person> persons;
    for (std::size_t i = 0; i < have.size(); ++i) persons.insert(static_cast<Person>(have.integer(i, 0)));
    const auto has = [&](std::size_t i, const auto& rows) {
        return rows.message[i] == draft.id && persons.contains(rows.user[i]);
    };
    for (std::size_t i = 0; i < want_.message.size(); ++i)
        if (has(i, want_)) want_.user[i] = 0;
    for (std::size_t i = 0; i < delivery_.message.size(); ++i)
        if (delivery_.message[i] == draft.id && persons.contains(delivery_.person[i]))
            delivery_.state[i] = static_cast<std::int16_t>(email2::DeliveryState::elsewhere);
    const std::vector<Person> who(persons.begin(), persons.end());
    const auto listed = session_.query(
        "select distinct person_id from entry where list_id = any($1::int8[]) and membership = 0 and person_id = any($2::int4[]) and person_id <> $3",
        draft.holders, who, draft.originator);
    for (std::size_t i = 0; i < listed.size(); ++i) {
        const auto person = static_cast<Person>(listed.integer(i, 0));
        excluded_.message.push_back(draft.id);
        excluded_.user.push_back(person);
        deliver(draft.id, person, email2::DeliveryState::elsewhere, nullptr, job);
    }
}

// A list of its own beside those that it inherits, for who is on it alone: the blind, and guests of a post. What
// answers it already follows.
void Group::hold_itself(Known& known)
{
    if (std::find(known.holders.begin(), known.holders.end(), known.id) != known.holders.end()) return;
    const auto below = heirs(session_, known.id);
    lock_lists(session_, below);
    session_.query(
        "with more as (insert into message_list(list_id, message_id) select $1, x from unnest($2::int8[]) x "
        "where not exists (select from message_list l where l.list_id = $1 and l.message_id = x) returning message_id) "
        "update message set more_lists = more_lists + 1 where id in (select message_id from more)",
        known.id, below);
    for (const auto id : below)
        if (const auto heir = known_.find(id); heir != known_.end()) heir->second.holders.push_back(known.id);
}

// How those who the mail came for now stand on its list already; left out: who was never on it.
std::map<Person, email2::Membership> Group::effective_on(Id message, const PublishJob& job)
{
    std::vector<Person> persons;
    for (const auto& recipient : job.message.recipients)
        if (const auto* who = person(recipient.address); who && recipient.in_envelope) persons.push_back(who->id);
    const auto rows = session_.query(
        "select p.id, " EFFECTIVE("m", "p.id") " from message m, unnest($2::int4[]) p(id) where m.id = $1", message,
        persons);
    std::map<Person, email2::Membership> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (!rows.null(i, 1))
            out.emplace(static_cast<Person>(rows.integer(i, 0)), static_cast<email2::Membership>(rows.integer(i, 1)));
    return out;
}

// The later recipients of a mail that is here already.
void Group::join(PublishJob& job, Known& known)
{
    if (known.state != 0) unsettled_.insert(unsettled_.end(), known.holders.begin(), known.holders.end());
    filed_.message.push_back(known.id);
    filed_.rendition.push_back(0);
    filed_.parent.push_back(known.parent);
    filed_.flags.push_back((held_at_root(known.holders) ? flags::list : 0) | (job.message.suspect ? flags::junk : 0));
    const auto standings = effective_on(known.id, job);
    std::vector<Person> arrived;
    for (const auto& recipient : job.message.recipients) {
        const auto* who = person(recipient.address);
        if (!recipient.in_envelope || who == nullptr) continue;
        const bool goes_out = job.message.submitted || recipient.passed_on;
        const auto found = standings.find(who->id);
        const bool stands = found != standings.end() || who->id == known.originator;
        if (who->id != known.originator && stands && found->second != email2::Membership::in) {  // left, or removed
            if (who->native() && found->second == email2::Membership::left) want(known.id, who->id, Want::trash);
            else if (who->native() || goes_out)
                deliver(known.id, who->id, email2::DeliveryState::withheld, &recipient, job);
            continue;
        }
        const bool blind = recipient.role == email2::Role::blind;
        if (known.list != known.id && !stands && (blind || held_at_root(known.holders))) {
            hold_itself(known);
            enter(known.id, who->id, static_cast<std::int16_t>(recipient.role));
            if (who->native() && !blind) joined_[known.id].insert(who->id);
        } else if (who->id != known.originator) {
            enter(known.list, who->id, static_cast<std::int16_t>(recipient.role));
            if (who->native() && !blind) joined_[known.list].insert(who->id);
        }
        if (who->native()) {
            arrived.push_back(who->id);
            want(known.id, who->id, Want::by_rule);
        } else if (goes_out) {
            deliver(known.id, who->id, email2::DeliveryState::pending, &recipient, job);
        }
    }
    session_.query("delete from delivery where message_id = $1 and person_id = any($2::int4[]) and state = 6", known.id,
        arrived);  // no longer `elsewhere`
    job.result = Published{known.id, 0, {known.guid, known.home}, true, 0};
}

}  // namespace gateway::store::publishing
