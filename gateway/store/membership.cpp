#include "gateway/store/membership.h"

#include "gateway/store/effective.h"
#include "gateway/store/fates.h"
#include "gateway/store/flags.h"
#include "gateway/store/relocate.h"

#include <map>

namespace gateway::store {

namespace {

using Id = std::int64_t;
using Ids = std::vector<Id>;
using People = std::vector<std::int32_t>;

// Messages $2 and people $1, each with each, to begin a statement with. Materialised, so that references are looked up
// for each pair by (message, user): a planner that knows the user, and knows nothing yet of what they have got since,
// reads all of theirs for each message.
#define PAIRS(which)                                                                                                                                           \
    "with pair as materialized (select m.id, m.list_id, m.more_lists, m.originator, m.state, m.kind, m.parent_id, m.revision, m.taken_back, p.id u, p.class, " \
    "p.inbox, p.sent, p.drafts, p.trash, p.junk, p.archive, p.limbo from unnest($2::int8[]) x(id) "                                                            \
    "cross join lateral (select * from message where message.id = x.id offset 0) m join person p on p.id = any($1::int4[]) where " which                       \
    "), "

// The references of these people to these messages: of each person, by (message, user) in the one partition that is
// theirs. A plan that takes the people as an array looks into all partitions for each message.
#define REFERENCES(which)                                                                                              \
    "from unnest($1::int4[]) u(id) join person p on p.id = u.id "                                                      \
    "cross join lateral (select * from ref where ref.message_id = any($2::int8[]) and ref.user_id = p.id offset 0) r " \
    "join message m on m.id = r.message_id where " which

Ids ids_of(const Rows& rows)
{
    Ids ids;
    for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(rows.integer(i, 0));
    return ids;
}

bool any_withdrawn(Session& session, const Ids& messages)
{
    return !session.query("select from message where id = any($1::int8[]) and state = 1 limit 1", messages).empty();
}

void set_membership(
    Session& session, Changes& changes, std::int32_t person, const Ids& holders, std::int16_t from, std::int16_t to)
{
    const auto rows = session.query(
        "with e as (update entry set membership = $4, changed_by = $1, at = now() where person_id = $1 and list_id = any($2::int8[]) "
        "and membership = $3 returning list_id) select list_id from e order by list_id",
        person, holders, from, to);
    for (const auto list : ids_of(rows))
        changes.events.push_back({.message = list,
            .actor = person,
            .kind = to == 1 ? email2::EventKind::left : email2::EventKind::rejoined,
            .person = person});
}

// What is read of people's references next is what is there to the commit: nobody moves, copies or expunges one
// meanwhile.
void lock_stores(Session& session, const People& people)
{
    session.query("select from mailbox where user_id = any($1::int4[]) order by id for no key update", people);
}

// A message that somebody is to see and holds no reference to yet.
struct Unseen {
    Id message = 0, rendition = 0, parent = 0;
    std::int32_t user = 0, inbox = 0, limbo = 0;
    std::int32_t beside = 0;  // the folder of their newest reference to the parent, 0: none that counts
    bool withdrawn = false;
    FlagBits flags = 0;
    std::int32_t junk = 0;  // the folder, when it was moderated
};

// Rule 11: what was moderated is Junk in every store here, also in that of who comes later.
void send_to_junk(Session& session, std::vector<Unseen>& unseen)
{
    Ids messages;
    People people;
    for (const auto& one : unseen) {
        messages.push_back(one.message);
        people.push_back(one.user);
    }
    if (unseen.empty()) return;
    const auto rows = session.query(
        "select d.message_id, p.id, p.junk from moderated d, person p where d.message_id = any($1::int8[]) and p.id = any($2::int4[])",
        messages, people);
    std::map<std::pair<Id, std::int32_t>, std::int32_t> junk;
    for (std::size_t i = 0; i < rows.size(); ++i)
        junk[{rows.integer(i, 0), static_cast<std::int32_t>(rows.integer(i, 1))}] =
            static_cast<std::int32_t>(rows.integer(i, 2));
    for (auto& one : unseen)
        if (const auto found = junk.find({one.message, one.user}); found != junk.end()) one.junk = found->second;
}

std::vector<Unseen> unseen(Session& session, const People& people, const Ids& messages)
{
    // clang-format off: SQL put together with macros
    const auto rows = session.query(
        PAIRS("m.state in (0, 1) and m.kind = 0 and p.class = 0 and m.originator <> p.id")
        "t as materialized (select * from pair m where not exists (select from ref r where r.message_id = m.id and r.user_id = m.u offset 0) "
        "and not exists (select from delivery d where d.message_id = m.id and d.person_id = m.u and d.state = 6)) "
        "select t.id, v.rendition_id, t.parent_id, t.u, t.inbox, t.limbo, coalesce(b.mailbox_id, 0), t.state = 1, t.taken_back from t "
        "join revision v on v.message_id = t.id and v.number = t.revision "
        "left join lateral (select r.mailbox_id from ref r where r.message_id = t.parent_id and r.user_id = t.u "
        "and r.mailbox_id not in (t.sent, t.drafts, t.archive, t.junk, t.trash, t.limbo) order by -r.mailbox_id limit 1) b on true "
        "where " EFFECTIVE("t", "t.u") " = 0 order by t.id, t.u", people, messages);
    // clang-format on
    std::vector<Unseen> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto number = [&](int column) { return static_cast<std::int32_t>(rows.integer(i, column)); };
        out.push_back({rows.integer(i, 0), rows.integer(i, 1), rows.integer(i, 2), number(3), number(4), number(5),
            number(6), rows.boolean(i, 7), rows.boolean(i, 8) ? flags::withdrawn : 0});
    }
    send_to_junk(session, out);
    return out;
}

// Rule 2: beside the parent, which may be unseen itself and then appears in the same step. One climb ends at the first
// known place.
std::int32_t place_of(const Unseen& one, std::map<std::pair<std::int32_t, Id>, const Unseen*>& waiting,
    std::map<std::pair<std::int32_t, Id>, std::int32_t>& placed)
{
    std::vector<const Unseen*> climbed;
    std::int32_t place = 0;
    for (const auto* at = &one; place == 0;) {
        climbed.push_back(at);
        const auto parent = std::pair(at->user, at->parent);
        const auto next = waiting.find(parent);
        if (const auto known = placed.find(std::pair(at->user, at->message)); known != placed.end())
            place = known->second;
        else if (at->beside != 0) place = at->beside;
        else if (next == waiting.end() || next->second->withdrawn || next->second->junk != 0 ||
                 climbed.size() > waiting.size())
            place = at->inbox;
        else at = next->second;
    }
    for (const auto* each : climbed) placed[{each->user, each->message}] = place;
    return place;
}

void show(Session& session, Changes& changes, const People& people, const Ids& messages)
{
    const auto all = unseen(session, people, messages);
    if (all.empty()) return;
    std::map<std::pair<std::int32_t, Id>, const Unseen*> waiting;
    for (const auto& one : all) waiting[{one.user, one.message}] = &one;
    std::map<std::pair<std::int32_t, Id>, std::int32_t> placed;
    std::vector<FreshReference> references;
    for (const auto& one : all) {
        const auto place = one.junk != 0 ? one.junk : place_of(one, waiting, placed);
        references.push_back({.message = one.message,
            .rendition = one.rendition,
            .flags = one.flags,
            .user = one.user,
            .mailbox = one.withdrawn ? one.limbo : place,  // withdrawn: undelete will find it there
            .home = one.withdrawn ? place : 0});
    }
    add_references(session, changes, references);
}

}  // namespace

void lock_lists(Session& session, const Ids& messages)
{
    session.query("select from message where id = any($1::int8[]) order by id for no key update", messages);
}

Ids reached(Session& session, const Ids& holders)
{
    return ids_of(session.query("select id from message where list_id = any($1::int8[]) and kind = 0 union "
                                "select message_id from message_list where list_id = any($1::int8[]) order by 1",
        holders));
}

Ids standing_at(Session& session, std::int32_t person, Id message, const Ids& holders, std::int16_t membership)
{
    return ids_of(session.query(
        "select list_id from entry where person_id = $1 and list_id = any($3::int8[]) and membership = $4 and (role <> 2 or list_id = $2) "
        "order by list_id",
        person, message, holders, membership));
}

Id comes_by(Session& session, std::int32_t person, Id message, const Ids& holders, std::int16_t membership)
{
    if (holders.size() == 1) return holders.front();
    const auto lists = standing_at(session, person, message, holders, membership);
    return lists.empty() ? holders.front() : lists.size() == 1 ? lists.front() : message;
}

// A withdrawn message has its references in limbo; a negative home says that undelete puts it into Trash.
void take_away(Session& session, Changes& changes, const People& people, const Ids& messages,
    std::optional<std::int32_t> only_from)
{
    if (people.empty() || messages.empty()) return;
    session.plan_once();
    lock_stores(session, people);
    // clang-format off: SQL put together with macros
    const auto rows = session.query(
        "with t as materialized (select r.user_id, r.mailbox_id, r.uid, r.home, r.flags, m.originator = p.id own, " EFFECTIVE("m", "p.id") " s, p.trash, p.limbo, p.sent, p.drafts "
        REFERENCES("r.mailbox_id <> p.limbo") ") "
        "select user_id, mailbox_id, uid, case when s = 1 then trash else limbo end target, case when mailbox_id = trash then home else mailbox_id end was from t "
        "where (s = 1 and mailbox_id not in (trash, sent, drafts) and ($3 = 0 or (mailbox_id = $3 and flags & 2 = 0))) or (coalesce(s, 2) = 2 and not own) "
        "order by user_id, mailbox_id, uid", people, messages, only_from.value_or(0));
    // clang-format on
    relocate(session, changes, relocations_of(rows));
    if (any_withdrawn(session, messages))
        // clang-format off: SQL put together with macros
        session.query(
            "with t as materialized (select r.user_id, r.mailbox_id, r.uid, " EFFECTIVE("m", "p.id") " s, m.originator = p.id own "
            REFERENCES("m.state = 1 and r.mailbox_id = p.limbo and r.home not in (0, p.sent, p.drafts) and ($3 = 0 or (r.home = $3 and r.flags & 2 = 0))") ") "
            "update ref r set home = case when t.s = 1 then -abs(r.home) else abs(r.home) end from t where r.user_id = t.user_id and r.mailbox_id = t.mailbox_id "
            "and r.uid = t.uid and (t.s = 1 or (coalesce(t.s, 2) = 2 and not t.own))", people, messages, only_from.value_or(0));
    // clang-format on
}

void give_back(Session& session, Changes& changes, const People& people, const Ids& messages, Back what)
{
    if (people.empty() || messages.empty()) return;
    session.plan_once();
    lock_stores(session, people);
    const bool everything = what == Back::everything;
    // clang-format off: SQL put together with macros
    const auto rows = session.query(
        "with t as materialized (select m.id, r.user_id, r.mailbox_id, r.uid, p.inbox, p.trash, abs(r.home) home, " EFFECTIVE("m", "p.id") " s "
        REFERENCES("m.state = 0 and r.home <> 0 and (r.mailbox_id = p.limbo or ($3 and r.mailbox_id = p.trash and r.home not in (p.sent, p.drafts)))") ") "
        "select t.user_id, t.mailbox_id, t.uid, coalesce(nullif(b.id, t.trash), t.inbox), 0 from t "
        "left join mailbox b on b.id = t.home and b.user_id = t.user_id "  // a folder that is gone: the top level
        "where t.s = 0 order by t.id, t.uid", people, messages, everything);
    // clang-format on
    relocate(session, changes, relocations_of(rows));
    if (everything && any_withdrawn(session, messages))
        // clang-format off: SQL put together with macros
        session.query(
            "with t as materialized (select r.user_id, r.mailbox_id, r.uid, " EFFECTIVE("m", "p.id") " s "
            REFERENCES("m.state = 1 and r.mailbox_id = p.limbo and r.home < 0 and -r.home not in (p.sent, p.drafts)") ") "
            "update ref r set home = -r.home from t where r.user_id = t.user_id and r.mailbox_id = t.mailbox_id and r.uid = t.uid and t.s = 0", people, messages);
    // clang-format on
    show(session, changes, people, messages);
}

void leave_lists(
    Session& session, Changes& changes, std::int32_t person, const Ids& holders, std::optional<std::int32_t> only_from)
{
    if (holders.empty()) return;
    session.plan_once();
    lock_lists(session, holders);
    set_membership(session, changes, person, holders, 0, 1);
    settle_fates(session, holders);
    take_away(session, changes, {person}, reached(session, holders), only_from);
}

void rejoin_lists(Session& session, Changes& changes, std::int32_t person, const Ids& holders)
{
    if (holders.empty()) return;
    session.plan_once();
    lock_lists(session, holders);
    set_membership(session, changes, person, holders, 1, 0);
    const auto messages = reached(session, holders);
    session.query(
        "delete from entry e using message m where m.id = any($2::int8[]) and e.list_id = m.id and m.list_id <> m.id and e.person_id = $1 "
        "and e.membership = 1",
        person, messages);  // hidden ones come back with the thread
    settle_fates(session, holders);
    give_back(session, changes, {person}, messages, Back::everything);
}

void hide(Session& session, Changes& changes, std::int32_t person, Id message)
{
    session.query(
        "insert into entry(list_id, person_id, membership, changed_by) values ($1, $2, 1, $2) "
        "on conflict (list_id, person_id) do update set membership = 1, changed_by = excluded.changed_by, at = now()",
        message, person);
    settle_fates(session, {message}, {message});  // should it hold a list, that is left
    changes.events.push_back({.message = message, .actor = person, .kind = email2::EventKind::left, .person = person});
}

void unhide(Session& session, Changes& changes, std::int32_t person, Id message)
{
    // On a post that holds a list of its own beside a mailing list's, an entry is more than a mark: it must not be
    // lost.
    const auto kept = session.query(
        "update entry set membership = 0, changed_by = $2, at = now() where list_id = $1 and person_id = $2 and membership = 1 "
        "and exists (select from message_list where list_id = $1 and message_id = $1) returning 1",
        message, person);
    if (!kept.empty()) {
        changes.events.push_back(
            {.message = message, .actor = person, .kind = email2::EventKind::rejoined, .person = person});
        return;
    }
    const auto rows = session.query(
        "delete from entry e using message m where m.id = $1 and m.list_id <> m.id and e.list_id = m.id and e.person_id = $2 "
        "and e.membership = 1 returning 1",
        message, person);
    if (rows.empty()) return;
    settle_fates(session, {}, {message});
    changes.events.push_back(
        {.message = message, .actor = person, .kind = email2::EventKind::rejoined, .person = person});
}

void settle_trash(
    Session& session, Changes& changes, std::int32_t user, const Ids& messages, std::int32_t folder, LeaveScope scope)
{
    // Who is not on the list any more (a flagged answer stayed in its folder when its thread was left) has nothing to
    // leave.
    // clang-format off: SQL put together with macros
    const auto rows = session.query(
        "select m.id, m.list_id = m.id from message m join person p on p.id = $1 where m.id = any($2::int8[]) and m.kind = 0 "
        "and exists (select from ref r where r.message_id = m.id and r.user_id = p.id and r.mailbox_id = p.trash and r.home not in (0, p.sent, p.drafts)) "
        "and not exists (select from ref r where r.message_id = m.id and r.user_id = p.id and r.mailbox_id not in (p.trash, p.sent, p.drafts, p.limbo)) "
        "and " EFFECTIVE("m", "p.id") " = 0 order by m.id", user, messages);
    // clang-format on
    Ids threads;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!rows.boolean(i, 1)) hide(session, changes, user, rows.integer(i, 0));
        else if (scope == LeaveScope::thread) threads.push_back(rows.integer(i, 0));
    }
    leave_lists(session, changes, user, threads, folder);
}

void settle_return(Session& session, Changes& changes, std::int32_t user, const Ids& messages)
{
    for (const auto message : messages) unhide(session, changes, user, message);
    const auto holders = ids_of(session.query(
        "select distinct e.list_id from (select id, list_id l from message where id = any($2::int8[]) and kind = 0 union "
        "select message_id, list_id from message_list where message_id = any($2::int8[])) h "
        "join entry e on e.list_id = h.l and e.person_id = $1 and e.membership = 1 and (e.role <> 2 or e.list_id = h.id) order by 1",
        user, messages));
    rejoin_lists(session, changes, user, holders);
}

}  // namespace gateway::store
