#include "gateway/store/fates.h"

namespace gateway::store {

using Messages = std::vector<std::int64_t>;

// Whether somebody who counts is on each list, other than as blind, whom it does not hand down.
static constexpr const char* alive_statement = R"(
select exists (select from entry e join person p on p.id = e.person_id where e.list_id = d.l and e.membership = 0 and e.role <> 2 and (p.class <> 2 or d.root))
from (select l, exists (select from list_root r where r.message_id = l) root from unnest($1::int8[]) l) d)";

// What the lists $1 reach. Where all of them have somebody ($2), only what was archived or is hidden by somebody can
// change. (Lateral: an index look-up each; `exists` would be turned into a scan of all entries there are.)
static constexpr const char* reached_statement = R"(
select r.id from (
  select id, list_id, state from message where list_id = any($1::int8[]) and kind = 0 and state in (0, 2)
  union select m.id, m.list_id, m.state from message_list x join message m on m.id = x.message_id where x.list_id = any($1::int8[]) and m.kind = 0 and m.state in (0, 2)) r
left join lateral (select 1 by_somebody from entry h where h.list_id = r.id and r.list_id <> r.id and h.membership <> 0 limit 1) hidden on true
where not $2 or r.state = 2 or hidden.by_somebody is not null)";

// Two who leave at the same time must not each count on the other, nor on who comes: whoever has the lists later sees
// what the other one did. What the lists $1 reach may be on other lists as well, where somebody comes or leaves at the
// same time: these, too.
static constexpr const char* lock_statement = R"(
select from message where id in (
  select unnest($1::int8[]) union select list_id from message where id = any($2::int8[]) union select list_id from message_list where message_id = any($2::int8[])
  union select y.list_id from message m join message_list y on y.message_id = m.id where m.list_id = any($1::int8[]) and m.more_lists > 0
  union select m.list_id from message_list x join message m on m.id = x.message_id where x.list_id = any($1::int8[])
  union select y.list_id from message_list x join message_list y on y.message_id = x.message_id where x.list_id = any($1::int8[]))
order by id for no key update)";

// lists: whether somebody who counts is on each, the blind counted (for the message that holds it) and not (for those
// that inherit). counted: `seen` is "the count is not zero". Only what somebody hides is looked at person by person.
static constexpr const char* settle_statement = R"(
with reached as materialized (
  select m.id, m.list_id, m.more_lists, m.state, hidden.by_somebody from message m
  left join lateral (select true by_somebody from entry h where h.list_id = m.id and m.list_id <> m.id and h.membership <> 0 limit 1) hidden on true
  where m.id = any($1::int8[]) and m.kind = 0 and m.state in (0, 2) and not exists (select from list_root t where t.message_id = m.id)),
 held as materialized (
  select id, list_id l from reached union all
  select r.id, x.list_id from reached r join message_list x on x.message_id = r.id where r.more_lists > 0),
 lists as materialized (
  select d.l, exists (select from entry e join person p on p.id = e.person_id where e.list_id = d.l and e.membership = 0 and (p.class <> 2 or d.root)) own,
    exists (select from entry e join person p on p.id = e.person_id where e.list_id = d.l and e.membership = 0 and e.role <> 2 and (p.class <> 2 or d.root)) shared
  from (select l, exists (select from list_root r where r.message_id = l) root from (select distinct l from held) x) d),
 inherited as materialized (select held.id, bool_or(lists.shared) shared, bool_or(lists.own) own from held join lists on lists.l = held.l group by held.id),
 counted as materialized (
  select r.id, r.state, case
    when r.list_id = r.id then i.own
    when not i.shared or r.by_somebody is null then i.shared
    else exists (select from (select r.list_id l union all select x.list_id from message_list x where x.message_id = r.id) h
      join entry e on e.list_id = h.l and e.membership = 0 and e.role <> 2 join person p on p.id = e.person_id
      where (p.class <> 2 or exists (select from list_root t where t.message_id = h.l))
       and not exists (select from entry b where b.list_id = r.id and b.person_id = e.person_id and b.membership <> 0)) end seen
  from reached r join inherited i on i.id = r.id),
 locked as materialized (select m.id, c.seen from message m join counted c on c.id = m.id and c.seen = (c.state = 2) order by m.id for no key update of m)
update message m set state = case when l.seen then 0 else 2 end, since = case when l.seen then null else now() end
from locked l where m.id = l.id and m.state = case when l.seen then 2 else 0 end)";

namespace {

// Which of what the lists reach may change.
Messages reached(Session& session, const Messages& holders)
{
    const auto lists = session.query(alive_statement, holders);
    bool alive = true;
    for (std::size_t i = 0; i < lists.size(); ++i) alive = alive && lists.boolean(i, 0);
    const auto rows = session.query(reached_statement, holders, alive);
    Messages out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(rows.integer(i, 0));
    return out;
}

}  // namespace

void settle_fates(Session& session, const Messages& holders, const Messages& messages)
{
    session.query(lock_statement, holders, messages);
    auto all = holders.empty() ? Messages{} : reached(session, holders);
    all.insert(all.end(), messages.begin(), messages.end());
    if (!all.empty()) session.query(settle_statement, all);
}

void references_ended(Session& session, const std::vector<std::int64_t>& messages)
{
    session.query(
        "update message m set state = 2, since = now() from (select id from message n where id = any($1::int8[]) and (state = 2 or (state = 0 and kind = 3 "
        "and not exists (select from ref r where r.message_id = n.id))) order by id for no key update) l where m.id = l.id",
        messages);
}

}  // namespace gateway::store
