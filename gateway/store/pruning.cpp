#include "gateway/store/pruning.h"

#include "email2/abuse.h"
#include "gateway/store/fates.h"
#include "gateway/store/hash.h"
#include "gateway/store/mailbox_purge.h"
#include "gateway/store/maintenance_limits.h"
#include "gateway/store/report_limits.h"

namespace gateway::store {

namespace {

double seconds(std::chrono::seconds duration)
{
    return static_cast<double>(duration.count());
}

Batch of(const Rows& rows)
{
    return {rows.affected(), rows.affected() == static_cast<std::size_t>(limits::batch_rows)};
}

}  // namespace

// In the order of their numbers, which is nearly that of their times: the first one that is still kept keeps all after
// it.
Batch prune_events(Care& care)
{
    if (care.settings.events_keep.count() == 0) return {};
    Transaction transaction(care.session);
    const auto rows = care.session.query(R"(
with page as materialized (select seq, at < now() - make_interval(secs => $1) old from event order by seq limit $2),
 upto as (select max(seq) seq from page where seq < coalesce((select min(seq) from page where not old), 9223372036854775807)),
 floor as (update event_floor f set seq = greatest(f.seq, upto.seq) from upto where upto.seq is not null)
delete from event using upto where event.seq <= upto.seq)",
        seconds(care.settings.events_keep), limits::batch_rows);
    transaction.commit();
    return of(rows);
}

namespace {

struct Page {
    std::vector<std::string> unused;
    bool more = false;
};

// The next blobs by their digest, and which of them nothing seems to use.
Page look_at_blobs(Care& care)
{
    const auto rows = care.session.query(R"(
select b.sha256, b.size, b.at < now() - make_interval(secs => $3)
  and not exists (select from blob_use u where u.sha256 = b.sha256) and not exists (select from upload u where u.sha256 = b.sha256)
  and not exists (select from body o where o.blob = b.sha256)
from (select * from blob where sha256 > $1 order by sha256 limit $2) b order by b.sha256)",
        Bytes{from_hex(care.position)}, limits::batch_looked_at, seconds(limits::blob_grace));
    Page page;
    page.more = rows.size() == static_cast<std::size_t>(limits::batch_looked_at);
    std::uint64_t octets = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        care.position = to_hex(rows.octets(i, 0));
        if (!rows.boolean(i, 2)) continue;
        page.unused.push_back(rows.text(i, 0));
        octets += static_cast<std::uint64_t>(rows.integer(i, 1));
        if (octets < limits::batch_octets) continue;
        page.more = page.more || i + 1 < rows.size();
        break;
    }
    return page;
}

std::vector<Bytes> views(const std::vector<std::string>& digests)
{
    std::vector<Bytes> out;
    for (const auto& digest : digests) out.push_back({digest});
    return out;
}

std::vector<std::string> first_column(const Rows& rows)
{
    std::vector<std::string> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(rows.text(i, 0));
    return out;
}

}  // namespace

Batch collect_blobs(Care& care)
{
    const auto page = look_at_blobs(care);
    if (page.unused.empty()) return {0, page.more};
    care.step("blobs found");
    Transaction transaction(care.session);
    // Those that somebody holds are about to be used. Who comes now waits for us, and finds the blob either here or to
    // be written anew.
    const auto ours = first_column(care.session.query(
        "select sha256 from blob where sha256 = any($1::bytea[]) order by sha256 for update skip locked",
        views(page.unused)));
    care.step("blobs held");
    // A statement of its own: it sees what was committed by whoever held them before.
    const auto gone = first_column(care.session.query(R"(
delete from blob b where b.sha256 = any($1::bytea[]) and not exists (select from blob_use u where u.sha256 = b.sha256)
 and not exists (select from upload u where u.sha256 = b.sha256) and not exists (select from body o where o.blob = b.sha256) returning sha256)",
        views(ours)));
    care.session.query("delete from chunk where sha256 = any($1::bytea[])", views(gone));
    care.step("blobs deleted");
    transaction.commit();
    return {gone.size(), page.more};
}

// What came whole and serves no message, after a week; what stopped half way, after an hour, with its pieces: of one
// upload at a time, for these may be many.
Batch prune_uploads(Care& care)
{
    const auto stopped = care.session.query(
        "with gone as (delete from staged where key = (select key from staged where at < now() - make_interval(secs => $1) order by at limit 1) "
        "and at < now() - make_interval(secs => $1) returning key), pieces as (delete from chunk using gone where chunk.sha256 = gone.key) "
        "select from gone",
        seconds(limits::staged_keep));
    if (!stopped.empty()) return {1, true};
    return of(care.session.query(
        "delete from upload where ctid = any(array(select ctid from upload where at < now() - make_interval(secs => $1) limit $2)) "
        "and at < now() - make_interval(secs => $1)",
        seconds(limits::upload_keep), limits::batch_rows));
}

Batch prune_idempotency(Care& care)
{
    return of(care.session.query(
        "delete from idempotency where ctid = any(array(select ctid from idempotency where at < now() - make_interval(secs => $1) limit $2))",
        seconds(limits::idempotency_keep), limits::batch_rows));
}

Batch prune_tokens(Care& care)
{
    care.session.query(
        "delete from relayed where ctid = any(array(select ctid from relayed where at < now() - make_interval(hours => $1) limit $2))",
        static_cast<std::int32_t>(limits::relay_keep.count()), limits::batch_rows);
    return of(care.session.query(
        "delete from token where ctid = any(array(select ctid from token where expires < now() - make_interval(secs => $1) limit $2)) "
        "and expires < now()",
        seconds(limits::token_grace), limits::batch_rows));
}

Batch prune_told(Care& care)
{
    care.session.query(
        "delete from confirmation where ctid = any(array(select ctid from confirmation where at < now() - make_interval(secs => $1) limit $2)) "
        "and at < now() - make_interval(secs => $1)",
        seconds(limits::confirmation_keep), limits::batch_rows);
    const auto old = care.session.query(
        "delete from told where ctid = any(array(select ctid from told where kind <> 12 and at < now() - make_interval(secs => $1) limit $2))",
        seconds(limits::told_keep), limits::batch_rows);
    if (old.affected() == static_cast<std::size_t>(limits::batch_rows)) return {old.affected(), true};
    // Once in a thread: for as long as that.
    const auto gone =
        care.session.query("delete from told where ctid = any(array(select ctid from told t where t.kind = 12 "
                           "and not exists (select from message m where m.id = t.message_id) limit $1))",
            limits::batch_rows);
    return {old.affected() + gone.affected(), gone.affected() == static_cast<std::size_t>(limits::batch_rows)};
}

Batch prune_trust(Care& care)
{
    // Below ten half-lives nothing is looked at: one message fades to a thousandth in them.
    constexpr auto half_life = std::chrono::duration<double>(email2::trust_half_life);
    return of(care.session.query(
        "delete from trust where ctid = any(array(select ctid from trust where at < now() - make_interval(secs => $1 * 10) "
        "and greatest(messages, complaints) * power(0.5, extract(epoch from now() - at)::float8 / $1) < $2 limit $3)) "
        "and at < now() - make_interval(secs => $1 * 10)",
        half_life.count(), limits::trust_forgotten, limits::batch_rows));
}

Batch prune_imports(Care& care)
{
    return of(care.session.query(
        "delete from import_checkpoint where ctid = any(array(select ctid from import_checkpoint where at < now() - make_interval(secs => $1) limit $2)) "
        "and at < now() - make_interval(secs => $1)",
        seconds(limits::import_keep), limits::batch_rows));
}

// By their hash. Who names such a parent again holds its row from before that is written to the commit
// (publish_look_up.cpp): those are skipped, and what was committed before is seen by the second statement.
Batch prune_missing(Care& care)
{
    const auto page = care.session.query("select hash, id from missing where hash > $1 order by hash limit $2",
        care.position.empty() ? INT64_MIN : care.after(), limits::batch_rows);
    if (page.empty()) return {};
    std::vector<std::int64_t> hashes;
    for (std::size_t i = 0; i < page.size(); ++i) hashes.push_back(page.integer(i, 0));
    care.step("missing found");
    Transaction transaction(care.session);
    std::vector<std::int64_t> ours;
    const auto held = care.session.query(
        "select hash from missing x where hash = any($1::int8[]) and not exists (select from parent p where p.parent_id = x.id) "
        "and not exists (select from message m where m.thread_id = x.id) order by hash for update skip locked",
        hashes);
    for (std::size_t i = 0; i < held.size(); ++i) ours.push_back(held.integer(i, 0));
    care.step("missing held");
    const auto gone = care.session.query(
        "delete from missing x where hash = any($1::int8[]) and not exists (select from parent p where p.parent_id = x.id) "
        "and not exists (select from message m where m.thread_id = x.id)",
        ours);
    transaction.commit();
    care.position = std::to_string(hashes.back());
    return {gone.affected(), page.size() == static_cast<std::size_t>(limits::batch_rows)};
}

// A mailbox at a time. The merged row has the newest of the old numbers: who asks from before it is told all of them.
Batch merge_expunges(Care& care)
{
    const auto next = care.session.query(
        "select user_id, mailbox_id from expunge where mailbox_id > $1 group by user_id, mailbox_id having count(*) > $2 "
        "order by mailbox_id limit 1",
        care.after(), 2 * limits::expunges_kept);
    if (next.empty()) return {};
    const auto user = static_cast<std::int32_t>(next.integer(0, 0)),
               mailbox = static_cast<std::int32_t>(next.integer(0, 1));
    const auto rows = care.session.query(R"(
with old as materialized (select modseq, uids from expunge where user_id = $1 and mailbox_id = $2 order by modseq desc offset $3),
 newest as (select max(modseq) modseq from old),
 merged as (update expunge e set uids = (select range_agg(r) from old, unnest(old.uids) r) from newest
  where e.user_id = $1 and e.mailbox_id = $2 and e.modseq = newest.modseq)
delete from expunge e using newest where e.user_id = $1 and e.mailbox_id = $2 and e.modseq < newest.modseq)",
        user, mailbox, limits::expunges_kept);
    care.position = std::to_string(mailbox);
    return {rows.affected(), true};
}

Batch drop_unreferenced(Care& care)
{
    Transaction transaction(care.session);
    const auto page = care.session.query(
        "select m.id, m.state = 0 and m.created < now() - make_interval(secs => $3) and not exists (select from ref r where r.message_id = m.id) from message m "
        "where m.kind <> 0 and m.id > $1 order by m.id limit $2",
        care.after(), limits::batch_looked_at, seconds(limits::unreferenced_grace));
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i < page.size(); ++i)
        if (page.boolean(i, 1)) ids.push_back(page.integer(i, 0));
    references_ended(care.session, ids);
    const auto dead = purge(care.session, ids);
    transaction.commit();
    if (!page.empty()) care.position = std::to_string(page.integer(page.size() - 1, 0));
    return {dead.size(), page.size() == static_cast<std::size_t>(limits::batch_looked_at)};
}

namespace {

std::size_t drop_renditions(Session& session, const Rows& rows)
{
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(rows.integer(i, 0));
    if (ids.empty()) return 0;
    Session::Pipeline pipeline(session);
    pipeline.add("delete from body where rendition_id = any($1::int8[])", ids);
    pipeline.add("delete from search_text where rendition_id = any($1::int8[])", ids);
    pipeline.add("delete from rendition where id = any($1::int8[])", ids);
    pipeline.run();
    return ids.size();
}

}  // namespace

// Renditions by their id: those that nobody is shown, and those whose message is no more. What is written in one
// transaction with its message and reference is seen with these.
Batch drop_orphans(Care& care)
{
    Transaction transaction(care.session);
    const auto from = care.after();
    const auto looked = care.session.query(R"(
with page as (select id, message_id, owner from rendition where id > $1 order by id limit $2)
select id, not exists (select from message m where m.id = page.message_id)
  or (owner <> 0 and not exists (select from ref r where r.message_id = page.message_id and r.rendition_id = page.id)) from page order by id)",
        from, limits::batch_rows);
    std::vector<std::int64_t> orphans;
    for (std::size_t i = 0; i < looked.size(); ++i)
        if (looked.boolean(i, 1)) orphans.push_back(looked.integer(i, 0));
    auto done = drop_renditions(care.session,
        care.session.query("select id from rendition where id = any($1::int8[]) for update skip locked", orphans));
    const bool more = looked.size() == static_cast<std::size_t>(limits::batch_rows);
    const auto to = more ? looked.integer(looked.size() - 1, 0) : INT64_MAX;
    Session::Pipeline pipeline(care.session);
    for (const auto* sql :
        {"delete from body b where b.rendition_id > $1 and b.rendition_id <= $2 and not exists (select from rendition r where r.id = b.rendition_id)",
            "delete from search_text b where b.rendition_id > $1 and b.rendition_id <= $2 and not exists (select from rendition r where r.id = b.rendition_id)"})
        pipeline.add(sql, from, to);
    if (from == 0) {
        pipeline.add("delete from blob_use u where not exists (select from message m where m.id = u.message_id)");
        for (const auto* sql : {"delete from vote v where not exists (select from message m where m.id = v.message_id)",
                 "delete from moderated d where not exists (select from message m where m.id = d.message_id)",
                 "delete from held_back h where not exists (select from message m where m.id = h.message_id)",
                 "delete from summary_item s where not exists (select from message m where m.id = s.message_id)"})
            pipeline.add(sql);
        pipeline.add(
            "delete from egress e where e.owner = 0 and not exists (select from revision v where v.message_id = e.message_id)");
    }
    for (const auto& rows : pipeline.run()) done += rows.affected();
    transaction.commit();
    if (more) care.position = std::to_string(to);
    return {done, more};
}

}  // namespace gateway::store
