#include "gateway/store/relocate.h"

#include <algorithm>

namespace gateway::store {

void lock_mailboxes(Session& session, std::vector<std::int32_t> ids)
{
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    if (!ids.empty())
        session.query("select from mailbox where id = any($1::int4[]) order by id for no key update", ids);
}

std::vector<Relocation> relocations_of(const Rows& rows)
{
    std::vector<Relocation> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto number = [&](int column) { return static_cast<std::int32_t>(rows.integer(i, column)); };
        out.push_back(
            {.user = number(0), .mailbox = number(1), .uid = number(2), .target = number(3), .home = number(4)});
    }
    return out;
}

// A mailbox that is source and target at once must be updated once: `touched` sums both sides. What arrives in a
// mailbox is an array of the parameters' positions in one row, so that nothing joins two sets that the planner takes
// for small.
static constexpr const char* relocate_statement = R"(
with here as materialized (
  select i.n, i.mailbox_id, i.uid, i.target
  from unnest($1::int4[], $2::int4[], $3::int4[], $4::int4[]) with ordinality i(user_id, mailbox_id, uid, target, n)
  cross join lateral (select from ref where ref.user_id = i.user_id and ref.mailbox_id = i.mailbox_id and ref.uid = i.uid offset 0) r),
 touched as materialized (
  select id, count(n)::int arriving, array_agg(n order by n) filter (where n is not null) ns, range_agg(int4range(gone, gone + 1)) filter (where gone is not null) gone
  from (select target id, n, null::int gone from here union all select mailbox_id, null, uid from here) x group by id),
 up as (
  update mailbox m set uid_next = m.uid_next + t.arriving, modseq = m.modseq + 1 from touched t where m.id = t.id
  returning m.id, m.user_id, m.uid_next - t.arriving base, m.modseq, t.ns, t.gone),
 expunged as (
  insert into expunge(user_id, mailbox_id, modseq, uids) select user_id, id, modseq, gone from up where gone is not null)
update ref r set mailbox_id = h.id, uid = h.base + h.k - 1, modseq = h.modseq, home = ($8::int4[])[h.n],
  rendition_id = case when ($5::int8[])[h.n] = 0 then r.rendition_id else ($5::int8[])[h.n] end,
  flags = (r.flags & ~($7::int8[])[h.n]) | ($6::int8[])[h.n]
from (select up.id, up.base, up.modseq, x.n, x.k::int k from up, unnest(up.ns) with ordinality x(n, k)) h
where r.user_id = ($1::int4[])[h.n] and r.mailbox_id = ($2::int4[])[h.n] and r.uid = ($3::int4[])[h.n]
returning h.n, r.uid)";

std::vector<std::int32_t> relocate(Session& session, Changes& changes, const std::vector<Relocation>& relocations)
{
    std::vector<std::int32_t> uids(relocations.size(), 0);
    if (relocations.empty()) return uids;
    std::vector<std::int32_t> user, mailbox, uid, target, home, locked;
    std::vector<std::int64_t> rendition, set_flags, clear_flags;
    for (const auto& r : relocations) {
        user.push_back(r.user);
        mailbox.push_back(r.mailbox);
        uid.push_back(r.uid);
        target.push_back(r.target);
        rendition.push_back(r.rendition);
        set_flags.push_back(r.set_flags);
        clear_flags.push_back(r.clear_flags);
        home.push_back(r.home);
        locked.push_back(r.mailbox);
        locked.push_back(r.target);
    }
    session.plan_once();
    lock_mailboxes(session, locked);
    const auto rows =
        session.query(relocate_statement, user, mailbox, uid, target, rendition, set_flags, clear_flags, home);
    for (std::size_t i = 0; i < rows.size(); ++i)
        uids.at(static_cast<std::size_t>(rows.integer(i, 0)) - 1) = static_cast<std::int32_t>(rows.integer(i, 1));
    changes.mailboxes.insert(locked.begin(), locked.end());
    return uids;
}

void add_references(Session& session, Changes& changes, const std::vector<FreshReference>& references)
{
    std::vector<std::int64_t> message, rendition, flags;
    std::vector<std::int32_t> user, mailbox, home;
    for (const auto& one : references) {
        message.push_back(one.message);
        rendition.push_back(one.rendition);
        flags.push_back(one.flags);
        user.push_back(one.user);
        mailbox.push_back(one.mailbox);
        home.push_back(one.home);
    }
    lock_mailboxes(session, mailbox);
    session.query(R"(
with n as materialized (select b, count(*)::int n, array_agg(n order by n) ns from unnest($4::int4[]) with ordinality t(b, n) group by b),
 up as (update mailbox m set uid_next = m.uid_next + n.n, modseq = m.modseq + 1 from n where m.id = n.b returning m.id, m.uid_next - n.n base, m.modseq, n.ns)
insert into ref(message_id, rendition_id, modseq, user_id, mailbox_id, uid, home, flags)
select ($1::int8[])[x.n], ($2::int8[])[x.n], up.modseq, ($3::int4[])[x.n], up.id, up.base + x.k::int - 1, ($5::int4[])[x.n], ($6::int8[])[x.n]
from up, unnest(up.ns) with ordinality x(n, k))",
        message, rendition, user, mailbox, home, flags);
    changes.mailboxes.insert(mailbox.begin(), mailbox.end());
}

}  // namespace gateway::store
