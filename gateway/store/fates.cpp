#include "gateway/store/fates.h"

namespace gateway::store {

// reached: what the lists reach. lists: whether somebody who counts is on each, the blind counted (for the message that holds it) and
// not (for those that inherit). counted: `seen` is "the count is not zero". Most messages hide from nobody, so only those that do
// are looked at person by person.
static constexpr const char* settle_statement = R"(
with reached as materialized (
  select id, list_id, more_lists, state from message where (list_id = any($1::int8[]) or id = any($2::int8[])) and kind = 0 and state in (0, 2)
  union select m.id, m.list_id, m.more_lists, m.state from message_list x join message m on m.id = x.message_id
  where x.list_id = any($1::int8[]) and m.kind = 0 and m.state in (0, 2)),
 held as materialized (
  select id, list_id l from reached union all
  select r.id, x.list_id from reached r join message_list x on x.message_id = r.id where r.more_lists > 0),
 lists as materialized (
  select d.l, exists (select from entry e join person p on p.id = e.person_id where e.list_id = d.l and e.membership = 0 and (p.class <> 2 or d.root)) own,
    exists (select from entry e join person p on p.id = e.person_id where e.list_id = d.l and e.membership = 0 and e.role <> 2 and (p.class <> 2 or d.root)) shared
  from (select l, exists (select from list_root r where r.message_id = l) root from (select distinct l from held) x) d),
 inherited as (select held.id, bool_or(lists.shared) shared from held join lists on lists.l = held.l group by held.id),
 counted as (
  select r.id, r.state, case
    when r.list_id = r.id then o.own
    when not i.shared or not exists (select from entry h where h.list_id = r.id and h.membership <> 0) then i.shared
    else exists (select from (select r.list_id l union all select x.list_id from message_list x where x.message_id = r.id) h
      join entry e on e.list_id = h.l and e.membership = 0 and e.role <> 2 join person p on p.id = e.person_id
      where (p.class <> 2 or exists (select from list_root t where t.message_id = h.l))
       and not exists (select from entry b where b.list_id = r.id and b.person_id = e.person_id and b.membership <> 0)) end seen
  from reached r join inherited i on i.id = r.id left join lists o on o.l = r.id),
 changing as (select id, seen from counted where seen = (state = 2) and not exists (select from list_root t where t.message_id = counted.id)),
 locked as materialized (select m.id, c.seen from message m join changing c on c.id = m.id order by m.id for no key update of m)
update message m set state = case when l.seen then 0 else 2 end, since = case when l.seen then null else now() end
from locked l where m.id = l.id and m.state = case when l.seen then 2 else 0 end)";

void settle_fates(Session& session, const std::vector<std::int64_t>& holders, const std::vector<std::int64_t>& messages)
{
    session.query(settle_statement, holders, messages);
}

void restart_keeping(Session& session, const std::vector<std::int64_t>& messages)
{
    session.query("update message m set since = now() from (select id from message where id = any($1::int8[]) and state = 2 order by id for no key update) l "
                  "where m.id = l.id", messages);
}

}  // namespace gateway::store
