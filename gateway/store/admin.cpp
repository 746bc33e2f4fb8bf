// admin: what its parts share, the queue, and single messages.
#include "gateway/store/admin.h"

#include "email2/xml.h"
#include "gateway/mapping/address_forms.h"
#include "gateway/store/database.h"
#include "gateway/store/facts.h"
#include "gateway/store/hash.h"
#include "gateway/store/invariants.h"
#include "gateway/store/outbox.h"
#include "gateway/store/people.h"

namespace gateway::store {

namespace {

std::chrono::sys_seconds seconds(Time time)
{
    return std::chrono::time_point_cast<std::chrono::seconds>(time);
}

std::unique_ptr<Session> migrated(const std::string& url)
{
    Database::migrate(url);
    auto session = std::make_unique<Session>(url);
    session->command("set application_name = 'email2-gateway admin'; set jit = off");
    return session;
}

[[noreturn]] void absent(const std::string& what)
{
    throw Refused("There is no " + what + ".", email2::Code::not_found);
}

}  // namespace

StoreAdmin::StoreAdmin(Session& session, AdminSettings settings, AdminActor actor)
    : session_(session)
    , settings_(std::move(settings))
    , domains_(settings_.domains.begin(), settings_.domains.end())
    , actor_(std::move(actor))
{
    if (actor_.address.empty()) return;
    const auto rows = session_.query("select id from person where address = $1", actor_.address);
    if (!rows.empty()) actor_id_ = static_cast<std::int32_t>(rows.integer(0, 0));
}

StoreAdmin::StoreAdmin(const std::string& url, AdminSettings settings, AdminActor actor)
    : own_(migrated(url))
    , session_(*own_)
    , settings_(std::move(settings))
    , domains_(settings_.domains.begin(), settings_.domains.end())
    , actor_(std::move(actor))
{
}

std::vector<Admin::Broken> StoreAdmin::broken()
{
    std::vector<Broken> out;
    for (auto& one : broken_invariants(session_))
        out.push_back({std::move(one.invariant), one.count, std::move(one.examples)});
    return out;
}

void StoreAdmin::record(const Act& act)
{
    session_.query(
        "insert into audit(actor, login, act, person_id, message_id, detail) values ($1, $2, $3, $4, $5, $6)",
        actor_id_, actor_id_ == 0 ? actor_.login : "", act.act, act.person, act.message, act.detail);
}

std::string StoreAdmin::normal(const std::string& address) const
{
    const auto out = email2::normalise(address, domains_);
    if (!out) throw Refused(address + " is no address.");
    return *out;
}

std::string StoreAdmin::local(const std::string& address) const
{
    auto out = normal(address);
    if (!domains_.contains(email2::domain_of(out)))
        throw Refused(std::string(email2::domain_of(out)) + " is not served here: see server.domains.");
    if (mapping::reserved_local_part(email2::local_part(out)))
        throw Refused(address + " has a form that is kept for messages and actions.");
    return out;
}

void StoreAdmin::refuse_taken(const std::string& address)
{
    const auto rows = session_.query(
        "select case when exists (select from person where address = $1 and inbox <> 0) then 'an account' "
        "when exists (select from alias where address = $1) then 'an alias' "
        "when exists (select from list_root where alias = $1) then 'a list' else '' end",
        address);
    if (const auto what = rows.text(0, 0); !what.empty())
        throw Refused(address + " is " + what + " already.", email2::Code::conflict);
}

void StoreAdmin::refuse_closed(const std::string& address)
{
    if (session_.query("select from closed_address where sha256 = $1", Bytes{sha256(address)}).empty()) return;
    throw Refused(
        address + " belonged to somebody who was erased; mail that is meant for them would reach whoever gets it now. "
                  "Allow that with --reuse.",
        email2::Code::conflict);
}

Account StoreAdmin::require_account(const std::string& address)
{
    auto account = find_account(session_, normal(address));
    if (!account) absent("account " + address);
    return *std::move(account);
}

std::int32_t StoreAdmin::require_person(const std::string& address)
{
    const auto name = normal(address);
    const auto people = find_people(session_, {name});
    const auto found = people.find(name);
    if (found == people.end()) absent("person " + address + " here");
    return found->second.id;
}

// Who asks for somebody's data to be handed over or erased must not mean another person by an alias.
std::int32_t StoreAdmin::require_own(const std::string& address)
{
    const auto rows = session_.query("select id from person where address = $1", normal(address));
    if (rows.empty()) absent("person " + address + " here");
    return static_cast<std::int32_t>(rows.integer(0, 0));
}

std::int64_t StoreAdmin::require_message(const std::string& id)
{
    const auto name = email2::parse_name(id);
    const auto facts = name ? facts_of(session_, *name, 0) : std::nullopt;
    if (!facts) absent("message " + id);
    return facts->id;
}

std::vector<Admin::QueueRow> StoreAdmin::queue_rows(std::optional<std::int64_t> id)
{
    const auto rows = session_.query(
        "select e.id, m.guid, d.name, p.address, e.tries, e.due, coalesce(e.last, '') from egress e join message m on m.id = e.message_id "
        "join domain d on d.id = m.home join person p on p.id = e.person_id where $1::int8 is null or e.id = $1 order by e.due, e.id",
        id);
    std::vector<QueueRow> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        QueueRow row;
        row.id = rows.integer(i, 0);
        row.message = to_string(rows.uuid(i, 1)) + "@" + rows.text(i, 2);
        row.recipient = rows.text(i, 3);
        row.attempts = static_cast<int>(rows.integer(i, 4));
        row.state = row.attempts == 0 ? "pending" : "deferred";
        row.next = seconds(rows.time(i, 5));
        row.last = rows.text(i, 6);
        out.push_back(std::move(row));
    }
    return out;
}

std::vector<Admin::QueueRow> StoreAdmin::queue()
{
    return queue_rows(std::nullopt);
}

std::optional<Admin::QueueRow> StoreAdmin::queued(std::int64_t id)
{
    auto found = queue_rows(id);
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::size_t StoreAdmin::retry(std::optional<std::int64_t> id)
{
    Transaction transaction(session_);
    if (id && session_.query("select from egress where id = $1", *id).empty())
        absent("entry " + std::to_string(*id) + " in the queue");
    const auto count =
        session_
            .query("update egress set due = now() where ($1::int8 is null or id = $1) and due > now() returning 1", id)
            .size();
    record({.act = "queue.retry", .detail = id ? "entry " + std::to_string(*id) : std::to_string(count) + " entries"});
    Changes changes;
    changes.egress = true;
    finish(session_, changes);
    transaction.commit();
    return count;
}

void StoreAdmin::remove_queued(std::int64_t id)
{
    Transaction transaction(session_);
    const auto rows = session_.query("delete from egress where id = $1 returning message_id, person_id, kind", id);
    if (rows.empty()) absent("entry " + std::to_string(id) + " in the queue");
    const auto message = rows.integer(0, 0);
    const auto person = static_cast<std::int32_t>(rows.integer(0, 1));
    Changes changes;
    if (static_cast<Mail>(rows.integer(0, 2)) == Mail::message)
        record_failures(
            session_, changes, {{message, person, {"smtp", "5.4.7", "", "Given up by the administrator."}}});
    record({.act = "queue.remove", .person = person, .message = message, .detail = "entry " + std::to_string(id)});
    finish(session_, changes);
    transaction.commit();
}

std::optional<std::string> StoreAdmin::message(const std::string& id)
{
    const auto name = email2::parse_name(id);
    if (!name) return std::nullopt;
    const auto facts = facts_of(session_, *name, 0);
    if (!facts) return std::nullopt;
    if (session_.query("select from revision where message_id = $1 limit 1", facts->id).empty())
        throw Refused(id + " is in cold storage or deleted: see email2-gateway archive.");
    return email2::write(message_of(session_, *facts, facts->originator, std::nullopt));
}

}  // namespace gateway::store
