// verbs_list: to, leave, rejoin: what changes a message's To list. email2.md rules 3 and 4.
#include "email2/lists.h"
#include "gateway/store/effective.h"
#include "gateway/store/fates.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/holders.h"
#include "gateway/store/mailbox_transaction.h"
#include "gateway/store/relocate.h"
#include "gateway/store/store.h"

namespace gateway::store {

using email2::Code;
using email2::Error;

namespace {

std::string path_of(const char* element, std::size_t n)
{
    return std::string("/change/") + element + "[" + std::to_string(n + 1) + "]/@address";
}

email2::Listed listed(const Rows& rows, int column)
{
    if (rows.null(0, column)) return email2::Listed::never;
    const auto membership = rows.integer(0, column);
    return membership == 0 ? email2::Listed::in : membership == 1 ? email2::Listed::left : email2::Listed::removed;
}

// Who is blind where the list is held stands on no list that inherits from it, and may be added; but not who left it or
// was removed.
email2::Subject subject_of(Session& session, const Facts& facts, std::int32_t person)
{
    const auto rows = session.query(
        "select least(" HELD("m",
            "$2") ", (select b.membership from entry b where b.list_id = m.list_id and b.person_id = $2 and b.role = 2 "
                  "and b.membership <> 0)), case when m.list_id <> m.id then (select nullif(o.membership, 0) from entry o where o.list_id = m.id "
                  "and o.person_id = $2) end from message m where m.id = $1",
        facts.id, person);
    return {listed(rows, 0), listed(rows, 1)};
}

void put_on(Session& session, std::int64_t list, std::int32_t person, std::int16_t role, std::int32_t by)
{
    session.query(
        "insert into entry(list_id, person_id, role, changed_by) values ($1, $2, $3, $4) on conflict (list_id, person_id) do update "
        "set membership = 0, role = case when entry.role = 3 then 3::int2 else excluded.role end, changed_by = excluded.changed_by, at = now()",
        list, person, role, by);
}

void take_off(Session& session, std::int64_t list, std::int32_t person, std::int32_t by)
{
    session.query(
        "insert into entry(list_id, person_id, membership, changed_by) values ($1, $2, 2, $3) on conflict (list_id, person_id) do update "
        "set membership = 2, changed_by = excluded.changed_by, at = now()",
        list, person, by);
}

// These are locked after the message's own, which may have a larger id: change() tries again after a deadlock.
void lock_lists_of(Session& session, const std::vector<std::int64_t>& messages)
{
    const auto read = [&] {
        std::vector<std::int64_t> ids;
        const auto rows = session.query(
            "select list_id from message where id = any($1::int8[]) union select list_id from message_list where message_id = any($1::int8[]) "
            "order by 1",
            messages);
        for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(rows.integer(i, 0));
        return ids;
    };
    const auto lists = read();
    lock_lists(session, lists);
    if (read() != lists) throw DatabaseError("a list changed its place meanwhile", "40001");
}

// A message's parents that do not inherit through itself.
std::vector<std::int64_t> parents_outside(
    Session& session, std::int64_t message, const std::vector<std::int64_t>& heirs)
{
    const auto rows = session.query(
        "select p.parent_id from parent p join message m on m.id = p.parent_id where p.message_id = $1 and m.id <> all($2::int8[]) order by 1",
        message, heirs);
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(rows.integer(i, 0));
    return ids;
}

std::vector<std::int32_t> persons(const Rows& rows)
{
    std::vector<std::int32_t> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(static_cast<std::int32_t>(rows.integer(i, 0)));
    return out;
}

// Who was only named in headers, and is added by somebody who may read it, gets it here as well: those of `people`.
std::vector<std::int32_t> no_longer_elsewhere(
    Session& session, const std::vector<std::int32_t>& people, const Facts& facts)
{
    if (people.empty()) return {};
    return persons(session.query(
        "with gone as (delete from delivery where person_id = any($1::int4[]) and state = 6 and (message_id = $3 or message_id in "
        "(select id from message where list_id = $2 union select message_id from message_list where list_id = $2)) returning person_id) "
        "select distinct person_id from gone order by 1",
        people, facts.list, facts.id));
}

// Whether who is added there is so to a mailing list.
bool subscribes(const Facts& facts)
{
    return facts.root && facts.root->id == facts.list;
}

}  // namespace

// Lists longer than abuse.to_max; those of mailing lists have owners, who may.
email2::Result<void> PostgresStore::check_length(const Seen& seen, std::size_t added)
{
    if (settings_.list_max == 0 || seen.facts.root) return {};
    const auto rows = session_.query(
        "select (select count(*) from entry where list_id = $1 and membership = 0), (select own_lists from person where id = $2)",
        seen.facts.list, seen.person.id);
    return email2::may_address(
        static_cast<std::size_t>(rows.integer(0, 0)) + added, settings_.list_max, rows.boolean(0, 1));
}

email2::Result<void> PostgresStore::add_people(
    const Seen& seen, const email2::ListChange& change, Told& told, Changes& changes)
{
    if (change.add.empty()) return {};
    if (auto may = email2::may_add(seen.facts.standing); !may) return tl::unexpected(may.error());
    auto recipients = recipients_of(change.add);
    if (!recipients) {
        auto error = recipients.error();
        if (error.path.starts_with("/message/to/entry")) error.path = "/change/add" + error.path.substr(17);
        return tl::unexpected(error);
    }
    if (auto may = check_length(seen, recipients->size()); !may) return tl::unexpected(may.error());
    std::vector<std::string> addresses, names;
    for (const auto& recipient : *recipients) {
        addresses.push_back(recipient.address);
        names.push_back(recipient.name);
    }
    const auto people = meet_people(session_, addresses, names);
    std::vector<std::int32_t> shown, there;
    for (std::size_t i = 0; i < recipients->size(); ++i) {
        const auto& who = people.at((*recipients)[i].address);
        if (!told.named.insert(who.id).second) continue;
        if (who.id == seen.person.id) continue;  // who may add is on the list
        const auto subject = subject_of(session_, seen.facts, who.id);
        const auto adding = email2::adding(seen.facts.standing, subject);
        if (!adding) {
            auto error = adding.error();
            error.path = path_of("add", i);
            return tl::unexpected(error);
        }
        if (*adding == email2::Adding{}) {
            const bool in = email2::effective(subject.held, subject.here) == email2::Listed::in;
            if (who.native() && in) there.push_back(who.id);
            continue;
        }
        if (adding->join || adding->readmit)  // a mark that they hid it once means nothing to who joins anew
            session_.query("delete from entry where list_id = $1 and person_id = $2 and $1 <> $3", seen.facts.id,
                who.id, seen.facts.list);
        if (adding->join)
            put_on(session_, seen.facts.list, who.id, static_cast<std::int16_t>((*recipients)[i].role), seen.person.id);
        changes.events.push_back({.message = adding->join ? seen.facts.list : seen.facts.id,
            .revision = seen.facts.revision,
            .actor = seen.person.id,
            .kind = email2::EventKind::to_changed,
            .person = who.id});
        const auto event = changes.events.size() - 1;
        if (who.native()) shown.push_back(who.id);
        else if (seen.facts.kind == 0) told.added.push_back(event);
        if (!told.joined) told.joined = event;
    }
    for (const auto person : no_longer_elsewhere(session_, there, seen.facts)) shown.push_back(person);
    if (!changes.events.empty()) settle_fates(session_, seen.facts.holders, {seen.facts.id});
    if (!shown.empty() && !seen.facts.standing.list_root) {
        // Whom an owner subscribes gets what is posted from now on, and the post at which it was done.
        auto messages = subscribes(seen.facts) ? std::vector{seen.facts.id} : reached(session_, {seen.facts.list});
        if (seen.facts.kind == 0 && std::find(messages.begin(), messages.end(), seen.facts.id) == messages.end())
            messages.push_back(seen.facts.id);
        give_back(session_, changes, shown, messages, Back::taken);
    }
    return {};
}

// Those who are there already hear who joined, people outside get the thread so far, or that they were removed.
void PostgresStore::tell(const Seen& seen, const Told& told, Changes& changes)
{
    const bool notice = settings_.joined && seen.facts.kind == 0 && told.joined;
    if (!notice && told.added.empty() && told.removed.empty()) return;
    number(session_, changes);
    if (notice)
        queue_joined(session_, changes, seen.facts.list, seen.person.id, changes.events[*told.joined].sequence,
            settings_.settle);
    for (const auto at : told.added) {
        const auto event = changes.events[at];
        if (subscribes(seen.facts)) tell_subscribed(session_, changes, event.person, *seen.facts.root);
        else queue_mail(session_, changes, Mail::added, seen.facts.list, event.person, event.sequence, settings_.undo);
    }
    for (const auto& [at, list] : told.removed)
        queue_removed(session_, changes, list, changes.events[at].person, changes.events[at].sequence);
}

email2::Result<void> PostgresStore::remove_people(
    const Seen& seen, const email2::ListChange& change, Told& told, Changes& changes)
{
    std::vector<std::string> addresses;
    for (std::size_t i = 0; i < change.remove.size(); ++i) {
        const auto address = email2::normalise(change.remove[i], settings_.domains);
        if (!address) return tl::unexpected(Error{Code::invalid, "This is no address.", path_of("remove", i)});
        addresses.push_back(*address);
    }
    const auto people = find_people(session_, addresses);
    std::set<std::int32_t> done;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const auto found = people.find(addresses[i]);
        if (found == people.end() || !done.insert(found->second.id).second) continue;
        const auto& who = found->second;
        if (told.named.contains(who.id))
            return tl::unexpected(Error{Code::invalid, "The same person is added and removed.", path_of("remove", i)});
        if (who.id == seen.person.id) {
            if (seen.facts.kind != 0)
                return tl::unexpected(Error{Code::invalid, "A draft is its originator's.", path_of("remove", i)});
            leave_lists(session_, changes, who.id, standing_at(session_, who.id, seen.facts.id, seen.facts.holders, 0),
                std::nullopt);
            continue;
        }
        const auto removing = email2::removing(seen.facts.standing, subject_of(session_, seen.facts, who.id));
        if (!removing) {
            auto error = removing.error();
            error.path = path_of("remove", i);
            return tl::unexpected(error);
        }
        if (*removing != email2::Removing::nothing) remove_person(seen, who, *removing, told, changes);
    }
    return {};
}

void PostgresStore::remove_person(
    const Seen& seen, const PersonRow& who, email2::Removing where, Told& told, Changes& changes)
{
    const bool here = where == email2::Removing::here;
    std::vector<std::int64_t> lists{seen.facts.id};
    if (!here) {
        lists = standing_at(session_, who.id, seen.facts.id, seen.facts.holders, 0);
        const auto left = standing_at(session_, who.id, seen.facts.id, seen.facts.holders, 1);
        lists.insert(lists.end(), left.begin(), left.end());
    }
    for (const auto list : lists) {
        take_off(session_, list, who.id, seen.person.id);
        changes.events.push_back({.message = list,
            .revision = seen.facts.revision,
            .actor = seen.person.id,
            .kind = email2::EventKind::to_changed,
            .person = who.id});
    }
    settle_fates(session_, lists, {seen.facts.id});
    if (who.native()) take_away(session_, changes, {who.id}, here ? lists : reached(session_, lists));
    else if (here) withhold_message(session_, who.id, seen.facts.id);
    else withhold(session_, who.id, lists);
    if (here || who.native() || !settings_.tell_removed || lists.empty()) return;
    told.removed.emplace_back(changes.events.size() - 1, lists.front());
}

// The message gets its own copy of the list, and so do the answers that inherit through it. Whoever was excluded from
// the message is removed from the copy; whoever had only hidden the message is on it, for its answers shall still come:
// theirs stays in Trash.
email2::Result<void> PostgresStore::detach(const Seen& seen, Changes& changes)
{
    if (auto may = email2::may_detach(seen.facts.standing); !may) return tl::unexpected(may.error());
    if (seen.facts.list == seen.facts.id) return {};
    const auto all = heirs(session_, seen.facts.id);
    session_.query("delete from entry where list_id = $1 and membership <> 2 and $1 <> all($2::int8[])", seen.facts.id,
        seen.facts.holders);
    session_.query(
        "insert into entry(list_id, person_id, role, membership, changed_by) "
        "select distinct on (person_id) $1, person_id, case when person_id = $3 then 3::int2 when role = 3 then 0::int2 else role end, membership, changed_by "
        "from entry where list_id = any($2::int8[]) and role <> 2 order by person_id, membership, entry.role on conflict (list_id, person_id) do nothing",
        seen.facts.id, seen.facts.holders, seen.facts.originator);
    write_holders(session_, all, true);
    settle_fates(session_, {}, all);
    const auto excluded =
        persons(session_.query("select person_id from entry where list_id = $1 and membership = 2", seen.facts.id));
    take_away(session_, changes, excluded, all);
    withhold_from(session_, excluded, all);
    changes.events.push_back({.message = seen.facts.id,
        .revision = seen.facts.revision,
        .actor = seen.person.id,
        .kind = email2::EventKind::to_changed});
    return {};
}

// The copy is given up again: the list is that of the parents on whose lists the actor stands; what does not inherit
// from this very message, that is. Who is on one of the lists only loses the messages, or gains them; who had left the
// copy has hidden the message.
email2::Result<void> PostgresStore::inherit(const Seen& seen, Changes& changes)
{
    if (auto may = email2::may_inherit(seen.facts.standing); !may) return tl::unexpected(may.error());
    if (seen.facts.list != seen.facts.id) return {};
    const auto all = heirs(session_, seen.facts.id);
    lock_lists_of(session_, parents_outside(session_, seen.facts.id,
                                all));  // who leaves one of them meanwhile is seen to have left, or waits
    const auto parents =
        session_.query("update parent t set inherited = x.counts from (select p.message_id, p.n, "
                       "coalesce(m.kind = 0 and m.id <> all($3::int8[]) and " HELD("m",
                           "$2") " = 0 and not exists (select from entry b where b.list_id = m.id "
                                 "and b.person_id = $2 and b.role = 2), false) counts "
                                 "from parent p left join message m on m.id = p.parent_id where p.message_id = $1) x "
                                 "where t.message_id = x.message_id and t.n = x.n returning t.inherited, t.parent_id",
            seen.facts.id, seen.person.id, all);
    std::vector<std::int64_t> from;
    for (std::size_t i = 0; i < parents.size(); ++i)
        if (parents.boolean(i, 0)) from.push_back(parents.integer(i, 1));
    if (from.empty())
        return tl::unexpected(
            Error{Code::invalid, "The message has no parent whose list you are on.", "/change/inherit"});
    const auto before = persons(session_.query("select person_id from entry where list_id = $1", seen.facts.id));
    const auto were_in = persons(session_.query(
        "select person_id from entry where list_id = $1 and membership = 0 and role <> 2", seen.facts.id));
    session_.query("delete from entry where list_id = $1 and membership <> 1", seen.facts.id);
    write_holders(session_, all, false);
    settle_fates(session_, {}, all);
    take_away(session_, changes, before, all);
    const auto gained = persons(session_.query(
        "select distinct e.person_id from (select list_id l from message where id = $1 union select list_id from message_list where message_id = $1) h "
        "join entry e on e.list_id = h.l and e.membership = 0 and e.role <> 2 where e.person_id <> all($2::int4[]) order by 1",
        seen.facts.id, were_in));
    give_back(session_, changes, gained, all, Back::taken);
    withhold_from(session_, before, all);
    changes.events.push_back({.message = seen.facts.id,
        .revision = seen.facts.revision,
        .actor = seen.person.id,
        .kind = email2::EventKind::to_changed});
    return {};
}

// In this order, whatever the document's: detach or inherit, add, remove. All of it or nothing.
email2::Result<email2::ToList> PostgresStore::change_list(
    const std::string& actor, const email2::Name& id, const email2::ListChange& change)
{
    if (change.detach && change.inherit)
        return tl::unexpected(Error{Code::invalid, "A list is detached or inherited.", "/change/inherit"});
    return in_one_step([&](Changes& changes) -> email2::Result<email2::ToList> {
        auto seen = locked(actor, id);
        if (!seen) return tl::unexpected(seen.error());
        if (auto may = email2::may_read(seen->facts.standing); !may) return tl::unexpected(may.error());
        const auto refresh = [&] { seen->facts = *facts_of(session_, seen->facts.id, seen->person.id); };
        if (change.detach || change.inherit) {
            if (auto done = change.detach ? detach(*seen, changes) : inherit(*seen, changes); !done)
                return tl::unexpected(done.error());
            refresh();
        }
        Told told;
        if (auto added = add_people(*seen, change, told, changes); !added) return tl::unexpected(added.error());
        if (auto removed = remove_people(*seen, change, told, changes); !removed)
            return tl::unexpected(removed.error());
        tell(*seen, told, changes);
        refresh();
        return email2::ToList{seen->facts.list != seen->facts.id, list_of(session_, seen->facts, seen->person.id)};
    });
}

email2::Result<void> PostgresStore::leave(const std::string& actor, const email2::Name& id, std::optional<bool> thread)
{
    return in_one_step([&](Changes& changes) -> email2::Result<void> {
        const auto seen = locked(actor, id);
        if (!seen) return tl::unexpected(seen.error());
        const auto reach = email2::may_leave(seen->facts.standing, thread);
        if (!reach) return tl::unexpected(reach.error());
        const auto& facts = seen->facts;
        const auto who = seen->person.id;
        if (*reach == email2::Reach::draft) {
            delete_draft(*seen, changes);
        } else if (*reach == email2::Reach::thread) {
            leave_lists(session_, changes, who, standing_at(session_, who, facts.id, facts.holders, 0), std::nullopt);
        } else if (*reach == email2::Reach::message && !facts.standing.holds_list) {
            hide(session_, changes, who, facts.id);
            take_away(session_, changes, {who}, {facts.id});
        } else if (*reach == email2::Reach::message) {
            // Leaving only the message that holds the list: it goes to Trash, and the list, on which its answers come,
            // stays.
            relocate(session_, changes,
                relocations_of(session_.query(
                    "select r.user_id, r.mailbox_id, r.uid, p.trash, r.mailbox_id from ref r join person p on p.id = r.user_id where r.message_id = $1 and r.user_id = $2 "
                    "and r.mailbox_id not in (p.trash, p.sent, p.drafts, p.limbo) order by r.mailbox_id, r.uid",
                    facts.id, who)));
        }
        return {};
    });
}

email2::Result<void> PostgresStore::rejoin(const std::string& actor, const email2::Name& id, std::optional<bool> thread)
{
    return in_one_step([&](Changes& changes) -> email2::Result<void> {
        const auto seen = locked(actor, id);  // whoever left may come back without being able to read it meanwhile
        if (!seen) return tl::unexpected(seen.error());
        const auto reach = email2::may_rejoin(seen->facts.standing, thread);
        if (!reach) return tl::unexpected(reach.error());
        const auto& facts = seen->facts;
        const auto who = seen->person.id;
        if (*reach == email2::Reach::thread && facts.standing.list_root) {
            subscribe(session_, changes, who, *facts.root);
        } else if (*reach == email2::Reach::thread) {
            auto lists = standing_at(session_, who, facts.id, facts.holders, 1);
            const auto never_left =
                standing_at(session_, who, facts.id, facts.holders, 0);  // what was hidden there comes back as well
            lists.insert(lists.end(), never_left.begin(), never_left.end());
            rejoin_lists(session_, changes, who, lists);
        } else if (*reach == email2::Reach::message) {
            unhide(session_, changes, who, facts.id);
            give_back(session_, changes, {who}, {facts.id}, Back::everything);
        }
        return {};
    });
}

void leave_outside(Session& session, Changes& changes, std::int32_t person, std::int64_t message)
{
    const auto facts = facts_of(session, message, person);
    if (!facts || facts->standing.held != email2::Listed::in) return;
    const auto about = comes_by(session, person, facts->id, facts->holders, 0);
    leave_lists(session, changes, person, standing_at(session, person, facts->id, facts->holders, 0), std::nullopt);
    if (changes.events.empty()) return;  // they left meanwhile, by another click
    // A confirmation counts once: one that was kept must not subscribe them again.
    session.query("delete from token where message_id = any($1::int8[]) and person_id = $2 and action = $3",
        facts->holders, person, static_cast<std::int16_t>(TokenAction::subscribe));
    withhold(session, person, facts->holders);
    number(session, changes);
    queue_mail(session, changes, Mail::left, about, person, changes.events.back().sequence, std::chrono::seconds(0));
}

bool rejoin_outside(Session& session, Changes& changes, std::int32_t person, std::int64_t message)
{
    const auto facts = facts_of(session, message, person);
    if (facts && facts->standing.list_root && facts->standing.held == email2::Listed::left)
        return subscribe(session, changes, person, *facts->root) == Subscribed::rejoined;
    if (!facts || facts->standing.held != email2::Listed::left) return false;
    const auto about = comes_by(session, person, facts->id, facts->holders, 1);
    const auto lists = standing_at(session, person, facts->id, facts->holders, 1);
    const auto since =
        session.query("select min(at) from entry where list_id = any($1::int8[]) and person_id = $2 and membership = 1",
            lists, person);
    rejoin_lists(session, changes, person, lists);
    if (since.null(0, 0) || changes.events.empty()) return false;  // they came back meanwhile
    number(session, changes);
    queue_mail(session, changes, Mail::rejoined, about, person, changes.events.back().sequence, std::chrono::seconds(0),
        since.time(0, 0));
    return true;
}

}  // namespace gateway::store
