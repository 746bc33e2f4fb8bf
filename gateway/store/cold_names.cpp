// cold_names: see the header.
#include "gateway/store/cold_names.h"

#include "gateway/store/cold_members.h"

namespace gateway::store {

namespace {

#define HOLDERS                                                                                                        \
    "(select list_id l from message where id = $1 union select list_id from message_list where message_id = $1)"

// The subscribers of a mailing list are that list's business: of these the file knows who held the message.
#define LIST                                                                                                                                             \
    "list as materialized (select distinct on (e.person_id) e.person_id, case when e.person_id = (select originator from message where id = $1) then 3 " \
    "when e.role = 3 then 0 else e.role end as role, e.membership, e.changed_by, e.at from " HOLDERS                                                     \
    " h join entry e on e.list_id = h.l "                                                                                                                \
    "where (e.role <> 2 or h.l = $1) and (h.l = $1 or not exists (select from list_root t where t.message_id = h.l) "                                    \
    "or exists (select from ref r where r.message_id = $1 and r.user_id = e.person_id)) order by e.person_id, e.membership, e.role)"

constexpr const char* people_statement = "with " LIST R"(,
 ids(id) as (
  select originator from message where id = $1 union select withdrawn_by from message where id = $1
  union select actor from revision where message_id = $1 union select owner from rendition where message_id = $1
  union select unnest(shown) from rendition where message_id = $1 union select person_id from delivery where message_id = $1
  union select actor from event where message_id = $1 union select person_id from event where message_id = $1
  union select user_id from ref where message_id = $1 union select person_id from entry where list_id = $1
  union select changed_by from entry where list_id = $1 union select actor from audit where message_id = $1
  union select person_id from audit where message_id = $1 union select person_id from list union select changed_by from list)
select json_build_object('id', p.id, 'address', p.address, 'class', p.class, 'name', p.name, 'keywords',
 case when exists (select from ref r where r.message_id = $1 and r.user_id = p.id) then p.keywords end)::text from ids join person p on p.id = ids.id order by p.id)";

constexpr const char* mailboxes_statement =
    "select json_build_object('id', b.id, 'user', b.user_id, 'name', b.name, 'use', b.use)::text from mailbox b "
    "where b.id in (select abs(r.home) from ref r where r.message_id = $1) order by b.id";

constexpr const char* messages_statement =
    "select json_build_object('id', m.id, 'guid', m.guid, 'server', d.name, 'mid', m.mid)::text from message m join domain d on d.id = m.home "
    "where m.id in (select $1 union select thread_id from message where id = $1 union select parent_id from parent where message_id = $1 union select l from " HOLDERS
    " h) "
    "order by m.id";

constexpr const char* list_statement = "with " LIST " select row_to_json(list)::text from list order by person_id";

}  // namespace

void write_names(Session& session, ArchiveWriter& out, std::int64_t message)
{
    const auto write = [&](const char* prefix, std::string_view statement) {
        RowMembers members(out, prefix);
        members.add(session.query(statement, message));
        members.flush();
    };
    write("names/people", people_statement);
    write("names/mailboxes", mailboxes_statement);
    write("names/messages", messages_statement);
    write("names/list", list_statement);
}

}  // namespace gateway::store
