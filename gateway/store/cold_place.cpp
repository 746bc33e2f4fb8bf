// cold_place: see the header.
#include "gateway/store/cold_place.h"

#include "email2/guid.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/hash.h"

#include <algorithm>

namespace gateway::store::cold {

bool Place::collect(const std::string& table, const Row& row, std::string_view json)
{
    if (table == "message") {
        message_ = row;
        json_ = json;
        return true;
    }
    auto* rows = table == "entry"          ? &entries_
                 : table == "parent"       ? &parent_rows_
                 : table == "message_list" ? &lists_
                                           : nullptr;
    if (rows != nullptr) rows->push_back(row);
    return rows != nullptr;
}

// The one that was kept for it, if answers came first.
void Place::take_id(Care& care, const FileNames& names)
{
    const auto message_id = is_null(message_, "mid") ? names.name.str() : word(message_, "mid");
    awaited_ = message_id_hash(message_id);
    const auto kept =
        number(message_, "kind") == 0
            ? care.session.query(
                  "delete from missing x where hash = $1 and not exists (select from message m where m.id = x.id) returning id",
                  awaited_)
            : Rows();
    first_known_ = number(message_, "kind") == 0 && !kept.empty();
    id = first_known_ ? kept.integer(0, 0) : care.ids.next(care.session);
}

std::optional<Place::Parent> Place::find(
    Session& session, const std::string& message_id, const email2::Name* name) const
{
    const auto known = name != nullptr ? std::optional(*name) : mapping::own_message_id(message_id);
    if (known) {
        const auto rows = session.query(
            "select m.id, m.thread_id from message m join domain d on d.id = m.home where m.guid = $1 and d.name = $2 and m.kind = 0",
            parse_uuid(known->guid), known->server);
        if (!rows.empty()) return Parent{rows.integer(0, 0), rows.integer(0, 1), true, false, {}};
    }
    const auto rows = session.query(
        "select m.id, m.thread_id from msgid i join message m on m.id = i.message_id and m.kind = 0 where i.hash = $1 order by m.id limit 1",
        message_id_hash(message_id));
    if (rows.empty()) return std::nullopt;
    return Parent{rows.integer(0, 0), rows.integer(0, 1), true, false, {}};
}

std::int64_t Place::reserve(Care& care, const std::string& message_id, const email2::Name* name)
{
    const auto hash = message_id_hash(message_id);
    reserved_.push_back(hash);
    const auto kept = care.session.query("select id from missing where hash = $1 for key share", hash);
    if (!kept.empty()) return kept.integer(0, 0);
    const auto fresh = care.ids.next(care.session);
    const bool named =
        name != nullptr && care.session.query("select from message where guid = $1", parse_uuid(name->guid)).empty();
    const auto guid =
        named ? name->guid
              : email2::make_guid(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    care.session.query("insert into missing(hash, id, guid) values ($1, $2, $3)", hash, fresh, parse_uuid(guid));
    return fresh;
}

void Place::find_parents(Care& care, const FileNames& names)
{
    std::sort(parent_rows_.begin(), parent_rows_.end(),
        [](const Row& a, const Row& b) { return number(a, "n") < number(b, "n"); });
    for (const auto& row : parent_rows_) {
        const auto named = names.messages.find(number(row, "parent_id"));
        const auto* name = named == names.messages.end() ? nullptr : &named->second.name;
        if (name == nullptr && is_null(row, "mid")) throw std::runtime_error("is damaged: a parent has no name");
        const auto message_id = name != nullptr ? named->second.message_id() : word(row, "mid");
        auto parent = find(care.session, message_id, name).value_or(Parent{});
        if (parent.here) {
            const auto* inherited = row.if_contains("inherited");
            parent.inherited = inherited != nullptr && inherited->is_bool() && inherited->get_bool();
        } else {
            parent.id = reserve(care, message_id, name);
            parent.mid = message_id;
        }
        parents_.push_back(std::move(parent));
    }
}

// Inherited as it was, where everything that it was inherited from is here; else its own.
void Place::find_holders(Session& session)
{
    const auto self = number(message_, "id");
    const bool guests =
        std::any_of(lists_.begin(), lists_.end(), [&](const Row& row) { return number(row, "list_id") == self; });
    std::vector<std::int64_t> from;
    bool all = number(message_, "list_id") != self;
    for (std::size_t i = 0; i < parents_.size(); ++i) {
        const auto* inherited = parent_rows_[i].if_contains("inherited");
        if (inherited == nullptr || !inherited->is_bool() || !inherited->get_bool()) continue;
        all = all && parents_[i].here;
        from.push_back(parents_[i].id);
    }
    if (all && !from.empty()) {
        const auto rows = session.query(
            "select list_id from message where id = any($1::int8[]) union select list_id from message_list where message_id = any($1::int8[]) order by 1",
            from);
        for (std::size_t i = 0; i < rows.size(); ++i) holders_.push_back(rows.integer(i, 0));
        session.query("select from message where id = any($1::int8[]) order by id for share", holders_);
        if (guests) holders_.push_back(id);
        return;
    }
    for (auto& parent : parents_) parent.inherited = false;
    holders_ = {id};
}

void Place::write_parents(Session& session) const
{
    std::vector<std::int64_t> parent;
    std::vector<std::int16_t> n;
    std::vector<std::optional<std::string>> mid;
    std::vector<bool> inherited;
    for (const auto& one : parents_) {
        n.push_back(static_cast<std::int16_t>(parent.size()));
        parent.push_back(one.id);
        mid.push_back(one.mid);
        inherited.push_back(one.inherited);
    }
    if (!parent.empty())
        session.query(
            "insert into parent(message_id, n, parent_id, mid, inherited) select $1, * from unnest($2::int2[], $3::int8[], $4::text[], $5::bool[])",
            id, n, parent, mid, inherited);
    std::vector<std::int64_t> more(holders_.begin() + 1, holders_.end());
    if (!more.empty())
        session.query("insert into message_list(list_id, message_id) select x, $1 from unnest($2::int8[]) x", id, more);
}

// Two of the file may be one person here: whoever is on it under any name is. A copy of an inherited list has removed
// those whom the message excluded; who had only hidden it is on it, as when a list is detached.
void Place::write_entries(Session& session, const FileNames& names) const
{
    const auto self = number(message_, "id");
    const bool copies = holders_.front() == id && number(message_, "list_id") != self;
    struct Entry {
        std::int16_t role = 0, membership = 0;
        std::int32_t by = 0;
        std::string at;
    };
    std::map<std::int32_t, Entry> entries;
    const auto add = [&](const Row& row) {
        Entry entry{static_cast<std::int16_t>(number(row, "role")),
            static_cast<std::int16_t>(number(row, "membership")), names.person(row, "changed_by"), word(row, "at")};
        const auto [place, fresh] = entries.try_emplace(names.person(row, "person_id"), entry);
        if (!fresh && entry.membership < place->second.membership) place->second = entry;
    };
    if (copies) {
        for (const auto& row : names.list) add(row);
        for (const auto& row : entries_)
            if (number(row, "membership") == 2)
                entries[names.person(row, "person_id")] = {0, 2, names.person(row, "changed_by"), word(row, "at")};
    } else {
        for (const auto& row : entries_) add(row);
    }
    std::vector<std::int32_t> person, by;
    std::vector<std::int16_t> role, membership;
    std::vector<std::string> at;
    for (const auto& [who, entry] : entries) {
        person.push_back(who);
        by.push_back(entry.by);
        role.push_back(entry.role);
        membership.push_back(entry.membership);
        at.push_back(entry.at);
    }
    session.query(
        "insert into entry(list_id, person_id, role, membership, changed_by, at) select $1, p, r, m, b, t::timestamptz "
        "from unnest($2::int4[], $3::int2[], $4::int2[], $5::int4[], $6::text[]) x(p, r, m, b, t)",
        id, person, role, membership, by, at);
}

void Place::make(Care& care, const FileNames& names, const std::vector<std::string>& domains, JsonInsert& insert)
{
    auto& session = care.session;
    if (!has_message()) throw std::runtime_error("is damaged: the message is missing");
    if (word(message_, "guid") != names.name.guid)
        throw std::runtime_error("is damaged: it holds another message than it says");
    const auto& server = names.name.server;
    if (std::find(domains.begin(), domains.end(), server) == domains.end())
        throw std::runtime_error(
            "holds " + names.name.str() + ", and " + server + " is not served here: see server.domains");
    auto home = session.query("select id from domain where name = $1", server);
    if (home.empty())
        home = session.query(
            "insert into domain(name) values ($1) on conflict (name) do update set name = excluded.name returning id",
            server);
    take_id(care, names);
    find_parents(care, names);
    find_holders(session);
    const auto known = std::find_if(parents_.begin(), parents_.end(), [](const Parent& parent) { return parent.here; });
    // As publishing decides it: that of its answers, of the first parent that is here, of one that is not.
    const auto thread = first_known_              ? id
                        : known != parents_.end() ? known->thread
                        : !parents_.empty()       ? parents_.front().id
                                                  : id;
    insert.row("message", json_,
        text({{"id", id}, {"thread_id", thread}, {"list_id", holders_.front()},
            {"parent_id", parents_.empty() ? 0 : parents_.front().id},
            {"originator", names.person(message_, "originator")}, {"home", home.integer(0, 0)},
            {"more_lists", holders_.size() - 1}, {"state", 2}, {"withdrawn_by", names.person(message_, "withdrawn_by")},
            {"since", nullptr}}));
    if (session.query("select from message where id = $1", id).empty())
        throw DatabaseError("somebody else stored the same message", "40001");
    write_parents(session);
    write_entries(session, names);
    if (!is_null(message_, "mid")) session.query("insert into msgid(hash, message_id) values ($1, $2)", awaited_, id);
    care.step("placed");
}

void Place::check_awaited(Session& session) const
{
    if (awaited_ == 0) return;  // its stub was here, and counted
    session.query("select pg_advisory_xact_lock(1)");
    const auto rows = session.query(
        "select 1 from missing where hash = $1 and $3 union all select 1 from msgid i join message m on m.id = i.message_id and m.kind = 0 "
        "where i.hash = any($2::int8[]) limit 1",
        awaited_, reserved_, number(message_, "kind") == 0);
    if (!rows.empty()) throw DatabaseError("a parent and its answer arrived at the same time", "40001");
}

}  // namespace gateway::store::cold
