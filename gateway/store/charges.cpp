// charges: see the header.
#include "gateway/store/charges.h"

#include "email2/abuse.h"
#include "email2/address.h"
#include "gateway/store/changes.h"

#include <algorithm>

namespace gateway::store {

namespace {

struct Account {
    std::string asked;
    std::int32_t id = 0;
    email2::Storage storage;
    bool fresh = false, full = false;  // counted a moment ago; as it was judged last
};

// Accounts that have a limit, by what they were asked for as. Limits of 0 are asked about with `all`.
std::vector<Account> accounts_of(
    Session& session, const std::vector<std::string>& addresses, std::uint64_t limit, bool all = false)
{
    std::vector<std::string> bases;
    for (const auto& address : addresses) bases.push_back(email2::base_address(address));
    const auto rows = session.query(R"(
select a.asked, p.id, coalesce(p.storage_quota, $3), (select coalesce(sum(m.charged), 0)::int8 from mailbox m where m.user_id = p.id),
 coalesce(p.counted > now() - interval '1 minute', false), p.full_store
from unnest($1::text[], $2::text[]) a(asked, base) join person p on p.id = coalesce(
 (select x.id from person x where x.address = a.asked and x.class = 0), (select x.person_id from alias x where x.address = a.asked),
 (select x.id from person x where x.address = a.base and x.class = 0), (select x.person_id from alias x where x.address = a.base))
where coalesce(p.storage_quota, $3) > 0 or p.full_store or $4)",
        addresses, bases, static_cast<std::int64_t>(limit), all);
    std::vector<Account> accounts;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Account account;
        account.asked = rows.text(i, 0);
        account.id = static_cast<std::int32_t>(rows.integer(i, 1));
        account.storage.limit = static_cast<std::uint64_t>(rows.integer(i, 2));
        account.storage.charged = static_cast<std::uint64_t>(std::max<std::int64_t>(rows.integer(i, 3), 0));
        account.fresh = rows.boolean(i, 4);
        account.full = rows.boolean(i, 5);
        accounts.push_back(std::move(account));
    }
    return accounts;
}

void judge(Session& session, const Account& account)
{
    const bool full = email2::room_for(account.storage, 0) == email2::Room::full;
    if (full != account.full) session.query("update person set full_store = $2 where id = $1", account.id, full);
}

// Posts that a full store did not get, now that there is room: into the INBOX, in the order in which they were posted.
void deliver_held_back(Session& session, std::int32_t posts)
{
    Transaction transaction(session);
    const auto rows = session.query(R"(
with h as materialized (delete from held_back where (person_id, message_id) in (
   select x.person_id, x.message_id from held_back x join person p on p.id = x.person_id where not p.full_store order by x.message_id limit $1)
  returning person_id, message_id),
 fine as (delete from delivery d using h where d.message_id = h.message_id and d.person_id = h.person_id and d.state = 3),
 t as materialized (
  select h.message_id m, h.person_id u, v.rendition_id, p.inbox b, z.size,
   case when exists (select from list_root l where l.message_id = m.list_id) then 256 else 0 end | case when m.taken_back then 128 else 0 end flags
  from h join message m on m.id = h.message_id and m.state = 0 join revision v on v.message_id = m.id and v.number = m.revision
  join rendition z on z.id = v.rendition_id join person p on p.id = h.person_id and p.class = 0
  where not exists (select from ref r where r.message_id = m.id and r.user_id = p.id)
   and exists (select from entry e where e.person_id = p.id and e.membership = 0 and (e.list_id = m.list_id
    or e.list_id in (select l.list_id from message_list l where l.message_id = m.id)))
   and not exists (select from entry o where o.list_id = m.id and o.person_id = p.id and o.membership <> 0)),
 n as materialized (select b, count(*)::int n, sum(size)::int8 charged from t group by b),
 l as materialized (select id from mailbox where id in (select b from n) order by id for no key update),
 up as (update mailbox m set uid_next = m.uid_next + n.n, modseq = m.modseq + 1, charged = m.charged + n.charged
  from n join l on l.id = n.b where m.id = n.b returning m.id, m.uid_next - n.n base, m.modseq)
insert into ref(message_id, rendition_id, modseq, flags, user_id, mailbox_id, uid)
select t.m, t.rendition_id, up.modseq, t.flags, t.u, t.b, up.base + (row_number() over (partition by t.b order by t.m))::int - 1
from t join up on up.id = t.b returning mailbox_id)",
        posts);
    Changes changes;
    for (std::size_t i = 0; i < rows.size(); ++i)
        changes.mailboxes.insert(static_cast<std::int32_t>(rows.integer(i, 0)));
    finish(session, changes);
    transaction.commit();
}

}  // namespace

std::set<std::string> without_room(
    Session& session, const std::vector<std::string>& addresses, std::uint64_t limit, std::uint64_t size)
{
    std::set<std::string> full;
    if (addresses.empty()) return full;
    for (auto& account : accounts_of(session, addresses, limit)) {
        if (email2::room_for(account.storage, size) == email2::Room::full && !account.fresh) {
            count_anew(session, account.id);
            const auto again = accounts_of(session, {account.asked}, limit, true);
            if (!again.empty()) account = again.front();
        }
        judge(session, account);
        if (email2::room_for(account.storage, size) == email2::Room::full) full.insert(account.asked);
    }
    return full;
}

bool has_room(Session& session, const std::string& address, std::uint64_t limit, std::uint64_t size)
{
    return without_room(session, {address}, limit, size).empty();
}

std::optional<email2::Storage> storage_of(Session& session, std::string_view address, std::uint64_t limit)
{
    const auto found = accounts_of(session, {std::string(address)}, limit, true);
    return found.empty() ? std::nullopt : std::optional(found.front().storage);
}

std::optional<email2::Storage> exact_storage_of(Session& session, std::string_view address, std::uint64_t limit)
{
    const auto found = accounts_of(session, {std::string(address)}, limit, true);
    if (!found.empty() && found.front().storage.limit > 0 && !found.front().fresh)
        count_anew(session, found.front().id);
    return storage_of(session, address, limit);
}

bool set_storage_quota(Session& session, std::string_view address, std::optional<std::uint64_t> octets)
{
    const auto value = octets ? std::optional(static_cast<std::int64_t>(*octets)) : std::nullopt;
    return session
               .query(
                   "update person set storage_quota = $2, full_store = false, counted = null where address = $1 and inbox <> 0",
                   address, value)
               .affected() == 1;
}

bool set_send_quota(Session& session, std::string_view address, std::optional<std::uint32_t> messages)
{
    const auto value = messages ? std::optional(static_cast<std::int32_t>(*messages)) : std::nullopt;
    return session.query("update person set send_quota = $2 where address = $1 and inbox <> 0", address, value)
               .affected() == 1;
}

std::optional<std::string> suspension_of(Session& session, std::string_view address)
{
    const auto rows = session.query(
        "select case when isfinite(u.stopped_until) then u.stopped_until end from publishing u join person p on p.id = u.person_id "
        "where p.address = $1 and u.stopped_until > now()",
        address);
    if (rows.empty()) return std::nullopt;
    return email2::suspension_text(rows.null(0, 0) ? std::nullopt : std::optional(rows.time(0, 0)));
}

void lift_suspension(Session& session, std::string_view address)
{
    session.query(
        "update publishing set stopped_until = null, streak = 0 from person p where p.id = person_id and p.address = $1",
        address);
}

// One statement, and so one moment, for what is charged and what should be: what comes meanwhile is added to the same
// row and kept.
void count_anew(Session& session, std::int32_t account)
{
    session.query(R"(
with mine as materialized (select r.message_id m, max(d.size) size from ref r join rendition d on d.id = r.rendition_id
   where r.user_id = $1 and r.mailbox_id <> (select limbo from person where id = $1) group by 1),
 shared as (select coalesce(sum(size / (select greatest(count(distinct o.user_id), 1) from (select user_id from ref where message_id = mine.m limit $2) o)), 0) octets
  from mine),
 alone as (select coalesce(sum(z.size), 0) octets from entry e join message m on m.id = e.list_id and m.originator = $1 and m.state = 0
  join revision v on v.message_id = m.id and v.number = m.revision join rendition z on z.id = v.rendition_id
  where e.person_id = $1 and e.role = 3 and not exists (select from ref r where r.message_id = m.id)),
 before as (select sum(charged) octets from mailbox where user_id = $1)
update mailbox set charged = charged + (shared.octets + alone.octets - before.octets)::int8 from shared, alone, before
where id = (select inbox from person where id = $1))",
        account, static_cast<std::int32_t>(email2::holders_counted));
    session.query("update person set counted = now() where id = $1", account);
}

void note_gone(Session& session, std::int32_t account)
{
    session.query("update person set counted = null where id = $1 and counted is not null", account);
}

void keep_charges(Session& session, std::uint64_t limit, std::int32_t accounts, std::int32_t posts)
{
    const auto least = static_cast<std::int64_t>(limit);
    const auto old = session.query(
        "select id from person where class = 0 and inbox <> 0 and coalesce(storage_quota, $1) > 0 "
        "and (counted is null or counted < now() - interval '1 day') order by counted nulls first limit $2",
        least, accounts);
    for (std::size_t i = 0; i < old.size(); ++i) count_anew(session, static_cast<std::int32_t>(old.integer(i, 0)));
    session.query(
        "with s as (select p.id, coalesce(p.storage_quota, $1) limited, (select coalesce(sum(m.charged), 0) from mailbox m where m.user_id = p.id) charged "
        "from person p where p.class = 0 and p.inbox <> 0 and (p.full_store or coalesce(p.storage_quota, $1) > 0)) "
        "update person p set full_store = s.limited > 0 and s.charged >= s.limited from s "
        "where p.id = s.id and p.full_store <> (s.limited > 0 and s.charged >= s.limited)",
        least);
    deliver_held_back(session, posts);
}

}  // namespace gateway::store
