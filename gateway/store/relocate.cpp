#include "gateway/store/relocate.h"

#include <algorithm>

namespace gateway::store {

void lock_mailboxes(Session& session, std::vector<std::int32_t> ids)
{
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    if (!ids.empty()) session.query("select from mailbox where id = any($1::int4[]) order by id for no key update", ids);
}

std::vector<Relocation> relocations_of(const Rows& rows)
{
    std::vector<Relocation> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto number = [&](int column) { return static_cast<std::int32_t>(rows.integer(i, column)); };
        out.push_back({.user = number(0), .mailbox = number(1), .uid = number(2), .target = number(3), .home = number(4)});
    }
    return out;
}

// A mailbox that is source and target at once must be updated once: `touched` sums both sides.
static constexpr const char* relocate_statement = R"(
with input as materialized (
  select * from unnest($1::int4[], $2::int4[], $3::int4[], $4::int4[], $5::int8[], $6::int8[], $7::int8[], $8::int4[]) with ordinality
    i(user_id, mailbox_id, uid, target, rendition, set_flags, clear_flags, home, n)),
 here as materialized (
  select i.*, row_number() over (partition by i.target order by i.n)::int k
  from input i join ref r on r.user_id = i.user_id and r.mailbox_id = i.mailbox_id and r.uid = i.uid),
 touched as (
  select id, sum(arriving)::int n
  from (select target id, 1 arriving from here union all select mailbox_id, 0 from here) x group by id),
 up as (
  update mailbox m set uid_next = m.uid_next + t.n, modseq = m.modseq + 1 from touched t where m.id = t.id
  returning m.id, m.uid_next - t.n base, m.modseq),
 gone as (
  insert into expunge(user_id, mailbox_id, modseq, uids)
  select h.user_id, h.mailbox_id, up.modseq, range_agg(int4range(h.uid, h.uid + 1))
  from here h join up on up.id = h.mailbox_id group by 1, 2, 3)
update ref r set mailbox_id = h.target, uid = up.base + h.k - 1, modseq = up.modseq, home = h.home,
  rendition_id = case when h.rendition = 0 then r.rendition_id else h.rendition end,
  flags = (r.flags & ~h.clear_flags) | h.set_flags
from here h join up on up.id = h.target
where r.user_id = h.user_id and r.mailbox_id = h.mailbox_id and r.uid = h.uid
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
    lock_mailboxes(session, locked);
    const auto rows = session.query(relocate_statement, user, mailbox, uid, target, rendition, set_flags, clear_flags, home);
    for (std::size_t i = 0; i < rows.size(); ++i)
        uids.at(static_cast<std::size_t>(rows.integer(i, 0)) - 1) = static_cast<std::int32_t>(rows.integer(i, 1));
    changes.mailboxes.insert(locked.begin(), locked.end());
    return uids;
}

}  // namespace gateway::store
