// publish_look_up: what the database knows of the people, the parents and the lists that a group of mails names.
#include "gateway/mapping/address_forms.h"
#include "gateway/store/publish_group.h"

#include <algorithm>

namespace gateway::store::publishing {

const PersonRow* Group::person(const std::string& address) const
{
    const auto found = people_.find(address);
    return found == people_.end() ? nullptr : &found->second;
}

const Membership* Group::membership(Id list, Person person) const
{
    const auto found = entries_.find({list, person});
    return found == entries_.end() ? nullptr : &found->second;
}

// How a person stands on a known message's effective list: in at any holder, else what they were.
std::optional<email2::Membership> Group::standing(const Known& known, Person person, Blind blind) const
{
    std::optional<email2::Membership> best;
    for (const auto holder : known.holders) {
        const auto* entry = membership(holder, person);
        if (entry && entry->role == role_blind && blind == Blind::is_nobody) continue;
        if (entry && (!best || entry->membership == email2::Membership::in)) best = entry->membership;
    }
    return best;
}

// Whom the door took for an account here: addresses that stand for nobody else. The author may call themselves as they
// like.
bool Group::lives_here(const NewMessage& message, const Recipient& recipient) const
{
    if (message.kind != Kind::message || !recipient.in_envelope || recipient.address == message.originator)
        return false;
    const auto& ours = settings_.domains;
    if (std::find(ours.begin(), ours.end(), email2::domain_of(recipient.address)) == ours.end()) return false;
    return std::holds_alternative<mapping::ToPerson>(mapping::meaning_of(recipient.address));
}

// `first`: what else the first round trip takes along.
void Group::look_up(Session::Pipeline& first)
{
    std::vector<std::string> addresses, names;
    std::vector<std::int64_t> hashes;
    std::vector<Uuid> guids;
    std::vector<std::string> keys;
    std::set<std::string> residents;
    // Clients make Message-IDs that look like our names ("UUID@domain"): any id may be a name of ours or a mail's own.
    const auto name_id = [&](const std::string& id) {
        if (const auto own = mapping::own_message_id(id)) guids.push_back(parse_uuid(own->guid));
        hashes.push_back(message_id_hash(id));
    };
    for (const auto* job : jobs_) {
        const auto& m = job->message;
        addresses.push_back(m.originator);
        names.push_back(m.originator_name);
        for (const auto& recipient : m.recipients) {
            addresses.push_back(recipient.address);
            names.push_back(recipient.name);
            if (lives_here(m, recipient)) residents.insert(recipient.address);
        }
        for (const auto& address : m.shown) {
            addresses.push_back(address);
            names.emplace_back();
        }
        for (std::size_t i = 0; i < std::min(m.parents.size(), most_parents); ++i) name_id(m.parents[i]);
        for (const auto& id : m.message_addresses) name_id(id);
        for (const auto& id : m.lists) name_id(id);
        if (!m.message_id.empty()) name_id(m.message_id);
        guids.push_back(parse_uuid(m.guid));
        if (!m.idempotency_key.empty()) keys.push_back(m.idempotency_key);
    }
    const auto at = first.add("select hash, message_id from msgid where hash = any($1::int8[])", hashes);
    first.add("select id, guid from message where guid = any($1::uuid[])", guids);
    // What is kept for a parent stays as long as something answers it: held, for this group may be the first that does
    // so again.
    first.add("select hash, id, guid from missing where hash = any($1::int8[]) order by hash for key share", hashes);
    first.add(
        "select actor, key, message_id, coalesce(digest, '\\x'::bytea) from idempotency where key = any($1::text[])",
        keys);
    first.add("select id, name from domain");
    const auto all = first.run();
    const std::vector<Rows> rows(all.begin() + static_cast<std::ptrdiff_t>(at), all.end());
    people_ = meet_people(session_, addresses, names, residents);
    for (std::size_t i = 0; i < rows[0].size(); ++i) by_hash_[rows[0].integer(i, 0)].push_back(rows[0].integer(i, 1));
    for (std::size_t i = 0; i < rows[1].size(); ++i) by_guid_[to_string(rows[1].uuid(i, 1))] = rows[1].integer(i, 0);
    for (std::size_t i = 0; i < rows[2].size(); ++i)
        missing_[rows[2].integer(i, 0)] = {rows[2].integer(i, 1), to_string(rows[2].uuid(i, 2))};
    for (std::size_t i = 0; i < rows[3].size(); ++i)
        idempotent_[{static_cast<Person>(rows[3].integer(i, 0)), rows[3].text(i, 1)}] = {
            rows[3].integer(i, 2), rows[3].text(i, 3)};
    for (std::size_t i = 0; i < rows[4].size(); ++i)
        homes_[rows[4].text(i, 1)] = static_cast<std::int16_t>(rows[4].integer(i, 0));
    for (const auto& domain :
        settings_.domains)  // looked for first: an insert that meets a conflict would still use up a number
        if (!homes_.contains(domain))
            homes_[domain] = static_cast<std::int16_t>(session_
                    .query("insert into domain(name) values ($1) on conflict (name) do update set name = excluded.name "
                           "returning id",
                        domain)
                    .integer(0, 0));
}

void Group::look_up_messages()
{
    std::vector<Id> ids;
    for (const auto& [hash, messages] : by_hash_) ids.insert(ids.end(), messages.begin(), messages.end());
    for (const auto& [guid, id] : by_guid_) ids.push_back(id);
    for (const auto& [key, first] : idempotent_) ids.push_back(first.message);
    if (ids.empty()) return;
    Session::Pipeline pipeline(session_);
    pipeline.add(
        "select m.id, m.thread_id, m.list_id, m.originator, m.state, m.kind, m.created, m.guid, d.name, m.parent_id from message m join domain d on d.id = m.home "
        "where m.id = any($1::int8[])",
        ids);
    pipeline.add(
        "select message_id, list_id from message_list where message_id = any($1::int8[]) order by list_id", ids);
    pipeline.add(
        "select message_id, shown from rendition where message_id = any($1::int8[]) and owner = 0 and shown is not null",
        ids);
    pipeline.add(
        "select message_id, sha256 from revision where message_id = any($1::int8[]) and number = 1 and sha256 is not null",
        ids);
    const auto rows = pipeline.run();
    for (std::size_t i = 0; i < rows[0].size(); ++i) {
        Known k;
        k.id = rows[0].integer(i, 0);
        k.thread = rows[0].integer(i, 1);
        k.list = rows[0].integer(i, 2);
        k.holders = {k.list};
        k.originator = static_cast<Person>(rows[0].integer(i, 3));
        k.state = static_cast<int>(rows[0].integer(i, 4));
        k.kind = static_cast<Kind>(rows[0].integer(i, 5));
        k.created = rows[0].time(i, 6);
        k.guid = to_string(rows[0].uuid(i, 7));
        k.home = rows[0].text(i, 8);
        k.parent = rows[0].integer(i, 9);
        known_.emplace(k.id, std::move(k));
    }
    const auto with = [&](std::size_t result, std::size_t row) -> Known* {
        const auto found = known_.find(rows[result].integer(row, 0));
        return found == known_.end() ? nullptr : &found->second;
    };
    for (std::size_t i = 0; i < rows[1].size(); ++i)
        if (auto* k = with(1, i)) k->holders.push_back(rows[1].integer(i, 1));
    for (std::size_t i = 0; i < rows[2].size(); ++i)
        if (auto* k = with(2, i)) {
            const auto shown = rows[2].integers(i, 1);
            k->shown.emplace_back(shown.begin(), shown.end());
        }
    for (std::size_t i = 0; i < rows[3].size(); ++i)
        if (auto* k = with(3, i)) k->sha = rows[3].text(i, 1);
}

// The lists are held still to the commit, so that nobody who joins meanwhile misses a message (store.md 2).
void Group::look_up_lists()
{
    if (known_.empty()) return;
    std::set<Id> lists;
    std::set<Person> persons;
    for (const auto& [id, known] : known_) {
        lists.insert(known.holders.begin(), known.holders.end());
        for (const auto& shown : known.shown) persons.insert(shown.begin(), shown.end());
    }
    for (const auto& [address, row] : people_) persons.insert(row.id);
    const std::vector<Id> list(lists.begin(), lists.end());
    const std::vector<Person> person(persons.begin(), persons.end());
    Session::Pipeline pipeline(session_);
    pipeline.add("select from message where id = any($1::int8[]) order by id for share", list);
    // "is true" keeps the people a set that is hashed once: as an array, each of a list's people is compared with each
    // of them.
    pipeline.add("select list_id, person_id, role, membership from entry where list_id = any($1::int8[]) "
                 "and (person_id in (select unnest($2::int4[]))) is true",
        list, person);
    std::vector<Id> ids;
    for (const auto& [id, known] : known_) ids.push_back(id);
    pipeline.add(
        "select id, list_id, 0::int8, state from message where id = any($1::int8[]) union all "
        "select message_id, list_id, list_id, null from message_list where message_id = any($1::int8[]) order by 1, 3",
        ids);
    pipeline.add(
        "select l.message_id, l.posting, array(select o.person_id from list_owner o where o.message_id = l.message_id and o.person_id = any($2::int4[])) "
        "from list_root l where l.message_id = any($1::int8[])",
        list, person);
    const auto rows = pipeline.run();
    for (std::size_t i = 0; i < rows[3].size(); ++i) {
        const auto root = rows[3].integer(i, 0);
        roots_.emplace(root, static_cast<email2::Posting>(rows[3].integer(i, 1)));
        for (const auto owner : rows[3].integers(i, 2)) owners_.emplace(root, static_cast<Person>(owner));
    }
    std::map<Id, std::vector<Id>> holders;
    for (std::size_t i = 0; i < rows[2].size(); ++i) {
        holders[rows[2].integer(i, 0)].push_back(rows[2].integer(i, 1));
        if (!rows[2].null(i, 3)) known_.at(rows[2].integer(i, 0)).state = static_cast<int>(rows[2].integer(i, 3));
    }
    for (const auto& [id, now] : holders)
        if (known_.at(id).holders != now) throw DatabaseError("a list was detached or given up meanwhile", "40001");
    for (std::size_t i = 0; i < rows[1].size(); ++i)
        entries_[{rows[1].integer(i, 0), static_cast<Person>(rows[1].integer(i, 1))}] = {
            static_cast<std::int16_t>(rows[1].integer(i, 2)), static_cast<email2::Membership>(rows[1].integer(i, 3))};
}

}  // namespace gateway::store::publishing
