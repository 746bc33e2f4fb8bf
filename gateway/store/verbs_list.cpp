// verbs_list: to, leave, rejoin: what changes a message's To list. email2.md rules 3 and 4.
#include "gateway/store/fates.h"
#include "gateway/store/flags.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/relocate.h"
#include "gateway/store/store.h"

namespace gateway::store {

using email2::Code;
using email2::Error;

email2::By by_of(const Facts& facts, std::int32_t actor, std::int32_t person)
{
    if (actor == person) return email2::By::self;
    return facts.standing.holder_originator || facts.standing.list_owner ? email2::By::ruler : email2::By::member;
}

namespace {

email2::Listed listed_at(Session& session, std::int64_t list, std::int32_t person)
{
    const auto rows = session.query("select membership from entry where list_id = $1 and person_id = $2", list, person);
    if (rows.empty()) return email2::Listed::never;
    const auto membership = rows.integer(0, 0);
    return membership == 0 ? email2::Listed::in : membership == 1 ? email2::Listed::left : email2::Listed::removed;
}

std::string path_of(const char* element, std::size_t n) { return std::string("/change/") + element + "[" + std::to_string(n + 1) + "]/@address"; }

std::vector<Relocation> relocations_of(const Rows& rows)  // columns: user, mailbox, uid, target, home
{
    std::vector<Relocation> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto number = [&](int column) { return static_cast<std::int32_t>(rows.integer(i, column)); };
        out.push_back({.user = number(0), .mailbox = number(1), .uid = number(2), .target = number(3), .home = number(4)});
    }
    return out;
}

}  // namespace

email2::Result<void> PostgresStore::add_people(const Seen& seen, const email2::ListChange& change, Changes& changes)
{
    if (change.add.empty()) return {};
    if (auto may = email2::may_add(seen.facts.standing); !may) return tl::unexpected(may.error());
    auto recipients = recipients_of(change.add);
    if (!recipients) {
        auto error = recipients.error();
        if (error.path.starts_with("/message/to/entry")) error.path = "/change/add" + error.path.substr(17);
        return tl::unexpected(error);
    }
    std::vector<std::string> addresses, names;
    for (const auto& recipient : *recipients) {
        addresses.push_back(recipient.address);
        names.push_back(recipient.name);
    }
    const auto people = meet_people(session_, addresses, names);
    std::vector<std::int32_t> shown, told;
    for (std::size_t i = 0; i < recipients->size(); ++i) {
        const auto& who = people.at((*recipients)[i].address);
        const auto effect = email2::effect_of_adding(listed_at(session_, seen.facts.list, who.id), by_of(seen.facts, seen.person.id, who.id));
        if (!effect) {
            auto error = effect.error();
            error.path = path_of("add", i);
            return tl::unexpected(error);
        }
        if (*effect == email2::ListEffect::unchanged) continue;
        session_.query("insert into entry(list_id, person_id, role, changed_by) values ($1, $2, $3, $4) on conflict (list_id, person_id) do update "
                       "set membership = 0, changed_by = excluded.changed_by, at = now()",
                       seen.facts.list, who.id, static_cast<std::int16_t>((*recipients)[i].role), seen.person.id);
        changes.events.push_back({.message = seen.facts.list, .revision = seen.facts.revision, .actor = seen.person.id,
                                  .kind = email2::EventKind::to_changed, .person = who.id});
        if (who.native()) shown.push_back(who.id);
        else told.push_back(who.id);
    }
    if (!changes.events.empty()) settle_fates(session_, seen.facts.holders);
    if (!shown.empty()) {
        bring_back(session_, changes, shown, seen.facts.holders);  // of who was removed once
        show_thread(session_, changes, shown, seen.facts.holders, 0);
    }
    if (told.empty()) return {};
    number(session_, changes);
    for (const auto& event : changes.events)
        if (event.kind == email2::EventKind::to_changed && std::find(told.begin(), told.end(), event.person) != told.end())
            queue_mail(session_, changes, Mail::added, seen.facts.list, event.person, event.sequence, settings_.undo);
    return {};
}

email2::Result<void> PostgresStore::remove_people(const Seen& seen, const email2::ListChange& change, Changes& changes)
{
    if (change.remove.empty()) return {};
    std::vector<std::string> addresses;
    for (std::size_t i = 0; i < change.remove.size(); ++i) {
        const auto address = email2::normalise(change.remove[i], settings_.domains);
        if (!address) return tl::unexpected(Error{Code::invalid, "This is no address.", path_of("remove", i)});
        addresses.push_back(*address);
    }
    const auto people = find_people(session_, addresses);
    for (const auto& address : addresses) {
        const auto found = people.find(address);
        if (found == people.end()) continue;
        const auto& who = found->second;
        if (who.id == seen.person.id) {
            leave_lists(session_, changes, who.id, seen.facts.holders, std::nullopt);
            continue;
        }
        const auto where = email2::may_remove(seen.facts.standing);
        if (!where) return tl::unexpected(where.error());
        const auto list = *where == email2::Where::holder ? seen.facts.list : seen.facts.id;
        const auto before = listed_at(session_, seen.facts.list, who.id);
        if (email2::effect_of_removing(before, by_of(seen.facts, seen.person.id, who.id)) == email2::ListEffect::unchanged) continue;
        session_.query("insert into entry(list_id, person_id, membership, changed_by) values ($1, $2, 2, $3) on conflict (list_id, person_id) do update "
                       "set membership = 2, changed_by = excluded.changed_by, at = now()", list, who.id, seen.person.id);
        changes.events.push_back({.message = list, .revision = seen.facts.revision, .actor = seen.person.id, .kind = email2::EventKind::to_changed, .person = who.id});
        settle_fates(session_, *where == email2::Where::holder ? seen.facts.holders : std::vector<std::int64_t>{}, {seen.facts.id});
        if (*where == email2::Where::holder) {
            if (who.native()) unshow_thread(session_, changes, {who.id}, seen.facts.holders);
            else withhold(session_, who.id, seen.facts.holders);
        } else {
            relocate(session_, changes, relocations_of(session_.query(
                "select r.user_id, r.mailbox_id, r.uid, p.limbo, r.mailbox_id from ref r join person p on p.id = r.user_id "
                "where r.message_id = $1 and r.user_id = $2 and r.mailbox_id <> p.limbo order by r.mailbox_id, r.uid", seen.facts.id, who.id)));
            withhold_message(session_, who.id, seen.facts.id);
        }
    }
    return {};
}

// The message gets its own copy of the list, and so do the answers that inherit through it.
email2::Result<void> PostgresStore::detach(const Seen& seen, Changes& changes)
{
    if (auto may = email2::may_detach(seen.facts.standing); !may) return tl::unexpected(may.error());
    if (seen.facts.list == seen.facts.id) return {};
    session_.query("insert into entry(list_id, person_id, role, membership, changed_by) "
                   "select distinct on (person_id) $1, person_id, case when person_id = $3 then 3::int2 when role = 3 then 0::int2 else role end, membership, changed_by "
                   "from entry where list_id = any($2::int8[]) and role <> 2 order by person_id, membership on conflict (list_id, person_id) do nothing",
                   seen.facts.id, seen.facts.holders, seen.facts.originator);
    session_.query("with recursive d as (select $1::int8 id union select p.message_id from d join parent p on p.parent_id = d.id "
                   "join message c on c.id = p.message_id and c.list_id = $2) update message m set list_id = $1 from d where m.id = d.id and m.list_id = $2",
                   seen.facts.id, seen.facts.list);
    session_.query("delete from message_list where message_id = $1", seen.facts.id);
    session_.query("update message set more_lists = 0 where id = $1", seen.facts.id);
    settle_fates(session_, {seen.facts.id});
    changes.events.push_back({.message = seen.facts.id, .revision = seen.facts.revision, .actor = seen.person.id, .kind = email2::EventKind::to_changed});
    return {};
}

// The copy is given up again: the list is that of the first known parent.
email2::Result<void> PostgresStore::inherit(const Seen& seen, Changes& changes)
{
    if (auto may = email2::may_inherit(seen.facts.standing); !may) return tl::unexpected(may.error());
    if (seen.facts.list != seen.facts.id) return {};
    const auto parent = session_.query("select m.list_id from parent p join message m on m.id = p.parent_id where p.message_id = $1 and m.list_id <> $1 "
                                       "order by p.n limit 1", seen.facts.id);
    if (parent.empty()) return tl::unexpected(Error{Code::invalid, "The message has no parent whose list it could inherit.", "/change/inherit"});
    session_.query("select from message where id = $1 for no key update", parent.integer(0, 0));
    // Who is on one of the two lists only loses it, or gains it.
    const auto only_on = [&](std::int64_t list, std::int64_t other) {
        const auto rows = session_.query("select e.person_id from entry e where e.list_id = $1 and e.membership = 0 and e.role <> 2 and not exists "
                                         "(select from entry o where o.list_id = $2 and o.person_id = e.person_id and o.membership = 0 and o.role <> 2)", list, other);
        std::vector<std::int32_t> people;
        for (std::size_t i = 0; i < rows.size(); ++i) people.push_back(static_cast<std::int32_t>(rows.integer(i, 0)));
        return people;
    };
    const auto dropped = only_on(seen.facts.id, parent.integer(0, 0));
    unshow_thread(session_, changes, dropped, seen.facts.holders);
    for (const auto who : dropped) withhold(session_, who, seen.facts.holders);
    show_thread(session_, changes, only_on(parent.integer(0, 0), seen.facts.id), seen.facts.holders, 0);
    session_.query("update message set list_id = $2 where list_id = $1", seen.facts.id, parent.integer(0, 0));
    session_.query("delete from entry where list_id = $1", seen.facts.id);
    settle_fates(session_, {parent.integer(0, 0)});
    changes.events.push_back({.message = seen.facts.id, .revision = seen.facts.revision, .actor = seen.person.id, .kind = email2::EventKind::to_changed});
    return {};
}

email2::Result<email2::ToList> PostgresStore::change_list(const std::string& actor, const email2::Name& id, const email2::ListChange& change)
{
    auto seen = look(actor, id);
    if (!seen) return tl::unexpected(seen.error());
    Transaction transaction(session_);
    session_.query("select from message where id = any($1::int8[]) order by id for no key update", seen->facts.holders);
    seen = look(actor, id);  // as it is now that nobody else changes it
    if (!seen) return tl::unexpected(seen.error());
    Changes changes;
    const auto refresh = [&] { seen->facts = *facts_of(session_, seen->facts.id, seen->person.id); };
    email2::Result<void> done;
    if (change.detach) {
        done = detach(*seen, changes);
        refresh();
    }
    if (done && change.inherit) {
        done = inherit(*seen, changes);
        refresh();
    }
    if (done) done = add_people(*seen, change, changes);
    if (done) done = remove_people(*seen, change, changes);
    if (!done) return tl::unexpected(done.error());
    finish(session_, changes);
    transaction.commit();
    const auto facts = facts_of(session_, seen->facts.id, seen->person.id);
    return email2::ToList{facts->list != facts->id, list_of(session_, *facts, seen->person.id)};
}

email2::Result<void> PostgresStore::leave(const std::string& actor, const email2::Name& id, std::optional<bool> thread)
{
    const auto seen = look(actor, id);
    if (!seen) return tl::unexpected(seen.error());
    const auto reach = email2::may_leave(seen->facts.standing, thread);
    if (!reach) return tl::unexpected(reach.error());
    if (*reach == email2::Reach::draft) {
        delete_draft(*seen);
        return {};
    }
    Transaction transaction(session_);
    Changes changes;
    if (*reach == email2::Reach::thread) {
        leave_lists(session_, changes, seen->person.id, seen->facts.holders, std::nullopt);
    } else if (*reach == email2::Reach::message) {
        hide(session_, changes, seen->person.id, seen->facts.id);
        relocate(session_, changes, relocations_of(session_.query(
            "select r.user_id, r.mailbox_id, r.uid, p.trash, r.mailbox_id from ref r join person p on p.id = r.user_id where r.message_id = $1 and r.user_id = $2 "
            "and r.mailbox_id not in (p.trash, p.sent, p.drafts, p.limbo) order by r.mailbox_id, r.uid", seen->facts.id, seen->person.id)));
    }
    finish(session_, changes);
    transaction.commit();
    return {};
}

email2::Result<void> PostgresStore::rejoin(const std::string& actor, const email2::Name& id, std::optional<bool> thread)
{
    auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    const auto facts = facts_of(session_, id, who->id);  // whoever left may come back without being able to read it meanwhile
    if (!facts) return tl::unexpected(Error{Code::not_found, "There is no such message, or it is not shown to you.", ""});
    const auto reach = email2::may_rejoin(facts->standing, thread);
    if (!reach) return tl::unexpected(reach.error());
    Transaction transaction(session_);
    Changes changes;
    if (*reach == email2::Reach::thread) {
        rejoin_lists(session_, changes, who->id, facts->holders, 0);
    } else if (*reach == email2::Reach::message) {
        unhide(session_, changes, who->id, facts->id);
        relocate(session_, changes, relocations_of(session_.query(
            "select r.user_id, r.mailbox_id, r.uid, r.home, 0 from ref r join person p on p.id = r.user_id join mailbox b on b.id = r.home and b.user_id = p.id "
            "where r.message_id = $1 and r.user_id = $2 and r.mailbox_id in (p.trash, p.limbo) order by r.mailbox_id, r.uid", facts->id, who->id)));
        show_thread(session_, changes, {who->id}, facts->holders, 0);
    }
    finish(session_, changes);
    transaction.commit();
    return {};
}

void leave_outside(Session& session, Changes& changes, std::int32_t person, std::int64_t message)
{
    const auto facts = facts_of(session, message, person);
    if (!facts || facts->standing.held != email2::Listed::in) return;
    leave_lists(session, changes, person, facts->holders, std::nullopt);
    if (changes.events.empty()) return;  // they left meanwhile, by another click
    withhold(session, person, facts->holders);
    number(session, changes);
    queue_mail(session, changes, Mail::left, facts->list, person, changes.events.back().sequence, std::chrono::seconds(0));
}

bool rejoin_outside(Session& session, Changes& changes, std::int32_t person, std::int64_t message)
{
    const auto facts = facts_of(session, message, person);
    if (!facts || facts->standing.held != email2::Listed::left) return false;
    const auto since = session.query("select at from entry where list_id = $1 and person_id = $2", facts->list, person);
    rejoin_lists(session, changes, person, facts->holders, 0);
    if (since.empty() || changes.events.empty()) return false;  // they came back meanwhile
    number(session, changes);
    queue_mail(session, changes, Mail::rejoined, facts->list, person, changes.events.back().sequence, std::chrono::seconds(0), since.time(0, 0));
    return true;
}

}  // namespace gateway::store
