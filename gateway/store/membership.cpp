#include "gateway/store/membership.h"

#include "gateway/store/fates.h"
#include "gateway/store/relocate.h"

namespace gateway::store {

namespace {

using Id = std::int64_t;
using Ids = std::vector<Id>;

// What the lists $2 reach: a common table expression `reached(id)` to begin a statement with.
#define REACHED                                                                                                                     \
    "with reached as materialized (select id from message where list_id = any($2::int8[]) and kind = 0 union "                       \
    "select message_id from message_list where list_id = any($2::int8[])) "
// Whether a list outside $2 still shows message `reached.id` to person p.id.
#define SHOWN_ELSEWHERE                                                                                                             \
    "exists (select from (select m.list_id l from message m where m.id = reached.id union all select x.list_id from message_list x "    \
    "where x.message_id = reached.id) h join entry e on e.list_id = h.l and e.person_id = p.id and e.membership = 0 "                   \
    "where h.l <> all($2::int8[]))"

std::vector<Relocation> relocations_of(const Rows& rows)  // columns: user, mailbox, uid, target, home
{
    std::vector<Relocation> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto number = [&](int column) { return static_cast<std::int32_t>(rows.integer(i, column)); };
        out.push_back({.user = number(0), .mailbox = number(1), .uid = number(2), .target = number(3), .home = number(4)});
    }
    return out;
}

void set_membership(Session& session, Changes& changes, std::int32_t person, const Ids& holders, std::int16_t from, std::int16_t to)
{
    const auto rows = session.query("update entry set membership = $4, changed_by = $1, at = now() where person_id = $1 and list_id = any($2::int8[]) "
                                    "and membership = $3 returning list_id", person, holders, from, to);
    for (std::size_t i = 0; i < rows.size(); ++i)
        changes.events.push_back({.message = rows.integer(i, 0), .actor = person,
                                  .kind = to == 1 ? email2::EventKind::left : email2::EventKind::rejoined, .person = person});
}

// To changes hold the lists against publishing (store.md 2).
void lock_lists(Session& session, const Ids& holders)
{
    session.query("select from message where id = any($1::int8[]) order by id for no key update", holders);
}

}  // namespace

void leave_lists(Session& session, Changes& changes, std::int32_t person, const Ids& holders, std::optional<std::int32_t> only_from)
{
    lock_lists(session, holders);
    set_membership(session, changes, person, holders, 0, 1);
    settle_fates(session, holders);
    const auto rows = session.query(REACHED
        "select r.user_id, r.mailbox_id, r.uid, p.trash, r.mailbox_id from reached join person p on p.id = $1 "
        "join ref r on r.message_id = reached.id and r.user_id = p.id "
        "where r.mailbox_id not in (p.trash, p.sent, p.drafts, p.limbo) and ($3 = 0 or (r.mailbox_id = $3 and r.flags & 2 = 0)) "
        "and not " SHOWN_ELSEWHERE " order by r.mailbox_id, r.uid", person, holders, only_from.value_or(0));
    relocate(session, changes, relocations_of(rows));
}

void bring_back(Session& session, Changes& changes, const std::vector<std::int32_t>& people, const Ids& holders)
{
    const auto rows = session.query(REACHED
        "select r.user_id, r.mailbox_id, r.uid, coalesce(b.id, p.inbox), 0 from reached join message m on m.id = reached.id and m.state = 0 "
        "join person p on p.id = any($1::int4[]) join ref r on r.message_id = reached.id and r.user_id = p.id "
        "left join mailbox b on b.id = r.home and b.user_id = p.id "  // a folder that is gone: the top level
        "where r.mailbox_id in (p.trash, p.limbo) and r.home not in (0, p.sent, p.drafts, p.trash, p.limbo) order by m.id", people, holders);
    relocate(session, changes, relocations_of(rows));
}

void rejoin_lists(Session& session, Changes& changes, std::int32_t person, const Ids& holders, std::int32_t folder)
{
    lock_lists(session, holders);
    set_membership(session, changes, person, holders, 1, 0);
    session.query("delete from entry e using message m where m.list_id = any($2::int8[]) and e.list_id = m.id and m.list_id <> m.id and e.person_id = $1 "
                  "and e.membership = 1", person, holders);  // hidden ones come back with the thread
    settle_fates(session, holders);
    bring_back(session, changes, {person}, holders);
    show_thread(session, changes, {person}, holders, folder);
}

void hide(Session& session, Changes& changes, std::int32_t person, std::int64_t message)
{
    session.query("insert into entry(list_id, person_id, membership, changed_by) values ($1, $2, 1, $2) "
                  "on conflict (list_id, person_id) do update set membership = 1, changed_by = excluded.changed_by, at = now()", message, person);
    settle_fates(session, {message}, {message});  // should it hold a list, that is left
    changes.events.push_back({.message = message, .actor = person, .kind = email2::EventKind::left, .person = person});
}

void unhide(Session& session, Changes& changes, std::int32_t person, std::int64_t message)
{
    const auto rows = session.query("delete from entry e using message m where m.id = $1 and m.list_id <> m.id and e.list_id = m.id and e.person_id = $2 "
                                    "and e.membership = 1 returning 1", message, person);
    if (rows.empty()) return;
    settle_fates(session, {}, {message});
    changes.events.push_back({.message = message, .actor = person, .kind = email2::EventKind::rejoined, .person = person});
}

void show_thread(Session& session, Changes& changes, const std::vector<std::int32_t>& people, const Ids& holders, std::int32_t folder)
{
    const auto rows = session.query(R"(
with reached as materialized (select id from message where list_id = any($2::int8[]) and kind = 0 union
   select message_id from message_list where list_id = any($2::int8[])),
 t as materialized (
  select m.id m, p.id u, v.rendition_id, case when $3 = 0 then p.inbox else $3 end b
  from reached join message m on m.id = reached.id and m.state = 0 join revision v on v.message_id = m.id and v.number = m.revision
  join person p on p.id = any($1::int4[]) and p.class = 0
  where m.originator <> p.id
   and not exists (select from entry b where b.list_id = any($2::int8[]) and b.list_id <> m.id and b.person_id = p.id and b.role = 2)
   and not exists (select from ref r where r.message_id = m.id and r.user_id = p.id)
   and not exists (select from entry o where o.list_id = m.id and o.person_id = p.id and o.membership <> 0)
   and not exists (select from delivery d where d.message_id = m.id and d.person_id = p.id and d.state = 6)),
 n as (select b, count(*)::int n from t group by b),
 l as materialized (select id from mailbox where id in (select b from n) order by id for no key update),
 up as (update mailbox m set uid_next = m.uid_next + n.n, modseq = m.modseq + 1 from n join l on l.id = n.b where m.id = n.b
  returning m.id, m.uid_next - n.n base, m.modseq)
insert into ref(message_id, rendition_id, modseq, user_id, mailbox_id, uid)
select t.m, t.rendition_id, up.modseq, t.u, t.b, up.base + (row_number() over (partition by t.b order by t.m))::int - 1
from t join up on up.id = t.b returning mailbox_id)", people, holders, folder);
    for (std::size_t i = 0; i < rows.size(); ++i) changes.mailboxes.insert(static_cast<std::int32_t>(rows.integer(i, 0)));
}

void unshow_thread(Session& session, Changes& changes, const std::vector<std::int32_t>& people, const Ids& holders)
{
    const auto rows = session.query(REACHED
        "select r.user_id, r.mailbox_id, r.uid, p.limbo, case when r.mailbox_id = p.trash then r.home else r.mailbox_id end "
        "from reached join message m on m.id = reached.id join person p on p.id = any($1::int4[]) "
        "join ref r on r.message_id = reached.id and r.user_id = p.id "
        "where r.mailbox_id not in (p.sent, p.drafts, p.limbo) and m.originator <> p.id and not " SHOWN_ELSEWHERE " order by r.user_id, r.mailbox_id, r.uid",
        people, holders);
    relocate(session, changes, relocations_of(rows));
}

void settle_trash(Session& session, Changes& changes, std::int32_t user, const Ids& messages, std::int32_t folder, LeaveScope scope)
{
    const auto rows = session.query(R"(
select m.id, m.list_id = m.id from message m join person p on p.id = $1
where m.id = any($2::int8[]) and m.kind = 0
 and exists (select from ref r where r.message_id = m.id and r.user_id = p.id and r.mailbox_id = p.trash and r.home not in (0, p.sent, p.drafts))
 and not exists (select from ref r where r.message_id = m.id and r.user_id = p.id and r.mailbox_id not in (p.trash, p.sent, p.drafts, p.limbo))
order by m.id)", user, messages);
    Ids threads;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!rows.boolean(i, 1)) hide(session, changes, user, rows.integer(i, 0));
        else if (scope == LeaveScope::thread) threads.push_back(rows.integer(i, 0));
    }
    if (!threads.empty()) leave_lists(session, changes, user, threads, folder);
}

void settle_return(Session& session, Changes& changes, std::int32_t user, const Ids& messages, std::int32_t folder)
{
    for (const auto message : messages) unhide(session, changes, user, message);
    const auto rows = session.query(R"(
select distinct e.list_id from (select list_id l from message where id = any($2::int8[]) and kind = 0 union
 select list_id from message_list where message_id = any($2::int8[])) h
join entry e on e.list_id = h.l and e.person_id = $1 and e.membership = 1)", user, messages);
    Ids holders;
    for (std::size_t i = 0; i < rows.size(); ++i) holders.push_back(rows.integer(i, 0));
    if (!holders.empty()) rejoin_lists(session, changes, user, holders, folder);
}

}  // namespace gateway::store
