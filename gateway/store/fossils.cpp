// fossils: the references stay as they are, UIDs, flags and EMAILIDs included: what they show becomes an import's of
// their holder.
//
// The network object is gone from then on (state 3). It keeps a copy of the content until cold storage takes it, and
// its To list for the sake of its children.
#include "gateway/store/fossils.h"

#include "email2/guid.h"
#include "email2/limits.h"
#include "email2/rules.h"
#include "gateway/store/changes.h"
#include "gateway/store/facts.h"
#include "gateway/store/hash.h"
#include "gateway/store/maintenance_limits.h"
#include "gateway/store/rendition.h"

namespace gateway::store {

namespace {

using Id = std::int64_t;
using Person = std::int32_t;

struct Candidate {
    Id message = 0, rendition = 0;
    Person holder = 0;
    email2::Holding holding;
};

// Large renditions by their id; of those that are a message's newest, who is on its list.
static constexpr const char* look_statement = R"(
with page as materialized (select id, message_id, size from rendition where size >= 1048576 and owner = 0 and id > $1 order by id limit $2),
 large as materialized (select g.id, g.size, m.id m, m.list_id, m.created from page g join message m on m.id = g.message_id and m.state = 0 and m.kind = 0
  join revision v on v.message_id = m.id and v.number = m.revision and v.rendition_id = g.id),
 holder as materialized (select m, list_id l from large union select l.m, x.list_id from large l join message_list x on x.message_id = l.m),
 people as (select h.m, e.person_id, min(greatest(e.membership, o.membership)) membership, max(greatest(e.at, o.at)) at
  from holder h join entry e on e.list_id = h.l and (e.role <> 2 or h.l = h.m) join person p on p.id = e.person_id and p.class <> 2
  left join entry o on o.list_id = h.m and h.l <> h.m and o.person_id = e.person_id group by h.m, e.person_id)
select g.id, l.m, g.size, exists (select from holder h join list_root r on r.message_id = h.l where h.m = l.m),
  count(*) filter (where p.membership = 0), count(*) filter (where p.membership = 1), coalesce(min(p.person_id) filter (where p.membership = 0), 0),
  coalesce(extract(epoch from now() - greatest(max(p.at), max(l.created)))::int8, 0)
from page g left join large l on l.id = g.id left join people p on p.m = l.m group by g.id, l.m, g.size order by g.id)";

std::vector<Candidate> candidates(const Rows& rows)
{
    std::vector<Candidate> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows.null(i, 1)) continue;
        const auto count = [&](int column) { return static_cast<std::size_t>(rows.integer(i, column)); };
        Candidate one{rows.integer(i, 1), rows.integer(i, 0), static_cast<Person>(rows.integer(i, 6)), {}};
        one.holding.octets = static_cast<std::uint64_t>(rows.integer(i, 2));
        one.holding.list_root = rows.boolean(i, 3);
        one.holding.holders = count(4);
        one.holding.left = count(5);
        one.holding.alone = std::chrono::seconds(rows.integer(i, 7));
        if (email2::fossilises(one.holding)) out.push_back(one);
    }
    return out;
}

// A rendition once more, at a new id, for the network object.
Id copy_rendition(Session& session, Ids& ids, Id rendition)
{
    const auto copy = ids.next(session);
    Session::Pipeline pipeline(session);
    pipeline.add(
        "insert into rendition(id, message_id, revision, owner, size, eight_bit, internal_date, trace, outline, envelope, body_structure, preview, headers, shown) "
        "select $2, message_id, revision, owner, size, eight_bit, internal_date, trace, outline, envelope, body_structure, preview, headers, shown "
        "from rendition where id = $1",
        rendition, copy);
    pipeline.add(
        "insert into body(rendition_id, n, at, length, data, blob, line_length) select $2, n, at, length, data, blob, line_length from body where rendition_id = $1",
        rendition, copy);
    pipeline.add(
        "insert into search_text(rendition_id, body_at, text) select $2, body_at, text from search_text where rendition_id = $1",
        rendition, copy);
    pipeline.run();
    return copy;
}

// The import that takes over: a message of the holder alone, in the same thread, with the same Message-ID.
Id make_import(Session& session, Ids& ids, const Facts& facts, const Candidate& one)
{
    const auto import = ids.next(session);
    const auto guid =
        email2::make_guid(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    Session::Pipeline pipeline(session);
    pipeline.add(
        "insert into message(id, thread_id, list_id, parent_id, created, guid, originator, home, kind, proof, mid) "
        "select $2, thread_id, $2, parent_id, created, $3, $4, home, 2, 1, $5 from message where id = $1",
        facts.id, import, parse_uuid(guid), one.holder, facts.message_id());
    pipeline.add("insert into entry(list_id, person_id, role) values ($1, $2, 3)", import, one.holder);
    pipeline.add(
        "insert into parent(message_id, n, parent_id, mid) select $2, n, parent_id, mid from parent where message_id = $1",
        facts.id, import);
    pipeline.add("insert into blob_use(sha256, message_id) select sha256, $2 from blob_use where message_id = $1",
        facts.id, import);
    pipeline.add("insert into msgid(hash, message_id) values ($1, $2)", message_id_hash(facts.message_id()), import);
    pipeline.add(
        "insert into revision(message_id, number, at, actor, rendition_id, sha256, authentication) select $3, 1, at, $4, $2, coalesce(sha256, $5), authentication "
        "from revision where message_id = $1 and rendition_id = $2",
        facts.id, one.rendition, import, one.holder, Bytes{sha256(read_content(session, one.rendition))});
    pipeline.run();
    return import;
}

bool fossilise(Care& care, const Candidate& one)
{
    auto& session = care.session;
    Transaction transaction(session);
    session.query(
        "select from message where id in (select list_id from message where id = $1 union select list_id from message_list where message_id = $1) "
        "order by id for share",
        one.message);
    const auto still = session.query(
        "select from message m join revision v on v.message_id = m.id and v.number = m.revision and v.rendition_id = $2 "
        "where m.id = $1 and m.state = 0 and not exists (select from egress e where e.message_id = m.id) for update of m",
        one.message, one.rendition);
    const auto mailboxes = session.query(
        "select b.id from mailbox b where b.use <> 7 and b.id in (select mailbox_id from ref where message_id = $1 and user_id = $2) "
        "order by b.id for no key update",
        one.message, one.holder);
    if (still.empty() || mailboxes.empty()) return false;  // who has it in no folder keeps nothing
    const auto facts = facts_of(session, one.message, 0);
    const auto copy = copy_rendition(session, care.ids, one.rendition);
    care.step("copied");
    const auto import = make_import(session, care.ids, *facts, one);
    session.query("update revision set rendition_id = $3 where message_id = $1 and rendition_id = $2", one.message,
        one.rendition, copy);
    session.query(
        "update ref set rendition_id = $3 from person p where ref.message_id = $1 and ref.rendition_id = $2 and p.id = ref.user_id "
        "and (p.id <> $4 or ref.mailbox_id = p.limbo)",
        one.message, one.rendition, copy, one.holder);
    session.query(
        "update rendition set message_id = $3, revision = 1 where message_id = $1 and (id = $2 or owner = $4)",
        one.message, one.rendition, import, one.holder);
    session.query(
        "update ref set message_id = $2 from person p where ref.message_id = $1 and ref.user_id = $3 and p.id = ref.user_id and ref.mailbox_id <> p.limbo",
        one.message, import, one.holder);
    session.query("update message set state = 3, since = now() where id = $1", one.message);
    Changes changes;
    for (std::size_t i = 0; i < mailboxes.size(); ++i)
        changes.mailboxes.insert(static_cast<Person>(mailboxes.integer(i, 0)));
    // As their own act, for the events of filing are told to who files.
    changes.events.push_back(
        {.message = import, .actor = one.holder, .kind = email2::EventKind::filed, .person = one.holder});
    changes.events.push_back(
        {.message = one.message, .actor = one.holder, .kind = email2::EventKind::filed, .person = one.holder});
    finish(session, changes);
    care.step("moved");
    transaction.commit();
    return true;
}

}  // namespace

Batch fossilise_some(Care& care)
{
    static_assert(email2::limits::fossil_octets >= 1048576, "the index of large renditions begins there");
    const auto rows = care.session.query(look_statement, care.after(), limits::batch_looked_at);
    Batch batch{0, rows.size() == static_cast<std::size_t>(limits::batch_looked_at)};
    for (const auto& one : candidates(rows)) batch.done += fossilise(care, one) ? 1 : 0;
    if (!rows.empty()) care.position = std::to_string(rows.integer(rows.size() - 1, 0));
    return batch;
}

}  // namespace gateway::store
