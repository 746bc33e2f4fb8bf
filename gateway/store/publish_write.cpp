// publish_write: the rows of a group, in one pipeline. store.md 1 and 2.
#include "gateway/mapping/language.h"
#include "gateway/store/effective.h"
#include "gateway/store/fates.h"
#include "gateway/store/membership.h"
#include "gateway/store/publish_group.h"

namespace gateway::store::publishing {

// A message that lay in Sent alone appears at the top level of its author once somebody else answers it.
void Group::promote_parents()
{
    if (promoted_.parent.empty()) return;
    // Another process may be at the same with another answer: whoever comes second sees that it is there already.
    session_.query(
        "select from mailbox b join person p on p.inbox = b.id where p.id = any($1::int4[]) and p.class = 0 order by b.id for no key update of b",
        promoted_.author);
    const auto rows = session_.query(R"(
with t as materialized (
  select distinct on (x.message, p.id) x.message m, p.id u, p.inbox b, s.rendition_id rendition
  from unnest($1::int8[], $2::int4[]) x(message, author) join person p on p.id = x.author and p.class = 0
  join ref s on s.message_id = x.message and s.user_id = p.id and s.mailbox_id = p.sent
  join message a on a.id = x.message
  where not exists (select from ref o where o.message_id = x.message and o.user_id = p.id and o.mailbox_id <> p.sent)
   and )" EFFECTIVE("a", "p.id") R"( = 0),
 n as (select b, count(*)::int n from t group by b),
 l as materialized (select id from mailbox where id in (select b from n) order by id for no key update),
 up as (update mailbox m set uid_next = m.uid_next + n.n, modseq = m.modseq + 1 from n join l on l.id = n.b where m.id = n.b
        returning m.id, m.uid_next - n.n base, m.modseq)
insert into ref(message_id, rendition_id, modseq, user_id, mailbox_id, uid, flags)
select t.m, t.rendition, up.modseq, t.u, t.b, up.base + (row_number() over (partition by t.b order by t.m))::int - 1, 8
from t join up on up.id = t.b returning mailbox_id)",
        promoted_.parent, promoted_.author);
    for (std::size_t i = 0; i < rows.size(); ++i)
        changes_.mailboxes.insert(static_cast<std::int32_t>(rows.integer(i, 0)));
}

// Everybody's references in one statement: the people of inherited lists from their entries, the others as decided.
// `offset 0` keeps the planner from joining whole tables: where a few lists are long it takes any list for long, and
// reads everybody for each answer. So does the minus: by the key itself the whole mailbox would be read.
static constexpr const char* reference_statement = R"(
with g as materialized (select m.id, case when g.rendition = 0 then r.rendition_id else g.rendition end rendition, g.parent
   , g.rendition = 0 known, g.flags | case when m.taken_back then 128 else 0 end flags, z.size, g.flags & $14 <> 0 or (g.rendition = 0 and exists (select from moderated d where d.message_id = m.id)) spam
   from unnest($1::int8[], $2::int8[], $3::int8[], $13::int8[]) g(id, rendition, parent, flags) join message m on m.id = g.id
   left join revision r on g.rendition = 0 and r.message_id = m.id and r.number = m.revision
   join rendition z on z.id = case when g.rendition = 0 then r.rendition_id else g.rendition end),
 members as materialized (
  select distinct h.m, e.u from unnest($4::int8[], $5::int8[]) h(m, list)
  cross join lateral (select person_id u from entry where list_id = h.list and membership = 0 and role <> 2 offset 0) e
  where not exists (select from unnest($6::int8[], $7::int4[]) x(m, u) where x.m = h.m and x.u = e.u)),
 wanted as materialized (
  select w.*, p.inbox, p.sent, p.drafts, p.trash, p.junk, p.archive, p.limbo, w.listed and p.full_store too_full
  from (select m, u, 0::int2 want, 0 mailbox, 0::int8 flags, true listed from members
   union all select m, u, want, mailbox, flags, false from unnest($8::int8[], $9::int4[], $10::int2[], $11::int4[], $12::int8[]) x(m, u, want, mailbox, flags)) w
  cross join lateral (select * from person where id = w.u and (class = 0 or not w.listed) offset 0) p),
 back as (insert into held_back(person_id, message_id) select u, m from wanted where too_full on conflict do nothing),
 failed as (insert into delivery(message_id, person_id, state, status, text) select m, u, 3, '4.2.2', 'The mailbox is full.' from wanted where too_full
  on conflict do nothing),
 t as materialized (
  select w.m, w.u, w.flags | g.flags flags, g.rendition, g.size,
    case w.want when 1 then w.trash when 2 then w.sent when 4 then w.mailbox else case when g.spam then w.junk else coalesce(r.mailbox_id, w.inbox) end end b,
    case w.want when 1 then coalesce(r.mailbox_id, went.home, w.inbox) else 0 end home
  from wanted w join g on g.id = w.m
  left join lateral (select r.mailbox_id from ref r where g.parent <> 0 and r.message_id = g.parent and r.user_id = w.u
    and r.mailbox_id not in (w.sent, w.drafts, w.archive, w.junk, w.trash, w.limbo) order by -r.mailbox_id limit 1) r on true
  left join lateral (select b.id home from ref r join mailbox b on b.id = abs(r.home) and b.user_id = w.u where w.want = 1 and r.message_id = g.parent
    and r.user_id = w.u and r.mailbox_id in (w.trash, w.limbo) and abs(r.home) not in (w.sent, w.drafts, w.trash) order by -r.mailbox_id desc, r.uid limit 1) went
   on true
  where not w.too_full and not (w.want = 3 and r.mailbox_id is null)
    and not (g.known and w.want in (0, 1) and exists (select from ref r where r.message_id = w.m and r.user_id = w.u and r.mailbox_id not in (w.sent, w.drafts)))),
 n as materialized (  -- the rows of a mailbox as arrays, and no join of two sets: the planner takes them for small, and loops over both
  select b, count(*)::int n, sum(share)::int8 charged, array_agg(m order by m) ms, array_agg(rendition order by m) renditions, array_agg(flags order by m) flags,
   array_agg(home order by m) homes from (select t.*, size / count(*) over (partition by m) share from t) t group by b),
 l as materialized (select m.id, n.* from n join mailbox m on m.id = n.b order by m.id for no key update of m),
 up as (update mailbox m set uid_next = m.uid_next + l.n, modseq = m.modseq + 1, charged = m.charged + l.charged from l where m.id = l.id
  returning m.id, m.user_id, m.uid_next - l.n base, m.modseq, l.ms, l.renditions, l.flags, l.homes)
insert into ref(message_id, rendition_id, modseq, user_id, mailbox_id, uid, flags, home)
select x.m, x.rendition, up.modseq, up.user_id, up.id, up.base + x.k::int - 1, x.flags, x.home
from up, unnest(up.ms, up.renditions, up.flags, up.homes) with ordinality x(m, rendition, flags, home, k)
returning message_id, mailbox_id, uid)";

// The same for first messages, on lists of their own, that nobody can have a reference to yet: nothing has to be looked
// for in the partitions of ref, which costs more than all the rest.
static constexpr const char* first_reference_statement = R"(
with g as materialized (select * from unnest($1::int8[], $2::int8[]) g(id, rendition)),
 t as materialized (
  select w.m, w.u, w.flags, g.rendition, z.size / count(*) over (partition by w.m) share, case w.want when 2 then p.sent when 4 then w.mailbox else p.inbox end b
  from unnest($3::int8[], $4::int4[], $5::int2[], $6::int4[], $7::int8[]) w(m, u, want, mailbox, flags) join g on g.id = w.m join person p on p.id = w.u
  join rendition z on z.id = g.rendition),
 n as materialized (
  select b, count(*)::int n, sum(share)::int8 charged, array_agg(m order by m) ms, array_agg(rendition order by m) renditions, array_agg(flags order by m) flags from t group by b),
 l as materialized (select m.id, n.* from n join mailbox m on m.id = n.b order by m.id for no key update of m),
 up as (update mailbox m set uid_next = m.uid_next + l.n, modseq = m.modseq + 1, charged = m.charged + l.charged from l where m.id = l.id
  returning m.id, m.user_id, m.uid_next - l.n base, m.modseq, l.ms, l.renditions, l.flags)
insert into ref(message_id, rendition_id, modseq, user_id, mailbox_id, uid, flags)
select x.m, x.rendition, up.modseq, up.user_id, up.id, up.base + x.k::int - 1, x.flags
from up, unnest(up.ms, up.renditions, up.flags) with ordinality x(m, rendition, flags, k)
returning message_id, mailbox_id, uid)";

bool Group::all_first() const
{
    const auto zero = [](Id id) { return id == 0; };
    const auto needs_more = [](std::int16_t want) {
        return want == static_cast<std::int16_t>(Want::trash) || want == static_cast<std::int16_t>(Want::in_thread);
    };
    const auto suspect = [](FlagBits bits) { return (bits & flags::junk) != 0; };
    return !adopted_ && holder_.message.empty() && std::none_of(filed_.flags.begin(), filed_.flags.end(), suspect) &&
           std::all_of(filed_.parent.begin(), filed_.parent.end(), zero) &&
           std::none_of(filed_.rendition.begin(), filed_.rendition.end(), zero) &&
           std::none_of(want_.want.begin(), want_.want.end(), needs_more);
}

void Group::write_references(Session::Pipeline& pipeline)
{
    if (all_first()) {
        references_at_ = pipeline.add(first_reference_statement, filed_.message, filed_.rendition, want_.message,
            want_.user, want_.want, want_.mailbox, want_.flags);
        return;
    }
    references_at_ = pipeline.add(reference_statement, filed_.message, filed_.rendition, filed_.parent, holder_.message,
        holder_.list, excluded_.message, excluded_.user, want_.message, want_.user, want_.want, want_.mailbox,
        want_.flags, filed_.flags, flags::junk);
}

// Deliveries to the outside: those decided, and the correspondents on inherited lists. Whatever is pending is queued,
// each with an envelope sender of its own, so that a bounce finds its entry.
void Group::write_deliveries(Session::Pipeline& pipeline)
{
    if (delivery_.message.empty() && holder_.message.empty()) return;
    pipeline.add(R"(
with given as (select * from unnest($1::int8[], $2::int4[], $3::int2[], $4::int2[], $5::text[], $6::int2[], $7::text[])
   g(message_id, person_id, state, notify, orcpt, ret, envid)),
 wanted as (
  select message_id, person_id, state, notify, orcpt, ret, envid from given
  union all
  select distinct h.m, e.u, case when h.m = any($14::int8[]) then 4 else 0 end::int2, 0::int2, '', 0::int2, '' from unnest($8::int8[], $9::int8[]) h(m, list)
  cross join lateral (select person_id u from entry where list_id = h.list and membership = 0 and role <> 2 offset 0) e
  where (select class from person where id = e.u) <> 0 and not exists (select from unnest($10::int8[], $11::int4[]) x(m, u) where x.m = h.m and x.u = e.u)),
 d as (insert into delivery(message_id, person_id, state, status, text) select distinct on (message_id, person_id) message_id, person_id, state,
   case when state = 4 then '5.7.1' end, case when state = 4 then 'Neither SPF nor DKIM shows that this mail is from its author: it is passed on to nobody outside.' end from wanted
   order by message_id, person_id
   on conflict (message_id, person_id) do update set state = 0, at = now() where delivery.state = 6 and excluded.state = 0
   returning message_id, person_id, state),
 tokens as (insert into token(token, person_id, message_id, action, expires)
   select translate(replace(gen_random_uuid()::text, '-', ''), '0123456789abcdef', 'abcdefghijklmnop'), person_id, message_id, 0, now() + interval '60 days'
   from d where state = 0 returning token, person_id, message_id)
insert into egress(message_id, person_id, due, sender, notify, orcpt, ret, envid)
select t.message_id, t.person_id, now() + make_interval(secs => $12::int4),
  case when t.message_id = any($13::int8[]) then '' else 'b-' || t.token || '@' || o.name end, coalesce(g.notify, 0), coalesce(g.orcpt, ''),
  coalesce(g.ret, 0), coalesce(g.envid, '')
from tokens t join message m on m.id = t.message_id join domain o on o.id = m.home
left join given g on g.message_id = t.message_id and g.person_id = t.person_id)",
        delivery_.message, delivery_.person, delivery_.state, delivery_.notify, delivery_.orcpt, delivery_.ret,
        delivery_.envid, holder_.message, holder_.list, excluded_.message, excluded_.user,
        static_cast<std::int32_t>(settings_.undo.count()), unreported_, unproven_);
    changes_.egress = true;
}

// Which language an author reads is guessed from the first mail of theirs that tells.
void Group::guess_language(PublishJob& job)
{
    const auto* author = person(job.message.originator);
    if (author == nullptr || !author->language.empty() || job.message.kind != Kind::message) return;
    auto language = mapping::language_of(job.parsed, job.message.bytes.bytes(), author->address);
    if (language.empty()) return;
    guessed_.person.push_back(author->id);
    guessed_.language.push_back(std::move(language));
}

// Whoever was only known by an address is called as they call themselves.
void Group::learn_name(const PublishJob& job)
{
    const auto& m = job.message;
    const auto* author = person(m.originator);
    const bool proven = m.kind == Kind::message && m.proof != email2::Proof::none;
    if (author == nullptr || !proven || author->native() || !author->name.empty() || m.originator_name.empty()) return;
    named_.person.push_back(author->id);
    named_.name.push_back(m.originator_name);
}

// What the authors themselves are told, once in a thread; a mailing list tells nobody who left it.
void Group::write_follow_ups(Session::Pipeline& pipeline)
{
    if (!guessed_.person.empty())
        pipeline.add(
            "update person p set language = x.language from unnest($1::int4[], $2::text[]) x(id, language) where p.id = x.id and p.language = ''",
            guessed_.person, guessed_.language);
    if (!named_.person.empty())
        pipeline.add(
            "update person p set name = x.name from unnest($1::int4[], $2::text[]) x(id, name) where p.id = x.id and p.name = ''",
            named_.person, named_.name);
    if (skipped_.list.empty()) return;
    pipeline.add(R"(
insert into egress(message_id, person_id, kind, due, sender, content)
select distinct on (x.list, x.author) x.list, x.author, 12, now(), '', convert_to(x.people, 'UTF8')
from unnest($1::int8[], $2::int4[], $3::text[]) x(list, author, people)
where not exists (select from list_root r where r.message_id = x.list)
 and not exists (select from told t where t.message_id = x.list and t.person_id = x.author and t.kind = 12)
 and not exists (select from egress e where e.message_id = x.list and e.person_id = x.author and e.kind = 12))",
        skipped_.list, skipped_.author, skipped_.people);
    changes_.egress = true;
}

void Group::write()
{
    write_large(session_, renditions_);
    Session::Pipeline pipeline(session_);
    if (!new_missing_.hash.empty())
        pipeline.add("insert into missing(hash, id, guid) select * from unnest($1::int8[], $2::int8[], $3::uuid[])",
            new_missing_.hash, new_missing_.id, new_missing_.guid);
    if (!message_.id.empty()) {
        pipeline.add(
            "insert into message(id, thread_id, list_id, parent_id, created, guid, originator, home, more_lists, kind, proof, mid) select * from "
            "unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::timestamptz[], $6::uuid[], $7::int4[], $8::int2[], $9::int2[], $10::int2[], "
            "$11::int2[], $12::text[])",
            message_.id, message_.thread, message_.list, message_.parent, message_.created, message_.guid,
            message_.originator, message_.home, message_.more, message_.kind, message_.proof, message_.mid);
        pipeline.add(
            "insert into revision(message_id, number, actor, rendition_id, document, sha256, authentication) select m, 1, a, r, d, s, t from "
            "unnest($1::int8[], $2::int4[], $3::int8[], $4::bytea[], $5::bytea[], $6::text[]) x(m, a, r, d, s, t)",
            revision_.message, revision_.actor, revision_.rendition, revision_.document, revision_.sha,
            revision_.authentication);
        add_renditions(pipeline, renditions_);
    }
    if (!parent_.message.empty())
        pipeline.add(
            "insert into parent(message_id, n, parent_id, mid, inherited) select * from unnest($1::int8[], $2::int2[], $3::int8[], $4::text[], $5::bool[])",
            parent_.message, parent_.n, parent_.parent, parent_.mid, parent_.inherited);
    if (!more_list_.list.empty())
        pipeline.add("insert into message_list(list_id, message_id) select * from unnest($1::int8[], $2::int8[])",
            more_list_.list, more_list_.message);
    if (!entry_.list.empty())
        pipeline.add(
            "insert into entry(list_id, person_id, role) select * from unnest($1::int8[], $2::int4[], $3::int2[]) on conflict (list_id, person_id) do update "
            "set role = excluded.role where entry.role = 2 and entry.membership = 0",  // who was blind is named now
            entry_.list, entry_.person, entry_.role);
    if (!msgid_.hash.empty())
        pipeline.add("insert into msgid(hash, message_id) select * from unnest($1::int8[], $2::int8[])", msgid_.hash,
            msgid_.message);
    if (!idempotency_.key.empty())
        pipeline.add(
            "insert into idempotency(actor, key, message_id, digest) select * from unnest($1::int4[], $2::text[], $3::int8[], $4::bytea[])",
            idempotency_.actor, idempotency_.key, idempotency_.message, idempotency_.digest);
    if (!full_.message.empty())
        pipeline.add(
            "insert into delivery(message_id, person_id, state, status, text) select m, p, 4, '5.2.2', 'The mailbox is full.' "
            "from unnest($1::int8[], $2::int4[]) x(m, p)",
            full_.message, full_.person);
    write_lists(pipeline);
    write_authors(pipeline);
    write_references(pipeline);
    write_deliveries(pipeline);
    write_follow_ups(pipeline);
    const auto rows = pipeline.run();
    const auto& references = rows[references_at_];
    for (std::size_t i = 0; i < references.size(); ++i) {
        changes_.mailboxes.insert(static_cast<std::int32_t>(references.integer(i, 1)));
        const auto job = job_of_.find(references.integer(i, 0));
        if (job != job_of_.end() && job->second->message.place && *job->second->result &&
            references.integer(i, 1) == job->second->message.place->mailbox)
            (*job->second->result)->uid = static_cast<std::int32_t>(references.integer(i, 2));
    }
}

// Bringing somebody onto a list is a To change, which no other publishing may overlap: the lock that is shared so far
// is raised. Two that do so at once are a deadlock, and tried again.
void Group::lock_joined()
{
    std::vector<Id> lists;
    for (const auto& [list, people] : joined_) lists.push_back(list);
    if (!lists.empty()) lock_lists(session_, lists);
}

// Lists that have somebody now: what nobody was left to see, or everybody who was there had hidden, is archived no
// more.
void Group::settle()
{
    auto lists = unsettled_;
    for (const auto& [list, people] : joined_) lists.push_back(list);
    if (!lists.empty()) settle_fates(session_, lists);
}

// They see what the list has reached before.
void Group::show_joined()
{
    for (const auto& [list, people] : joined_)
        give_back(session_, changes_, {people.begin(), people.end()}, reached(session_, {list}), Back::taken);
}

// Another process may have stored, since this one looked, the parent that is taken for missing here, or the first
// answer to a mail of this group. Events are numbered under a lock that is held to the commit, so whoever comes second
// sees it now, and begins again.
void Group::check_awaited()
{
    std::vector<std::int64_t> arrived;
    for (std::size_t i = 0; i < message_.id.size(); ++i)
        if (message_.mid[i] && message_.kind[i] == static_cast<std::int16_t>(Kind::message))
            arrived.push_back(message_id_hash(*message_.mid[i]));
    if (new_missing_.hash.empty() && arrived.empty()) return;
    number(session_, changes_);
    const auto rows = session_.query(
        "select 1 from msgid where hash = any($1::int8[]) and not message_id = any($3::int8[]) union all "
        "select 1 from missing where hash = any($2::int8[]) and not id = any($4::int8[]) limit 1",
        new_missing_.hash, arrived, message_.id, new_missing_.id);
    if (!rows.empty()) throw DatabaseError("a parent and its answer arrived at the same time", "40001");
}

void Group::run(Session::Pipeline& first)
{
    look_up(first);
    look_up_messages();
    look_up_lists();
    look_up_authors();
    for (auto* job : jobs_) {
        decide(*job);
        guess_language(*job);
        learn_name(*job);
    }
    promote_parents();
    lock_joined();
    write();
    settle();
    show_joined();
    check_awaited();
}

}  // namespace gateway::store::publishing
