// outbox: claiming: which rows of the queue this process takes, and their content. store.md 6.
#include "gateway/store/outbox.h"

#include "email2/address.h"
#include "gateway/log.h"
#include "gateway/mapping/list_fields.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/follow_ups_sql.h"
#include "gateway/store/relays.h"
#include "gateway/store/rendition.h"
#include "gateway/store/report_limits.h"

#include <openssl/rand.h>

namespace gateway::store {

namespace asio = boost::asio;

namespace {

std::int32_t random_owner()
{
    std::int32_t id = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id) != 1)
        throw std::runtime_error("no random numbers");
    return (id & 0x7fffffff) | 1;
}

bool ascii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
}

}  // namespace

Outbox::Outbox(
    asio::any_io_executor executor, Database& database, Writer& writer, Listener& listener, OutboxSettings settings)
    : executor_(std::move(executor))
    , database_(database)
    , writer_(writer)
    , settings_(std::move(settings))
    , owner_(random_owner())
    , bell_(std::make_shared<Bell>(Bell{asio::steady_timer(executor_)}))
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
    and e.list_id in (select x.list_id from message_list x where x.message_id = m.id)) gone,
  o.class = 0 by_account,
  (select name from domain where id = m.home) home,
  )" DEAD("t", "m", "p", "$4", "$5") R"(dead, m.guid
from taken t join person p on p.id = t.person_id join message m on m.id = t.message_id join person o on o.id = m.originator
join revision v on v.message_id = m.id and v.number = m.revision join rendition r on r.id = v.rendition_id
left join delivery d on d.message_id = t.message_id and d.person_id = t.person_id
order by t.due)";

namespace {

QueuedMail queued_mail(const Rows& rows, std::size_t i)
{
    QueuedMail mail;
    mail.id = rows.integer(i, 0);
    mail.message = rows.integer(i, 1);
    mail.person = static_cast<std::int32_t>(rows.integer(i, 2));
    mail.kind = static_cast<Mail>(rows.integer(i, 3));
    mail.event = rows.integer(i, 4);
    mail.queued = rows.time(i, 11);
    if (!rows.null(i, 12)) mail.since = rows.time(i, 12);
    mail.content = rows.text(i, 13);
    mail.recipient = rows.text(i, 14);
    mail.withdrawn = rows.integer(i, 19) % 2 != 0;  // or gone; what nobody here sees any more (2) is still sent
    if (!rows.null(i, 22)) mail.known = static_cast<std::int32_t>(rows.integer(i, 22));
    mail.gone = rows.boolean(i, 23);
    mail.by_account = rows.boolean(i, 24);
    return mail;
}

egress::Job job_of(const Rows& rows, std::size_t i, const MadeMail& made)
{
    const bool own = !made.bytes.empty();  // of our making, else a rendition
    const auto notify = static_cast<int>(rows.integer(i, 6));
    egress::Job job;
    job.id = rows.integer(i, 0);
    job.sender = rows.text(i, 5);
    job.recipient = rows.text(i, 14);
    job.size = own ? made.bytes.size() : static_cast<std::uint64_t>(rows.integer(i, 17)) + made.fields.size();
    job.eight_bit = own ? !ascii(made.bytes) : rows.boolean(i, 18);
    job.smtputf8 = !ascii(job.recipient) || !ascii(job.sender);
    job.notify = {(notify & notify_set) != 0, (notify & notify_success) != 0, (notify & notify_failure) != 0,
        (notify & notify_delay) != 0};
    job.orcpt = rows.text(i, 7);
    job.ret = static_cast<smtp::Ret>(rows.integer(i, 8));
    job.envid = rows.text(i, 9);
    job.tries = static_cast<int>(rows.integer(i, 10));
    job.queued_at = std::chrono::time_point_cast<std::chrono::seconds>(rows.time(i, 11));
    // What we make is ours also where the null sender sends it.
    const bool by_sender = !job.sender.empty() && (own || made.relayed);
    job.domain_of_author = own && !by_sender
                               ? rows.text(i, 25)
                               : std::string(email2::domain_of(by_sender ? job.sender : rows.text(i, 20)));
    job.relayed = made.relayed;
    return job;
}

// Persons are locked in one order by everybody who counts what they were told.
void lock_recipients(Session& session, const Rows& rows)
{
    std::vector<std::int32_t> people;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (static_cast<Mail>(rows.integer(i, 3)) != Mail::message)
            people.push_back(static_cast<std::int32_t>(rows.integer(i, 2)));
    if (!people.empty())
        session.query("select from person where id = any($1::int4[]) order by id for no key update", people);
}

}  // namespace

struct Outbox::Claimed {
    std::vector<egress::Job> jobs;
    std::map<std::int64_t, Flight> flights;
    std::vector<std::pair<std::int64_t, std::vector<NewMessage>>> notices;  // by row
    std::vector<std::int64_t> nothing, withheld, unmakeable;
    std::vector<Failed> dead;
    std::vector<std::pair<std::int32_t, std::int32_t>> relayed;  // author and reader
};

Outbox::Claimed Outbox::claim_rows(Session& session, std::size_t limit)
{
    std::vector<std::int64_t> mine;
    {
        const std::lock_guard lock(mutex_);
        hold_lock();
        for (const auto& [id, flight] : flights_) mine.push_back(id);
    }
    Claimed out;
    Transaction transaction(session);
    const auto rows = session.query(claim_statement, owner_, static_cast<std::int32_t>(limit), mine,
        static_cast<std::int16_t>(limits::bounces_of_the_dead), static_cast<std::int32_t>(limits::dead_for.count()));
    lock_recipients(session, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto mail = queued_mail(rows, i);
        if (rows.boolean(i, 26)) {
            out.nothing.push_back(mail.id);
            log::info("egress.failed",
                {{"row", std::to_string(mail.id)}, {"id", to_string(rows.uuid(i, 27)) + "@" + rows.text(i, 25)},
                    {"to", mail.recipient}, {"status", "5.1.1"}, {"reply", "not tried: it came back several times"}});
            if (mail.kind != Mail::message) continue;
            out.dead.push_back({mail.message, mail.person,
                {"smtp", "5.1.1", "",
                    "Mail to this address came back several times; it is tried again in a week at most."}});
            continue;
        }
        try {
            auto made = wants(session, mail) ? make_mail(session, settings_.make, mail, Making::to_send) : std::nullopt;
            if (!made || !may_tell_today(session, settings_.make, mail)) {
                (mail.kind == Mail::message ? out.withheld : out.nothing).push_back(mail.id);
            } else if (!made->notices.empty()) {
                out.notices.emplace_back(mail.id, std::move(made->notices));
            } else {
                out.jobs.push_back(job_of(rows, i, *made));
                if (made->relayed) out.relayed.emplace_back(made->relayed->author, mail.person);
                out.flights[mail.id] = {.message = mail.message,
                    .rendition = rows.integer(i, 16),
                    .person = mail.person,
                    .revision = static_cast<std::int32_t>(rows.integer(i, 15)),
                    .kind = mail.kind,
                    .id = to_string(rows.uuid(i, 27)) + "@" + rows.text(i, 25),
                    .recipient = mail.recipient,
                    .notify = static_cast<int>(rows.integer(i, 6)),
                    .queued = mail.queued,
                    .fields = std::move(made->fields),
                    .made = std::move(made->bytes),
                    .relayed_on_list = made->on_list && made->relayed,
                    .enclosed = std::move(made->enclosed)};
            }
        } catch (const DatabaseError&) {
            throw;
        } catch (const std::exception& error) {  // one that cannot be made must not hold up the others
            log::error("egress.unmakeable", {{"row", std::to_string(mail.id)}, {"reason", error.what()}});
            out.unmakeable.push_back(mail.id);
        }
    }
    if (!out.nothing.empty()) session.query("delete from egress where id = any($1::int8[])", out.nothing);
    // Undeleted, or rejoined, it is sent after all.
    if (!out.withheld.empty())
        session.query(
            "with held as (delete from egress where id = any($1::int8[]) returning message_id, person_id) update delivery d set state = 5, at = now() "
            "from held h where d.message_id = h.message_id and d.person_id = h.person_id and d.state in (0, 3)",
            out.withheld);
    note_relayed(session, std::move(out.relayed));
    if (!out.dead.empty()) {
        Changes changes;
        record_failures(session, changes, out.dead);
        finish(session, changes);
    }
    if (!out.unmakeable.empty())
        session.query(
            "update egress set owner = 0, due = now() + interval '1 hour', last = 'cannot be made' where id = any($1::int8[])",
            out.unmakeable);
    transaction.commit();
    return out;
}

std::vector<egress::Job> Outbox::take(Session& session, std::size_t limit)
{
    const std::lock_guard one_at_a_time(claiming_);
    auto claimed = claim_rows(session, limit);
    // What goes into the thread goes now. Should we die in between, its row is found again, and its key keeps it one
    // notice.
    for (auto& [row, notices] : claimed.notices) {
        bool done = true;
        for (auto& notice : notices) done = writer_.publish_blocking(std::move(notice)).has_value() && done;
        if (!done) log::error("egress.notice_refused", {{"row", std::to_string(row)}});
        session.query(
            "with gone as (delete from egress where id = $1 returning id, person_id, kind, message_id) "
            "insert into told(egress_id, person_id, kind, message_id) select id, person_id, kind, message_id from gone on conflict do nothing",
            row);
    }
    const std::lock_guard lock(mutex_);
    flights_.merge(claimed.flights);
    return std::move(claimed.jobs);
}

asio::awaitable<std::vector<egress::Job>> Outbox::claim(std::size_t limit)
{
    co_return co_await database_.run([this, limit](Session& session) { return take(session, limit); });
}

namespace {

// The beginning of a content, and so all of its header, without what another mailing list wrote into it.
std::string without_list(std::string_view beginning)
{
    return mapping::without_fields(mime::parse(beginning), beginning, mapping::list_field_names());
}

}  // namespace

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
        const auto rows = session.query(
            "select data, blob, line_length from body where rendition_id = $1 order by n", flight.rendition);
        const auto octets = [&](std::size_t i) {
            return i == 0 && flight.relayed_on_list ? without_list(rows.octets(i, 0)) : std::string(rows.octets(i, 0));
        };
        for (std::size_t i = 0; i < rows.size(); ++i)
            bytes.append(rows.null(i, 1)
                             ? octets(i)
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
        const auto rows =
            session.query("select extract(epoch from min(due) - now())::float8 * 1000 from egress where owner = 0");
        return rows.null(0, 0) ? -1.0 : std::bit_cast<double>(rows.integer(0, 0));
    });
    const auto patience =
        next < 0 ? at_most : std::min(at_most, std::chrono::milliseconds(static_cast<std::int64_t>(next) + 1));
    if (bell_->rung || patience.count() <= 0) co_return;
    bell_->timer.expires_after(patience);
    boost::system::error_code ignored;
    co_await bell_->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace gateway::store
