// events: who sees a message learns of its events; from the messages to the people, so that it costs what changed.
#include "gateway/store/events.h"

#include "gateway/store/effective.h"

namespace gateway::store {

namespace {

// One may know of events of messages that one may read, and of what is about oneself. What blind people do and have
// done to them is theirs and the originator's; filing and flagging is one's own. Drafts are their author's.
constexpr const char* telling = R"(
with e as materialized (select * from event where seq > $1 and seq <= $2),
 m as materialized (select id, guid, home, originator, list_id, kind, more_lists from message where id in (select message_id from e)),
 h as materialized (select id, list_id from m where kind <> 1
   union select l.message_id, l.list_id from message_list l where l.message_id in (select id from m where kind <> 1 and more_lists > 0)),
 near as materialized (  -- who may possibly see it: from the message to the people, not the other way round
   select id, originator u from m where originator = any($3::int4[])
   union select r.message_id, r.user_id from m join ref r on r.message_id = m.id join mailbox b on b.id = r.mailbox_id and b.use <> 7
     where m.kind <> 1 and r.user_id = any($3)
   union select h.id, x.person_id from h join entry x on x.list_id = h.list_id where x.membership = 0 and (x.person_id in (select unnest($3))) is true),
 s as materialized (
   select m.id, c.u from near c join m on m.id = c.id where case when m.kind = 1 then m.originator = c.u
    else ()" EFFECTIVE("m",
    "c.u") R"( = 0 and (exists (select from ref r where r.message_id = m.id and r.user_id = c.u) or not )" ELSEWHERE("m",
    "c.u") R"()) or ((m.originator = c.u or )" EFFECTIVE("m", "c.u") R"( = 1)
     and exists (select from ref r join mailbox b on b.id = r.mailbox_id and b.use <> 7 where r.message_id = m.id and r.user_id = c.u)) end),
 t as (select e.seq, s.u from e join s on s.id = e.message_id
   union select e.seq, e.person_id from e where e.person_id = any($3))
select e.seq, m.guid, d.name, e.revision, e.kind, e.at, t.u, coalesce(a.address, ''),
 e.actor = t.u or m.originator = t.u or not exists (select from entry b where b.list_id = m.list_id and b.person_id = e.actor and b.role = 2)
from t join e on e.seq = t.seq join m on m.id = e.message_id join domain d on d.id = m.home left join person a on a.id = e.actor
where (e.kind not in (11, 12) or e.actor = t.u)
 and (e.person_id in (0, t.u) or not exists (select from list_root l where l.message_id = m.list_id
   or l.message_id in (select x.list_id from message_list x where x.message_id = m.id))
  or exists (select from list_owner o where o.message_id = m.list_id and o.person_id = t.u))
 and (m.originator = t.u or e.person_id in (0, t.u) or not exists (select from entry b where b.list_id = m.list_id and b.person_id = e.person_id and b.role = 2))
order by e.seq, t.u)";

email2::Event event_of(const Rows& rows, std::size_t row, bool with_actor)
{
    email2::Event event;
    event.sequence = static_cast<std::uint64_t>(rows.integer(row, 0));
    event.message = {to_string(rows.uuid(row, 1)), rows.text(row, 2)};
    event.revision = static_cast<std::uint32_t>(rows.integer(row, 3));
    event.kind = static_cast<email2::EventKind>(rows.integer(row, 4));
    event.at = rows.time(row, 5);
    if (with_actor) event.actor = rows.text(row, 7);
    return event;
}

}  // namespace

Telling tell_events(Session& session, std::int64_t after, std::int32_t window, const std::vector<std::int32_t>& people)
{
    Telling out;
    const auto bound = session.query(
        "select coalesce(max(seq), $1), count(*) from (select seq from event where seq > $1 order by seq limit $2) e",
        after, window);
    out.last = bound.integer(0, 0);
    out.more = bound.integer(0, 1) == window;
    if (out.last == after) return out;
    const auto rows = session.query(telling, after, out.last, people);
    std::shared_ptr<const email2::Event> whole, veiled;  // with and without its actor, of the event at hand
    std::int64_t sequence = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows.integer(i, 0) != sequence) {
            sequence = rows.integer(i, 0);
            whole = veiled = nullptr;
        }
        const bool with_actor = rows.boolean(i, 8);
        auto& shared = with_actor ? whole : veiled;
        if (!shared) shared = std::make_shared<const email2::Event>(event_of(rows, i, with_actor));
        out.told.push_back({shared, static_cast<std::int32_t>(rows.integer(i, 6))});
    }
    return out;
}

std::int64_t last_event(Session& session)
{
    return session.query("select coalesce(max(seq), 0) from event").integer(0, 0);
}

}  // namespace gateway::store
