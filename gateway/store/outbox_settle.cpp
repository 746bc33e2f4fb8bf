// outbox_settle: what became of what left, and what its author is told: states, failures, DSNs (RFC 3461, RFC 3464).
#include "email2/guid.h"
#include "gateway/log.h"
#include "gateway/mapping/address_forms.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/facts.h"
#include "gateway/store/flags.h"
#include "gateway/store/lists.h"
#include "gateway/store/mailbox_changes.h"
#include "gateway/store/outbox.h"
#include "gateway/store/report_limits.h"

namespace gateway::store {

namespace asio = boost::asio;

namespace {

Time now()
{
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

const char* word_of(Mail kind)
{
    switch (kind) {
    case Mail::message: return "message";
    case Mail::edited: return "edited";
    case Mail::added: return "added";
    case Mail::left: return "left";
    case Mail::rejoined: return "rejoined";
    case Mail::withdrawn: return "withdrawn";
    case Mail::restored: return "restored";
    case Mail::answer: return "answer";
    case Mail::opaque: return "opaque";
    case Mail::removed: return "removed";
    case Mail::summary: return "summary";
    case Mail::joined: return "joined";
    case Mail::skipped: return "skipped";
    }
    return "other";
}

// Others' servers like to repeat the envelope's sender, which only we and they should know.
void note(const egress::Outcome& outcome, Mail kind, const std::string& id, const std::string& recipient)
{
    const auto* event = outcome.result == egress::Result::delivered  ? "egress.delivered"
                        : outcome.result == egress::Result::deferred ? "egress.deferred"
                                                                     : "egress.failed";
    log::info(event, {{"row", std::to_string(outcome.id)}, {"id", id}, {"kind", word_of(kind)},
                         {"to", mapping::without_tokens(recipient)}, {"status", outcome.status},
                         {"remote", outcome.remote}, {"reply", mapping::without_tokens(outcome.text)}});
}

// What was taken by the next server, and of what is of our making the messages that it brought along.
struct Delivered {
    std::vector<std::int64_t> ids;
    std::vector<std::int32_t> revisions;
    std::vector<std::int64_t> digests, enclosed;  // pairs: the digest's id, a message in it
    std::vector<std::int32_t> enclosed_revisions;
};

struct Deferred {
    std::vector<std::int64_t> ids;
    std::vector<Time> due;
    std::vector<std::string> status, remote, text;
};

struct Released {
    std::vector<std::int64_t> ids;
    std::vector<Time> due;
};

// A message that somebody has now, as a mail of this kind brought it, and how it is in the store.
struct Brought {
    std::int64_t message = 0;
    std::int32_t person = 0;
    Mail kind = Mail::message;
    std::int32_t revision = 0, newest = 0;
    bool present = false;     // not withdrawn
    bool noted = false;       // on their delivery
    bool by_account = false;  // its author is one of ours
    [[nodiscard]] bool digested() const { return kind == Mail::added || kind == Mail::rejoined; }
};

std::vector<Brought> note_delivered(Session& session, const Delivered& delivered)
{
    const auto rows = session.query(R"(
with x as (select * from unnest($1::int8[], $2::int4[]) x(id, revision)),
 gone as (delete from egress e using x where e.id = x.id returning e.id, e.message_id, e.person_id, e.kind, x.revision),
 told as (update delivery d set state = case when g.kind = 0 then 1::int2 else d.state end, at = case when g.kind = 0 then now() else d.at end, revision = greatest(d.revision, g.revision),
   status = null, remote = null, text = null from gone g where g.kind in (0, 1, 6) and d.message_id = g.message_id and d.person_id = g.person_id
   and d.state <> 4 returning d.message_id, d.person_id),
 within as (select g.person_id, g.kind, y.message message_id, y.revision from gone g
   join unnest($3::int8[], $4::int8[], $5::int4[]) y(id, message, revision) on y.id = g.id join message m on m.id = y.message),
 digest as (insert into delivery(message_id, person_id, state, revision) select distinct on (message_id, person_id) message_id, person_id, 1, revision
   from within order by message_id, person_id, revision desc
   on conflict (message_id, person_id) do update set state = case when delivery.state = 2 then 2::int2 else 1::int2 end,
    revision = greatest(delivery.revision, excluded.revision) where delivery.state in (0, 1, 2, 3, 5)
   returning message_id, person_id)
select g.message_id, g.person_id, g.kind, g.revision, m.revision, m.state, t.person_id is not null, o.class = 0
from (select message_id, person_id, kind, revision from gone where kind not in (2, 4) union all select message_id, person_id, kind, revision from within) g
join message m on m.id = g.message_id join person o on o.id = m.originator
left join (select * from told union select * from digest) t on t.message_id = g.message_id and t.person_id = g.person_id)",
        delivered.ids, delivered.revisions, delivered.digests, delivered.enclosed, delivered.enclosed_revisions);
    std::vector<Brought> brought;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto number = [&](int column) { return static_cast<std::int32_t>(rows.integer(i, column)); };
        constexpr int withdrawn = 1;
        brought.push_back({.message = rows.integer(i, 0),
            .person = number(1),
            .kind = static_cast<Mail>(number(2)),
            .revision = number(3),
            .newest = number(4),
            .present = number(5) != withdrawn,
            .noted = rows.boolean(i, 6),
            .by_account = rows.boolean(i, 7)});
    }
    return brought;
}

bool waits(Session& session, const Brought& one, Mail kind)
{
    return !session
                .query("select from egress where message_id = $1 and person_id = $2 and kind = $3 and owner = 0",
                    one.message, one.person, static_cast<std::int16_t>(kind))
                .empty();
}

// What happened while it was on its way must be told after it.
void tell_what_overtook(Session& session, Changes& changes, const Brought& one, std::chrono::seconds settle)
{
    const bool whole = one.kind == Mail::message || one.digested();
    if (!whole && (one.kind != Mail::edited && one.kind != Mail::restored)) return;
    if (one.digested() && !one.by_account) return;  // only what an account here wrote is told about
    if (!one.present && !whole) return;             // whoever had it when it was withdrawn was told then
    if (one.present && (one.newest <= one.revision || waits(session, one, Mail::edited))) return;
    const auto last = session.query(
        "select coalesce(max(seq), 0) from event where message_id = $1 and kind in (1, 2, 6)", one.message);
    queue_mail(session, changes, one.present ? Mail::edited : Mail::withdrawn, one.message, one.person,
        last.integer(0, 0), one.present ? settle : std::chrono::seconds(0));
}

void settle_delivered(Session& session, Changes& changes, const Delivered& delivered, std::chrono::seconds settle)
{
    if (delivered.ids.empty()) return;
    for (const auto& one : note_delivered(session, delivered)) {
        // A bounce may be here before we know that the mail it is about was taken: a failure is final.
        if (one.kind == Mail::message && !one.noted) continue;
        if (one.kind == Mail::message)
            changes.events.push_back({.message = one.message,
                .revision = one.revision,
                .actor = 0,
                .kind = email2::EventKind::delivered,
                .person = one.person});
        if (one.kind == Mail::summary) summary_told(session, one.person);
        tell_what_overtook(session, changes, one, settle);
    }
}

void settle_deferred(Session& session, const Deferred& deferred, std::int32_t owner)
{
    if (deferred.ids.empty()) return;
    session.query(R"(
with x as (select * from unnest($1::int8[], $2::timestamptz[], $3::text[], $4::text[], $5::text[]) x(id, due, status, remote, text)),
 u as (update egress e set owner = 0, due = x.due, tries = e.tries + 1, last = x.text from x where e.id = x.id and e.owner = $6
   returning e.message_id, e.person_id, e.kind, x.status, x.remote, x.text)
update delivery d set state = 3, at = now(), status = u.status, remote = u.remote, text = u.text
from u where u.kind = 0 and d.message_id = u.message_id and d.person_id = u.person_id)",
        deferred.ids, deferred.due, deferred.status, deferred.remote, deferred.text, owner);
}

void settle_released(Session& session, const Released& released, std::int32_t owner)
{
    if (released.ids.empty()) return;
    session.query(
        "with x as (select * from unnest($1::int8[], $2::timestamptz[]) x(id, due)) update egress e set owner = 0, due = x.due from x "
        "where e.id = x.id and e.owner = $3",
        released.ids, released.due, owner);
}

void settle_failed(Session& session, Changes& changes, const std::map<std::int64_t, email2::Failure>& failures)
{
    if (failures.empty()) return;
    std::vector<std::int64_t> ids;
    for (const auto& [id, failure] : failures) ids.push_back(id);
    const auto rows =
        session.query("delete from egress where id = any($1::int8[]) returning id, message_id, person_id, kind", ids);
    std::vector<Failed> entries, messages;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        entries.push_back(
            {rows.integer(i, 1), static_cast<std::int32_t>(rows.integer(i, 2)), failures.at(rows.integer(i, 0))});
        if (static_cast<Mail>(rows.integer(i, 3)) == Mail::message) messages.push_back(entries.back());
    }
    record_failures(session, changes, messages);
    count_dead(session, entries);
}

}  // namespace

void count_dead(Session& session, const std::vector<Failed>& failed)
{
    std::vector<std::int32_t> people;
    for (const auto& entry : failed)
        if (mapping::is_dead_address(entry.failure.status)) people.push_back(entry.person);
    if (people.empty()) return;
    session.query("select from person where id = any($1::int4[]) order by id for no key update", people);
    session.query(
        "update person set bounced_at = now(), bounces = least(case when bounces < $2 and bounced_at < now() - make_interval(hours => $3) then 1 "
        "else bounces + 1 end, 1000) where id = any($1::int4[]) and class <> 0",
        people, static_cast<std::int16_t>(limits::bounces_of_the_dead),
        static_cast<std::int32_t>(limits::dead_for.count()));
}

void Outbox::settle_rows(Session& session, const std::vector<egress::Outcome>& outcomes)
{
    Delivered delivered;
    Deferred deferred;
    Released released;
    std::map<std::int64_t, email2::Failure> failed;
    for (const auto& outcome : outcomes) {
        const auto due = std::chrono::time_point_cast<std::chrono::milliseconds>(outcome.retry_at);
        switch (outcome.result) {
        case egress::Result::delivered: {
            const std::lock_guard lock(mutex_);
            const auto flight = flights_.find(outcome.id);
            const bool known = flight != flights_.end();
            delivered.ids.push_back(outcome.id);
            delivered.revisions.push_back(known ? flight->second.revision : 1);
            if (!known) break;
            for (const auto& each : flight->second.enclosed) {
                delivered.digests.push_back(outcome.id);
                delivered.enclosed.push_back(each.message);
                delivered.enclosed_revisions.push_back(each.revision);
            }
            break;
        }
        case egress::Result::deferred:
            deferred.ids.push_back(outcome.id);
            deferred.due.push_back(due);
            deferred.status.push_back(outcome.status);
            deferred.remote.push_back(outcome.remote);
            deferred.text.push_back(outcome.text);
            break;
        case egress::Result::released:
            released.ids.push_back(outcome.id);
            released.due.push_back(due);
            break;
        case egress::Result::failed: failed[outcome.id] = {"smtp", outcome.status, outcome.remote, outcome.text}; break;
        }
    }
    Transaction transaction(session);
    Changes changes;
    settle_delivered(session, changes, delivered, settings_.settle);
    settle_deferred(session, deferred, owner_);
    settle_released(session, released, owner_);
    settle_failed(session, changes, failed);
    changes.egress |= !deferred.ids.empty() || !released.ids.empty();
    finish(session, changes);
    transaction.commit();
    const std::lock_guard lock(mutex_);
    for (const auto& outcome : outcomes) {
        const auto flight = flights_.find(outcome.id);
        if (flight == flights_.end()) continue;
        if (outcome.result != egress::Result::released)
            note(outcome, flight->second.kind, flight->second.id, flight->second.recipient);
        flights_.erase(flight);
    }
}

void record_failures(Session& session, Changes& changes, const std::vector<Failed>& failed)
{
    std::map<std::pair<std::int32_t, std::int32_t>, std::set<std::int32_t>> marked;  // user and mailbox: UIDs
    for (const auto& entry : failed) {
        session.query(
            "update delivery set state = 4, at = now(), status = $3, remote = $4, text = $5 where message_id = $1 and person_id = $2",
            entry.message, entry.person, entry.failure.status, entry.failure.remote, entry.failure.text);
        changes.events.push_back(
            {.message = entry.message, .actor = 0, .kind = email2::EventKind::failed, .person = entry.person});
        const auto rows = session.query(
            "select r.user_id, r.mailbox_id, r.uid from message m join person p on p.id = m.originator and p.class = 0 "
            "join ref r on r.message_id = m.id and r.user_id = p.id where m.id = $1 and r.mailbox_id <> p.limbo "
            "and not exists (select from list_root l where l.message_id = m.list_id)",
            entry.message);  // that is its owners' business
        for (std::size_t i = 0; i < rows.size(); ++i)
            marked[{static_cast<std::int32_t>(rows.integer(i, 0)), static_cast<std::int32_t>(rows.integer(i, 1))}]
                .insert(static_cast<std::int32_t>(rows.integer(i, 2)));
    }
    for (const auto& [where, uids] : marked)
        (void)store_flags(session, changes, where.first, where.second, {uids.begin(), uids.end()},
            {.set = flags::failed}, std::nullopt);
}

// Whether the sender asked to be told of this outcome (RFC 3461 4.1), and as what. A delay is told once, after four
// hours.
static std::optional<mapping::BounceAction> wanted(
    const egress::Outcome& outcome, int notify, std::chrono::milliseconds waited)
{
    constexpr auto delay_worth_telling = std::chrono::hours(4);
    using mapping::BounceAction;
    switch (outcome.result) {
    case egress::Result::failed:
        return (notify & notify_set) == 0 || (notify & notify_failure) != 0 ? std::optional(BounceAction::failed)
                                                                            : std::nullopt;
    case egress::Result::delivered:
        return (notify & notify_success) != 0 && !outcome.relayed_dsn ? std::optional(BounceAction::relayed)
                                                                      : std::nullopt;
    case egress::Result::deferred:
        return (notify & notify_delay) != 0 && waited >= delay_worth_telling ? std::optional(BounceAction::delayed)
                                                                             : std::nullopt;
    case egress::Result::released: break;
    }
    return std::nullopt;
}

// What the author gets: a DSN as a child of the message, for them alone. nullopt when the author has no mailbox here:
// then it is a mail.
std::optional<NewMessage> Outbox::dsn(Session& session, const Reported& reported)
{
    const auto facts = facts_of(session, reported.message, 0);
    if (!facts) return std::nullopt;
    const auto author = people_by_id(session, {facts->originator}).begin()->second;
    if (!facts->root && !author.native()) {
        report_outside(session, *facts, author, reported);
        return std::nullopt;
    }
    // Who posts to a mailing list does not learn who subscribes: its owners look after what does not arrive.
    auto readers = facts->root ? owners_of(session, facts->root->id) : std::vector<std::string>{author.address};
    // Of a mailing list every post is a thread: the list is what they are told about.
    std::erase_if(readers, [&](const auto& reader) {
        return !may_report(session, reader, facts->root ? facts->root->id : facts->thread);
    });
    if (readers.empty()) return std::nullopt;
    const auto bytes = bytes_of_revision(session, facts->id, facts->revision);
    const auto dsn = dsn_facts(session, *facts, reported, bytes, readers.front());
    NewMessage notice;
    notice.kind = Kind::notice;
    notice.originator = "mailer-daemon@" + facts->name.server;
    notice.originator_name = "Mail Delivery System";
    notice.guid = dsn.id.guid;
    notice.message_id = dsn.id.str();
    notice.parents = {facts->name.str()};
    for (const auto& reader : readers) notice.recipients.push_back({.address = reader});
    notice.bytes.append(mapping::compose_dsn(dsn));
    notice.idempotency_key = reported.key;
    return notice;
}

bool may_report(Session& session, std::string_view account, std::int64_t thread)
{
    session.query(
        "delete from reported where at < now() - interval '2 days' and person_id = (select id from person where address = $1)",
        account);
    return !session
                .query(
                    "insert into reported(person_id, thread_id) select p.id, $2 from person p where p.address = $1 "
                    "and (select count(*) from reported r where r.person_id = p.id and r.at > now() - interval '1 day') < $4 "
                    "and (select count(*) from reported r where r.person_id = p.id and r.at > now() - interval '1 day' and r.thread_id = $2) < $3 returning 1",
                    account, thread, limits::reports_of_thread, limits::reports_of_person)
                .empty();
}

// Before the row goes: should we die in between, the outcome comes again, and the key keeps it one DSN.
asio::awaitable<void> Outbox::report(egress::Outcome outcome)
{
    auto notice = co_await database_.run([this, outcome](Session& session) -> std::optional<NewMessage> {
        const auto rows = session.query(
            "select e.message_id, p.address, e.notify, e.orcpt, e.ret, e.envid, e.kind, e.sender, e.queued from egress e "
            "join person p on p.id = e.person_id where e.id = $1",
            outcome.id);
        if (rows.empty() || rows.integer(0, 6) != 0 || rows.octets(0, 7).empty()) return std::nullopt;
        const auto action = wanted(outcome, static_cast<int>(rows.integer(0, 2)), now() - rows.time(0, 8));
        if (!action) return std::nullopt;
        Reported reported;
        reported.message = rows.integer(0, 0);
        reported.recipient = {
            rows.text(0, 1), *action, {"smtp", outcome.status, outcome.remote, outcome.text}, rows.text(0, 3)};
        reported.envid = rows.text(0, 5);
        reported.full = rows.integer(0, 4) == static_cast<int>(smtp::Ret::full);
        reported.key = "dsn:" + std::to_string(outcome.id) + ":" + std::to_string(static_cast<int>(*action));
        return dsn(session, reported);
    });
    if (notice) (void)co_await writer_.publish(std::move(*notice));
}

asio::awaitable<void> Outbox::settle(std::vector<egress::Outcome> outcomes)
{
    std::vector<egress::Outcome> told;  // rare: most need no look into the database
    {
        const std::lock_guard lock(mutex_);
        for (const auto& outcome : outcomes) {
            const auto flight = flights_.find(outcome.id);
            if (flight == flights_.end() || wanted(outcome, flight->second.notify, now() - flight->second.queued))
                told.push_back(outcome);
        }
    }
    for (auto& outcome : told) co_await report(std::move(outcome));
    co_await database_.run([this, &outcomes](Session& session) { settle_rows(session, outcomes); });
}

}  // namespace gateway::store
