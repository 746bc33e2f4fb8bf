#include "gateway/store/invariants.h"

#include "gateway/store/effective.h"

#include <map>

namespace gateway::store {

namespace {

constexpr std::size_t most_examples = 3;

struct Invariant {
    const char* sentence;
    const char* sql;  // one text column: a violation a row
};

// A row of a table whose message is not there.
#define ORPHANS(table, column, id)                                                                                     \
    "select '" table " ' || t." id " from " table " t where not exists (select from message m where m.id = t." column  \
    ")"

#define ONCE_A_LIST(id)                                                                                                \
    "(exists (select from list_root t where t.message_id = " id                                                        \
    ") or exists (select from audit t where t.message_id = " id " and t.act = 'list.remove'))"

constexpr Invariant all[] = {
    // lists
    {"a list is held by a message that holds its own",
        "select 'message ' || m.id || ' by ' || x.l from (select id, list_id l from message union all select message_id, list_id from message_list) x "
        "join message m on m.id = x.id left join message h on h.id = x.l where h.id is null or (h.list_id <> h.id and not exists "
        "(select from message_list l where l.list_id = h.id and l.message_id = h.id))"},
    {"a message counts its further lists",
        "select 'message ' || m.id from message m where m.more_lists <> (select count(*) from message_list l where l.message_id = m.id and l.list_id <> m.list_id)"},
    // A post by who is no member holds a list of its own beside, for its guests.
    {"a message is held where the parents are that it inherits from",
        "select 'message ' || m.id from message m where m.list_id <> m.id and exists (select from parent p where p.message_id = m.id and p.inherited) and "
        "array(select m.list_id union select list_id from message_list where message_id = m.id and list_id <> m.id order by 1) is distinct from "
        "array(select h.l from parent p join lateral (select q.list_id l from message q where q.id = p.parent_id union select list_id from message_list "
        "where message_id = p.parent_id) h on true where p.message_id = m.id and p.inherited group by h.l order by 1)"},
    {"an entry at a message that inherits hides it or excludes somebody",
        "select 'message ' || e.list_id || ' person ' || e.person_id from entry e join message m on m.id = e.list_id where m.list_id <> m.id and e.membership = 0 "
        "and not exists (select from message_list l where l.list_id = m.id and l.message_id = m.id)"},
    {"only a withdrawn message was withdrawn by somebody",
        "select 'message ' || id from message where state <> 3 and (state = 1) <> (withdrawn_by <> 0)"},
    {"a message is archived exactly while nobody who counts is on its list",
        "select 'message ' || m.id from message m where m.kind = 0 and m.state in (0, 2) and not exists (select from list_root r where r.message_id = m.id) and "
        "(m.state = 2) <> not exists (select from (select m.list_id l union select x.list_id from message_list x where x.message_id = m.id) h "
        "join entry e on e.list_id = h.l and e.membership = 0 and (e.role <> 2 or h.l = m.id) "
        "join person p on p.id = e.person_id and (p.class <> 2 or exists (select from list_root r where r.message_id = h.l)) "
        "where h.l = m.id or not exists (select from entry o where o.list_id = m.id and o.person_id = e.person_id and o.membership <> 0))"},
    {"what lies in cold storage is gone, and nowhere else",
        "select 'message ' || k.message_id from cold k left join message m on m.id = k.message_id where m.state is distinct from 3 or m.since is not null "
        "or exists (select from revision v where v.message_id = k.message_id) or exists (select from ref r where r.message_id = k.message_id)"},
    {"a parent that is missing is not here",
        "select 'hash ' || x.hash from missing x where exists (select from message m where m.id = x.id) or exists (select from msgid i join message m on m.id = i.message_id "
        "and m.kind = 0 where i.hash = x.hash)"},
    {"a parent is here, or missing",
        "select 'message ' || p.message_id || ' parent ' || p.parent_id from parent p where not exists (select from message m where m.id = p.parent_id) "
        "and not exists (select from missing x where x.id = p.parent_id) and p.inherited"},

    // references and the effective list
    {"nobody sees what they may not",
        "select 'message ' || m.id || ' person ' || r.user_id from ref r join mailbox b on b.id = r.mailbox_id and b.use <> 7 join message m on m.id = r.message_id "
        "where m.originator <> r.user_id and (m.kind = 1 or (m.kind = 0 and coalesce(" EFFECTIVE(
            "m", "r.user_id") ", 2) = 2))"},
    {"a withdrawn message is in no mailbox",
        "select 'message ' || m.id || ' person ' || r.user_id from ref r join mailbox b on b.id = r.mailbox_id and b.use <> 7 join message m on m.id = r.message_id "
        "where m.state = 1"},
    // Not who filed or expunged it, who became an account later, or had it by other means. A list root lies in no
    // mailbox, and who subscribes
    // gets what comes from then on; so it was with one that is none any more.
    {"whoever is on a list has what it reaches",
        "select 'message ' || m.id || ' person ' || p.id from message m join lateral (select e.person_id from entry e where (e.list_id = m.list_id or e.list_id in "
        "(select l.list_id from message_list l where l.message_id = m.id)) and (e.at < m.created or not " ONCE_A_LIST(
            "e.list_id") ") "
                         "group by 1) e on true join person p on p.id = e.person_id and p.class = 0 "
                         "join mailbox b on b.id = p.inbox and b.uid_validity <= extract(epoch from m.created) "
                         "where m.kind = 0 and m.state in (0, 1) and m.originator <> p.id and " EFFECTIVE("m",
                             "p.id") " = 0 "
                                     "and not " ONCE_A_LIST(
                                         "m.id") " and exists (select from event v where v.message_id = m.id and v.kind = 0) "
                                                 "and not exists (select from ref r where r.message_id = m.id and r.user_id = p.id) "
                                                 "and not exists (select from event v where v.message_id = m.id and v.actor = p.id and v.kind = 11) "
                                                 "and not exists (select from delivery d where d.message_id = m.id and d.person_id = p.id and d.state = 6)"},

    // UIDs, modseqs, events
    {"a reference is in a mailbox of its user",
        "select 'user ' || r.user_id || ' mailbox ' || r.mailbox_id || ' uid ' || r.uid from ref r left join mailbox b on b.id = r.mailbox_id "
        "where b.user_id is distinct from r.user_id"},
    {"UIDs and modseqs are below their mailbox's",
        "select 'mailbox ' || b.id || ' uid ' || r.uid from ref r join mailbox b on b.id = r.mailbox_id where r.uid < 1 or r.uid >= b.uid_next or r.modseq > b.modseq"},
    {"an expunged UID never returns",
        "select 'mailbox ' || x.mailbox_id || ' modseq ' || x.modseq from expunge x join mailbox b on b.id = x.mailbox_id where x.modseq > b.modseq "
        "or exists (select from ref r where r.user_id = x.user_id and r.mailbox_id = x.mailbox_id and x.uids @> r.uid) or upper(range_merge(x.uids)) > b.uid_next"},
    {"an account has its mailboxes",
        "select 'person ' || p.id from person p where p.class = 0 and (select count(*) from mailbox b where b.user_id = p.id and (b.id, b.use) in "
        "((p.inbox, 1), (p.sent, 2), (p.drafts, 3), (p.trash, 4), (p.junk, 5), (p.archive, 6), (p.limbo, 7))) <> 7"},
    {"events are numbered by their sequence",
        "select 'event ' || e.seq from event e, event_sequence s where e.seq > s.last_value or e.seq < 1"},

    // revisions and renditions
    {"a message has every revision up to its newest",
        "select 'message ' || m.id from message m left join revision v on v.message_id = m.id where m.state <> 3 group by m.id, m.revision having count(v.number) <> m.revision "
        "or min(v.number) is distinct from 1 or max(v.number) is distinct from m.revision"},
    {"a revision has its rendition",
        "select 'message ' || v.message_id || ' revision ' || v.number from revision v where not exists (select from rendition r where r.id = v.rendition_id "
        "and r.message_id = v.message_id)"},
    {"a rendition has its content unless it was redacted",
        "select 'rendition ' || r.id from rendition r left join revision v on v.message_id = r.message_id and v.rendition_id = r.id "
        "where not coalesce(v.redacted, false) and r.size > length(r.trace) and not exists (select from body b where b.rendition_id = r.id)"},
    {"a reference shows the newest revision, or one's own copy",
        "select 'user ' || r.user_id || ' mailbox ' || r.mailbox_id || ' uid ' || r.uid from ref r left join rendition v on v.id = r.rendition_id "
        "left join message m on m.id = r.message_id where v.id is null or m.id is null or v.message_id <> m.id or v.owner not in (0, r.user_id) "
        "or (v.owner = 0 and v.revision <> m.revision)"},

    // orphans
    // clang-format off: SQL put together with macros
    {"no revision, rendition or content is left alone",
     ORPHANS("revision", "message_id", "message_id") " union all " ORPHANS("rendition", "message_id", "id") " union all "
     "select 'body ' || b.rendition_id from body b where not exists (select from rendition r where r.id = b.rendition_id) union all "
     "select 'search text ' || s.rendition_id from search_text s where not exists (select from rendition r where r.id = s.rendition_id)"},
    {"no entry, parent, delivery, mail in the queue or event is left alone",
     ORPHANS("entry", "list_id", "list_id") " union all " ORPHANS("parent", "message_id", "message_id") " union all "
     ORPHANS("message_list", "message_id", "message_id") " union all " ORPHANS("delivery", "message_id", "message_id") " union all "
     ORPHANS("egress", "message_id", "id") " union all " ORPHANS("event", "message_id", "seq") " union all "
     ORPHANS("msgid", "message_id", "message_id") " union all " ORPHANS("blob_use", "message_id", "message_id")},
    // clang-format on
    // One that nothing uses any more is for maintenance to collect.
    {"a blob is whole",
        "select 'blob ' || encode(b.sha256, 'hex') from blob b where b.size <> (select coalesce(sum(length(c.data)), 0) from chunk c where c.sha256 = b.sha256)"},
    {"what a body or a chunk belongs to is there",
        "select 'body ' || y.rendition_id from body y where y.blob is not null and not exists (select from blob b where b.sha256 = y.blob) union all "
        "select distinct 'chunk ' || encode(c.sha256, 'hex') from chunk c where not exists (select from blob b where b.sha256 = c.sha256) "
        "and not exists (select from staged s where s.key = c.sha256)"},
};

}  // namespace

std::vector<std::string> invariants()
{
    std::vector<std::string> out;
    for (const auto& invariant : all) out.emplace_back(invariant.sentence);
    return out;
}

std::vector<Broken> broken_invariants(Session& session)
{
    Transaction transaction(session);
    session.command("set transaction isolation level repeatable read, read only");
    static const auto statements = [] {
        std::map<std::string, std::string> out;
        for (const auto& invariant : all)
            out[invariant.sentence] =
                std::string("with violation(v) as materialized (") + invariant.sql +
                ") select (select count(*) from violation), array(select v from violation order by v limit " +
                std::to_string(most_examples) + ")";
        return out;
    }();
    std::vector<Broken> out;
    for (const auto& invariant : all) {
        const auto rows = session.query(statements.at(invariant.sentence));
        if (rows.integer(0, 0) > 0) out.push_back({invariant.sentence, rows.integer(0, 0), rows.texts(0, 1)});
    }
    return out;
}

}  // namespace gateway::store
