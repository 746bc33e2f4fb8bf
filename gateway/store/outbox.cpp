#include "gateway/store/outbox.h"

#include <openssl/rand.h>

#include "email2/address.h"
#include "email2/guid.h"
#include "gateway/log.h"
#include "gateway/mapping/follow_up.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/facts.h"
#include "gateway/store/flags.h"
#include "gateway/store/mailbox_changes.h"
#include "gateway/store/rendition.h"

namespace gateway::store {

namespace asio = boost::asio;

namespace {

enum Notify : int { notify_success = 1, notify_failure = 2, notify_delay = 4, notify_set = 8 };

Time now() { return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

std::int32_t random_owner()
{
    std::int32_t id = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id) != 1) throw std::runtime_error("no random numbers");
    return (id & 0x7fffffff) | 1;
}

bool ascii(std::string_view text) { return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; }); }

std::string list_unsubscribe(const std::string& url, const std::string& address)
{
    return "List-Unsubscribe: <" + url + ">, <mailto:" + address + ">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
}

// Newest messages of a list, oldest first, as mail: at most `count` and `octets`; `since`: only those posted or edited after it.
// What is posted after `until` comes by itself.
std::vector<std::string> thread_bytes(Session& session, const Facts& facts, std::int32_t person, std::optional<Time> since, Time until, std::size_t count,
                                      std::size_t octets)
{
    const auto rows = session.query(R"(
select v.rendition_id, r.size from message m join revision v on v.message_id = m.id and v.number = m.revision join rendition r on r.id = v.rendition_id
where (m.list_id = $1 or m.id in (select message_id from message_list where list_id = $1)) and m.state in (0, 2) and m.kind = 0 and m.originator <> $2
 and ($3::timestamptz is null or m.created > $3 or v.at > $3) and m.created <= $5
order by m.id desc limit $4)", facts.list, person, since, static_cast<std::int32_t>(count), until);
    std::vector<std::string> thread;
    std::size_t sum = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        sum += static_cast<std::size_t>(rows.integer(i, 1));
        if (sum > octets && !thread.empty()) break;
        thread.insert(thread.begin(), read_content(session, rows.integer(i, 0)));
    }
    return thread;
}

}  // namespace

Outbox::Outbox(asio::any_io_executor executor, Database& database, Writer& writer, Listener& listener, OutboxSettings settings)
    : executor_(std::move(executor)), database_(database), writer_(writer), settings_(std::move(settings)), owner_(random_owner()),
      bell_(std::make_shared<Bell>(Bell{asio::steady_timer(executor_)}))
{
    listener.subscribe([bell = std::weak_ptr(bell_)](const News& news) {
        const auto alive = bell.lock();
        if (!alive || !news.egress) return;
        alive->rung = true;
        alive->timer.cancel();
    });
}

Outbox::~Outbox() = default;

// Whoever holds it lives. A lock lost with its connection is taken again before anything is claimed.
void Outbox::hold_lock()
{
    if (lock_ && !lock_->broken()) {
        try {
            lock_->command("select 1");
            return;
        } catch (const DatabaseError&) {
        }
    }
    lock_ = std::make_unique<Session>(database_.url());
    lock_->query("select pg_advisory_lock(3, $1)", owner_);
}

static constexpr const char* claim_statement = R"(
with live as materialized (select objid::int8::int4 o from pg_locks where locktype = 'advisory' and classid = 3 and granted
   and database = (select oid from pg_database where datname = current_database())),
 c as (select id from egress where due <= now() and (owner in (0, $1) or owner not in (select o from live)) and id <> all($3::int8[])
   order by due limit $2 for update skip locked),
 taken as (update egress e set owner = $1 from c where e.id = c.id returning e.*)
select t.id, t.message_id, t.person_id, t.kind, t.event, t.sender, t.notify, t.orcpt, t.ret, t.envid, t.tries, t.queued, t.since, t.content,
  p.address, m.revision, v.rendition_id, r.size - length(r.trace), r.eight_bit, m.state, o.address, m.kind, d.revision,
  exists (select from entry e where e.person_id = t.person_id and e.list_id in (m.list_id, m.id) and e.membership <> 0)
   and not exists (select from entry e where e.person_id = t.person_id and e.membership = 0
    and e.list_id in (select x.list_id from message_list x where x.message_id = m.id)) gone
from taken t join person p on p.id = t.person_id join message m on m.id = t.message_id join person o on o.id = m.originator
join revision v on v.message_id = m.id and v.number = m.revision join rendition r on r.id = v.rendition_id
left join delivery d on d.message_id = t.message_id and d.person_id = t.person_id
order by t.due)";

// What a row says when it leaves. False: there is nothing to say (any more).
bool Outbox::make(Session& session, const Rows& rows, std::size_t row, Flight& flight)
{
    const bool withdrawn = rows.integer(row, 19) % 2 != 0;  // or gone; what nobody here sees any more (2) is still sent
    if (withdrawn && (flight.kind == Mail::message || flight.kind == Mail::edited || flight.kind == Mail::restored)) return false;
    const bool gone = rows.boolean(row, 23);  // left or removed while it was on its way and came back
    if (gone && flight.kind != Mail::left && flight.kind != Mail::answer && flight.kind != Mail::opaque) return false;
    if (flight.kind == Mail::opaque) {
        flight.made = rows.text(row, 13);
        return true;
    }
    if (flight.kind == Mail::message)  // should it come back by a forward to us, it is known
        flight.fields = std::string(mapping::loop_mark_field) + ": " + rows.text(row, 14) + "\r\n";
    const auto facts = facts_of(session, flight.message, flight.person);
    const auto listed = [&] {
        return session.query("select count(*)::int from entry where list_id = $1 and membership = 0", facts->list).integer(0, 0);
    };
    if (flight.kind == Mail::message && listed() <= static_cast<std::int64_t>(settings_.list_min)) return true;

    const auto address_of = [&](TokenAction action, std::string& url, std::string& address) {
        const auto token = token_for(session, flight.person, facts->list, action);
        url = settings_.public_url + "/a/" + token;
        address = "a-" + token + "@" + facts->name.server;
    };
    mapping::FollowUpContext context;
    address_of(TokenAction::leave, context.leave_url, context.leave_address);
    if (flight.kind == Mail::message) {
        flight.fields += list_unsubscribe(context.leave_url, context.leave_address);
        return true;
    }
    context.message = message_of(session, *facts, flight.person, std::nullopt);
    context.message_id = facts->message_id();
    const auto bytes = bytes_of_revision(session, flight.message, facts->revision);
    context.references = mapping::read_facts(mime::parse(bytes), bytes).references;
    context.event = static_cast<std::uint64_t>(rows.integer(row, 4));
    const auto people = people_by_id(session, {flight.person});
    context.recipient = {people.begin()->second.address, people.begin()->second.kind, people.begin()->second.name};
    const auto actor = session.query("select p.address, p.name from event e join person p on p.id = e.actor where e.seq = $1", rows.integer(row, 4));
    if (!actor.empty()) context.actor = actor.octets(0, 1).empty() ? actor.text(0, 0) : actor.text(0, 1) + " <" + actor.text(0, 0) + ">";
    context.now = now();
    if (flight.kind == Mail::left) address_of(TokenAction::rejoin, context.rejoin_url, context.rejoin_address);

    std::optional<mapping::FollowUp> made;
    switch (flight.kind) {
    case Mail::edited: {
        const auto known = rows.null(row, 22) ? 1 : static_cast<std::int32_t>(rows.integer(row, 22));
        const auto before = content_of_revision(session, flight.message, std::max(known, 1));
        made = mapping::edited(context, before.value_or(email2::Content{}));
        break;
    }
    case Mail::added: made = mapping::added(context, thread_bytes(session, *facts, flight.person, std::nullopt, rows.time(row, 11), settings_.digest_max, settings_.digest_size)); break;
    case Mail::left: made = mapping::left(context); break;
    case Mail::rejoined:
        made = mapping::rejoined(context, thread_bytes(session, *facts, flight.person, rows.time(row, 12), rows.time(row, 11), settings_.digest_max, settings_.digest_size));
        break;
    case Mail::withdrawn: made = mapping::withdrawn(context); break;
    case Mail::restored: made = mapping::restored(context, bytes); break;
    case Mail::answer: made = mapping::answered(context, rows.octets(row, 13)); break;
    default: break;
    }
    if (!made) return false;
    flight.made = std::move(made->bytes);
    return true;
}

std::vector<egress::Job> Outbox::claim_rows(Session& session, std::size_t limit)
{
    const std::lock_guard one_at_a_time(claiming_);
    std::vector<std::int64_t> mine;
    {
        const std::lock_guard lock(mutex_);
        hold_lock();
        for (const auto& [id, flight] : flights_) mine.push_back(id);
    }
    Transaction transaction(session);
    const auto rows = session.query(claim_statement, owner_, static_cast<std::int32_t>(limit), mine);
    std::vector<egress::Job> jobs;
    std::vector<std::int64_t> nothing, withheld, unmakeable;
    std::map<std::int64_t, Flight> flights;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Flight flight;
        flight.message = rows.integer(i, 1);
        flight.person = static_cast<std::int32_t>(rows.integer(i, 2));
        flight.kind = static_cast<Mail>(rows.integer(i, 3));
        flight.revision = static_cast<std::int32_t>(rows.integer(i, 15));
        flight.rendition = rows.integer(i, 16);
        egress::Job job;
        job.id = rows.integer(i, 0);
        try {
            if (!make(session, rows, i, flight)) {
                (flight.kind == Mail::message ? withheld : nothing).push_back(job.id);
                continue;
            }
        } catch (const DatabaseError&) {
            throw;
        } catch (const std::exception& error) {  // one that cannot be made must not hold up the others
            log::error("egress.unmakeable", {{"row", std::to_string(job.id)}, {"reason", error.what()}});
            unmakeable.push_back(job.id);
            continue;
        }
        const auto notify = static_cast<int>(rows.integer(i, 6));
        flight.notify = notify;
        flight.queued = rows.time(i, 11);
        job.sender = rows.text(i, 5);
        job.recipient = rows.text(i, 14);
        job.size = flight.made.empty() ? static_cast<std::uint64_t>(rows.integer(i, 17)) + flight.fields.size() : flight.made.size();
        job.eight_bit = flight.made.empty() ? rows.boolean(i, 18) : !ascii(flight.made);
        job.smtputf8 = !ascii(job.recipient) || !ascii(job.sender);
        job.notify = {(notify & notify_set) != 0, (notify & notify_success) != 0, (notify & notify_failure) != 0, (notify & notify_delay) != 0};
        job.orcpt = rows.text(i, 7);
        job.ret = static_cast<smtp::Ret>(rows.integer(i, 8));
        job.envid = rows.text(i, 9);
        job.tries = static_cast<int>(rows.integer(i, 10));
        job.queued_at = std::chrono::time_point_cast<std::chrono::seconds>(rows.time(i, 11));
        job.domain_of_author = std::string(email2::domain_of(flight.made.empty() ? rows.text(i, 20) : job.sender.empty() ? rows.text(i, 20) : job.sender));
        flights.emplace(job.id, std::move(flight));
        jobs.push_back(std::move(job));
    }
    if (!nothing.empty()) session.query("delete from egress where id = any($1::int8[])", nothing);
    // Undeleted, or rejoined, it is sent after all.
    if (!withheld.empty())
        session.query("with held as (delete from egress where id = any($1::int8[]) returning message_id, person_id) update delivery d set state = 5, at = now() "
                      "from held h where d.message_id = h.message_id and d.person_id = h.person_id and d.state in (0, 3)", withheld);
    if (!unmakeable.empty())
        session.query("update egress set owner = 0, due = now() + interval '1 hour', last = 'cannot be made' where id = any($1::int8[])", unmakeable);
    transaction.commit();
    const std::lock_guard lock(mutex_);
    flights_.merge(flights);
    return jobs;
}

asio::awaitable<std::vector<egress::Job>> Outbox::claim(std::size_t limit)
{
    co_return co_await database_.run([this, limit](Session& session) { return claim_rows(session, limit); });
}

asio::awaitable<mime::Spool> Outbox::content(std::int64_t id)
{
    Flight flight;
    {
        const std::lock_guard lock(mutex_);
        const auto found = flights_.find(id);
        if (found == flights_.end()) throw std::runtime_error("not claimed");
        flight = found->second;
    }
    mime::Spool spool;
    if (!flight.made.empty()) {
        spool.append(flight.made);
        co_return spool;
    }
    co_return co_await database_.run([flight](Session& session) {
        mime::Spool bytes;
        bytes.append(flight.fields);
        const auto rows = session.query("select data, blob, line_length from body where rendition_id = $1 order by n", flight.rendition);
        for (std::size_t i = 0; i < rows.size(); ++i)
            bytes.append(rows.null(i, 1) ? std::string(rows.octets(i, 0))
                                         : mapping::encode_base64_lines(read_blob(session, rows.octets(i, 1), 0, SIZE_MAX >> 1),
                                                                        static_cast<std::uint32_t>(rows.integer(i, 2))));
        return bytes;
    });
}

asio::awaitable<void> Outbox::wait(std::chrono::milliseconds at_most)
{
    // The next due row decides; news of an earlier one rings the bell.
    bell_->rung = false;
    const auto next = co_await database_.run([](Session& session) {
        const auto rows = session.query("select extract(epoch from min(due) - now())::float8 * 1000 from egress where owner = 0");
        return rows.null(0, 0) ? -1.0 : std::bit_cast<double>(rows.integer(0, 0));
    });
    const auto patience = next < 0 ? at_most : std::min(at_most, std::chrono::milliseconds(static_cast<std::int64_t>(next) + 1));
    if (bell_->rung || patience.count() <= 0) co_return;
    bell_->timer.expires_after(patience);
    boost::system::error_code ignored;
    co_await bell_->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// --- what became of it

void Outbox::settle_rows(Session& session, const std::vector<egress::Outcome>& outcomes)
{
    std::vector<std::int64_t> delivered, deferred, released, failed;
    std::vector<Time> deferred_due, released_due;
    std::vector<std::string> status, remote, text;
    std::vector<std::int64_t> revised;
    std::vector<std::int32_t> revisions;
    std::map<std::int64_t, email2::Failure> failures;
    for (const auto& outcome : outcomes) {
        const auto due = std::chrono::time_point_cast<std::chrono::milliseconds>(outcome.retry_at);
        switch (outcome.result) {
        case egress::Result::delivered: {
            delivered.push_back(outcome.id);
            const std::lock_guard lock(mutex_);
            const auto flight = flights_.find(outcome.id);
            revised.push_back(outcome.id);
            revisions.push_back(flight == flights_.end() ? 1 : flight->second.revision);
            break;
        }
        case egress::Result::deferred:
            deferred.push_back(outcome.id);
            deferred_due.push_back(due);
            status.push_back(outcome.status);
            remote.push_back(outcome.remote);
            text.push_back(outcome.text);
            break;
        case egress::Result::released:
            released.push_back(outcome.id);
            released_due.push_back(due);
            break;
        case egress::Result::failed:
            failed.push_back(outcome.id);
            failures[outcome.id] = {"smtp", outcome.status, outcome.remote, outcome.text};
            break;
        }
    }
    Transaction transaction(session);
    Changes changes;
    if (!delivered.empty()) {
        const auto rows = session.query(R"(
with x as (select * from unnest($1::int8[], $2::int4[]) x(id, revision)),
 gone as (delete from egress e using x where e.id = x.id returning e.message_id, e.person_id, e.kind, e.queued, x.revision),
 told as (update delivery d set state = case when g.kind = 0 then 1::int2 else d.state end, at = case when g.kind = 0 then now() else d.at end, revision = greatest(d.revision, g.revision),
   status = null, remote = null, text = null from gone g where g.kind in (0, 1, 6) and d.message_id = g.message_id and d.person_id = g.person_id returning d.message_id),
 digest as (insert into delivery(message_id, person_id, state, revision) select m.id, g.person_id, 1, m.revision from gone g
   join message m on (m.list_id = g.message_id or m.id in (select l.message_id from message_list l where l.list_id = g.message_id))
    and m.created <= g.queued and m.state in (0, 2) and m.kind = 0 where g.kind in (2, 4) and m.originator <> g.person_id
   on conflict (message_id, person_id) do update set state = case when delivery.state = 2 then 2::int2 else 1::int2 end,
    revision = greatest(delivery.revision, excluded.revision) where delivery.state in (0, 1, 2, 3, 5)
   returning message_id)
select g.message_id, g.person_id, g.kind, g.revision, m.revision, m.state from gone g join message m on m.id = g.message_id)", revised, revisions);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto message = rows.integer(i, 0);
            const auto person = static_cast<std::int32_t>(rows.integer(i, 1));
            const auto kind = static_cast<Mail>(rows.integer(i, 2));
            if (kind == Mail::message)
                changes.events.push_back({.message = message, .revision = static_cast<std::int32_t>(rows.integer(i, 3)), .actor = 0,
                                          .kind = email2::EventKind::delivered, .person = person});
            // What happened while it was on its way must be told after it.
            if (kind != Mail::message && kind != Mail::edited && kind != Mail::restored) continue;
            const auto last = [&] { return session.query("select coalesce(max(seq), 0) from event where message_id = $1 and kind in (1, 2, 6)", message).integer(0, 0); };
            // Whoever had it when it was withdrawn was told then.
            const auto queued = [&](Mail which) {
                return !session.query("select from egress where message_id = $1 and person_id = $2 and kind = $3 and owner = 0", message, person,
                                      static_cast<std::int16_t>(which)).empty();
            };
            if (rows.integer(i, 5) == 1 && kind != Mail::message) continue;
            if (rows.integer(i, 5) != 1 && queued(Mail::edited)) continue;
            if (rows.integer(i, 5) == 1) queue_mail(session, changes, Mail::withdrawn, message, person, last(), std::chrono::seconds(0));
            else if (rows.integer(i, 4) > rows.integer(i, 3)) queue_mail(session, changes, Mail::edited, message, person, last(), settings_.settle);
        }
    }
    if (!deferred.empty())
        session.query(R"(
with x as (select * from unnest($1::int8[], $2::timestamptz[], $3::text[], $4::text[], $5::text[]) x(id, due, status, remote, text)),
 u as (update egress e set owner = 0, due = x.due, tries = e.tries + 1, last = x.text from x where e.id = x.id and e.owner = $6
   returning e.message_id, e.person_id, e.kind, x.status, x.remote, x.text)
update delivery d set state = 3, at = now(), status = u.status, remote = u.remote, text = u.text
from u where u.kind = 0 and d.message_id = u.message_id and d.person_id = u.person_id)", deferred, deferred_due, status, remote, text, owner_);
    if (!released.empty())
        session.query("with x as (select * from unnest($1::int8[], $2::timestamptz[]) x(id, due)) update egress e set owner = 0, due = x.due from x "
                      "where e.id = x.id and e.owner = $3", released, released_due, owner_);
    if (!failed.empty()) {
        const auto rows = session.query("delete from egress where id = any($1::int8[]) returning id, message_id, person_id, kind", failed);
        std::vector<Failed> entries;
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (static_cast<Mail>(rows.integer(i, 3)) == Mail::message)
                entries.push_back({rows.integer(i, 1), static_cast<std::int32_t>(rows.integer(i, 2)), failures[rows.integer(i, 0)]});
        record_failures(session, changes, entries);
    }
    changes.egress |= !deferred.empty() || !released.empty();
    finish(session, changes);
    transaction.commit();
    const std::lock_guard lock(mutex_);
    for (const auto& outcome : outcomes) flights_.erase(outcome.id);
}

void record_failures(Session& session, Changes& changes, const std::vector<Failed>& failed)
{
    std::map<std::pair<std::int32_t, std::int32_t>, std::set<std::int32_t>> marked;  // user and mailbox: UIDs
    for (const auto& entry : failed) {
        session.query("update delivery set state = 4, at = now(), status = $3, remote = $4, text = $5 where message_id = $1 and person_id = $2", entry.message,
                      entry.person, entry.failure.status, entry.failure.remote, entry.failure.text);
        changes.events.push_back({.message = entry.message, .actor = 0, .kind = email2::EventKind::failed, .person = entry.person});
        const auto rows = session.query("select r.user_id, r.mailbox_id, r.uid from message m join person p on p.id = m.originator and p.class = 0 "
                                        "join ref r on r.message_id = m.id and r.user_id = p.id where m.id = $1 and r.mailbox_id <> p.limbo", entry.message);
        for (std::size_t i = 0; i < rows.size(); ++i)
            marked[{static_cast<std::int32_t>(rows.integer(i, 0)), static_cast<std::int32_t>(rows.integer(i, 1))}].insert(static_cast<std::int32_t>(rows.integer(i, 2)));
    }
    for (const auto& [where, uids] : marked)
        (void)store_flags(session, changes, where.first, where.second, {uids.begin(), uids.end()}, {.set = flags::failed}, std::nullopt);
}

// Whether the sender asked to be told of this outcome (RFC 3461 4.1), and as what. A delay is told once, after four hours.
static std::optional<mapping::BounceAction> wanted(const egress::Outcome& outcome, int notify, std::chrono::milliseconds waited)
{
    constexpr auto delay_worth_telling = std::chrono::hours(4);
    using mapping::BounceAction;
    switch (outcome.result) {
    case egress::Result::failed:
        return (notify & notify_set) == 0 || (notify & notify_failure) != 0 ? std::optional(BounceAction::failed) : std::nullopt;
    case egress::Result::delivered:
        return (notify & notify_success) != 0 && !outcome.relayed_dsn ? std::optional(BounceAction::relayed) : std::nullopt;
    case egress::Result::deferred:
        return (notify & notify_delay) != 0 && waited >= delay_worth_telling ? std::optional(BounceAction::delayed) : std::nullopt;
    case egress::Result::released: break;
    }
    return std::nullopt;
}

// What the author gets: a DSN as a child of the message, for them alone. nullopt when the author has no mailbox here.
std::optional<NewMessage> Outbox::dsn(Session& session, const Reported& reported)
{
    const auto facts = facts_of(session, reported.message, 0);
    if (!facts) return std::nullopt;
    const auto author = people_by_id(session, {facts->originator}).begin()->second;
    if (!author.native()) return std::nullopt;
    mapping::DsnFacts dsn;
    const auto guid = email2::make_guid(now());
    dsn.hostname = settings_.hostname;
    dsn.id = {guid, facts->name.server};
    dsn.to = author.address;
    dsn.message_id = facts->message_id();
    const auto bytes = bytes_of_revision(session, facts->id, facts->revision);
    const auto parsed = mime::parse(bytes);
    dsn.references = mapping::read_facts(parsed, bytes).references;
    dsn.subject = mime::text_of(parsed.root, bytes, "Subject");
    dsn.envid = reported.envid;
    dsn.full = reported.full;
    dsn.recipients = {reported.recipient};
    dsn.original = bytes;
    dsn.arrived = facts->created;
    dsn.now = now();
    NewMessage notice;
    notice.kind = Kind::notice;
    notice.originator = "mailer-daemon@" + facts->name.server;
    notice.originator_name = "Mail Delivery System";
    notice.guid = guid;
    notice.message_id = dsn.id.str();
    notice.parents = {facts->name.str()};
    notice.recipients = {{author.address, "", email2::Role::to, true, 0, ""}};
    notice.bytes.append(mapping::compose_dsn(dsn));
    notice.idempotency_key = reported.key;
    return notice;
}

// Before the row goes: should we die in between, the outcome comes again, and the key keeps it one DSN.
asio::awaitable<void> Outbox::report(egress::Outcome outcome)
{
    auto notice = co_await database_.run([this, outcome](Session& session) -> std::optional<NewMessage> {
        const auto rows = session.query("select e.message_id, p.address, e.notify, e.orcpt, e.ret, e.envid, e.kind, e.sender, e.queued from egress e "
                                        "join person p on p.id = e.person_id where e.id = $1", outcome.id);
        if (rows.empty() || rows.integer(0, 6) != 0 || rows.octets(0, 7).empty()) return std::nullopt;
        const auto action = wanted(outcome, static_cast<int>(rows.integer(0, 2)), now() - rows.time(0, 8));
        if (!action) return std::nullopt;
        Reported reported;
        reported.message = rows.integer(0, 0);
        reported.recipient = {rows.text(0, 1), *action, {"smtp", outcome.status, outcome.remote, outcome.text}, rows.text(0, 3)};
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
            if (flight == flights_.end() || wanted(outcome, flight->second.notify, now() - flight->second.queued)) told.push_back(outcome);
        }
    }
    for (auto& outcome : told) co_await report(std::move(outcome));
    co_await database_.run([this, &outcomes](Session& session) { settle_rows(session, outcomes); });
}

asio::awaitable<bool> Outbox::bounced(std::string token, std::vector<mapping::FailedRecipient> reports)
{
    struct Found { bool known = false; std::optional<NewMessage> notice; };
    auto found = co_await database_.run([this, &token, &reports](Session& session) {
        Found out;
        const auto meaning = meaning_of_token(session, token);
        if (!meaning || meaning->action != TokenAction::bounce) return out;
        out.known = true;
        const auto report = std::find_if(reports.begin(), reports.end(), [](const auto& r) { return r.action == mapping::BounceAction::failed; });
        if (report == reports.end()) return out;
        Transaction transaction(session);
        Changes changes;
        record_failures(session, changes, {{meaning->message, meaning->person, report->failure}});
        finish(session, changes);
        transaction.commit();
        Reported reported;
        reported.message = meaning->message;
        reported.recipient = *report;
        reported.recipient.address = people_by_id(session, {meaning->person}).begin()->second.address;
        reported.key = "dsn:" + token;
        out.notice = dsn(session, reported);
        return out;
    });
    if (found.notice) (void)co_await writer_.publish(std::move(*found.notice));
    co_return found.known;
}

}  // namespace gateway::store
