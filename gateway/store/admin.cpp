#include "gateway/store/admin.h"

#include "email2/xml.h"
#include "gateway/mapping/address_forms.h"
#include "gateway/store/changes.h"
#include "gateway/store/database.h"
#include "gateway/store/facts.h"
#include "gateway/store/invariants.h"
#include "gateway/store/mailbox_accounts.h"
#include "gateway/store/outbox.h"

namespace gateway::store {

namespace {

std::chrono::sys_seconds seconds(Time time) { return std::chrono::time_point_cast<std::chrono::seconds>(time); }

std::string migrated(const std::string& url)
{
    Database::migrate(url);
    return url;
}

void check(bool found, const std::string& address)
{
    if (!found) throw Refused("There is no account " + address + ".");
}

}  // namespace

StoreAdmin::StoreAdmin(const std::string& url, email2::Domains domains) : domains_(std::move(domains)), session_(migrated(url)) {}

std::vector<Admin::Broken> StoreAdmin::broken()
{
    std::vector<Broken> out;
    for (auto& one : broken_invariants(session_)) out.push_back({std::move(one.invariant), one.count, std::move(one.examples)});
    return out;
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
    if (!domains_.contains(email2::domain_of(out))) throw Refused(std::string(email2::domain_of(out)) + " is not served here: see server.domains.");
    if (mapping::reserved_local_part(email2::local_part(out))) throw Refused(address + " has a form that is kept for messages and actions.");
    return out;
}

void StoreAdmin::add_accounts(const std::vector<NewAccount>& accounts)
{
    for (const auto& account : accounts) (void)local(account.address);
    for (const auto& account : accounts)
        if (find_account(session_, local(account.address))) throw Refused("There is an account or alias " + account.address + " already.");
    for (const auto& account : accounts)
        if (!create_account(session_, local(account.address), account.verifier)) throw Refused("There is an account " + account.address + " already.");
}

std::vector<Admin::AccountRow> StoreAdmin::accounts()
{
    const auto rows = session_.query("select p.address, p.suspended, p.first_seen, coalesce(sum(r.size), 0)::int8 from person p "
                                     "left join (select distinct f.user_id, f.rendition_id from ref f) f on f.user_id = p.id "
                                     "left join rendition r on r.id = f.rendition_id where p.class = 0 group by p.id order by p.address");
    std::vector<AccountRow> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({rows.text(i, 0), rows.boolean(i, 1), seconds(rows.time(i, 2)), static_cast<std::uint64_t>(rows.integer(i, 3))});
    return out;
}

void StoreAdmin::set_password(const std::string& address, const std::string& verifier) { check(store::set_password(session_, normal(address), verifier), address); }
void StoreAdmin::remove_account(const std::string& address) { check(store::remove_account(session_, normal(address)), address); }
void StoreAdmin::suspend(const std::string& address, bool on) { check(suspend_account(session_, normal(address), on), address); }

void StoreAdmin::add_alias(const std::string& alias, const std::string& target)
{
    const auto name = local(alias);
    const auto account = find_account(session_, normal(target));
    check(account.has_value(), target);
    if (find_account(session_, name)) throw Refused(alias + " is taken.");
    session_.query("insert into alias(address, person_id) values ($1, $2)", name, account->id);
}

std::vector<Admin::AliasRow> StoreAdmin::aliases()
{
    const auto rows = session_.query("select a.address, p.address from alias a join person p on p.id = a.person_id order by 1");
    std::vector<AliasRow> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back({rows.text(i, 0), rows.text(i, 1)});
    return out;
}

void StoreAdmin::remove_alias(const std::string& alias)
{
    if (session_.query("delete from alias where address = $1 returning 1", normal(alias)).empty()) throw Refused("There is no alias " + alias + ".");
}

std::vector<Admin::QueueRow> StoreAdmin::rows(std::optional<std::int64_t> id)
{
    const auto rows = session_.query("select e.id, m.guid, d.name, p.address, e.tries, e.due, coalesce(e.last, '') from egress e join message m on m.id = e.message_id "
                                     "join domain d on d.id = m.home join person p on p.id = e.person_id where $1::int8 is null or e.id = $1 order by e.due, e.id", id);
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

std::vector<Admin::QueueRow> StoreAdmin::queue() { return rows(std::nullopt); }

std::optional<Admin::QueueRow> StoreAdmin::queued(std::int64_t id)
{
    auto found = rows(id);
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::size_t StoreAdmin::retry(std::optional<std::int64_t> id)
{
    Transaction transaction(session_);
    const auto count = session_.query("update egress set due = now() where ($1::int8 is null or id = $1) and due > now() returning 1", id).size();
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
    if (rows.empty()) throw Refused("Nothing is queued as " + std::to_string(id) + ".");
    Changes changes;
    if (static_cast<Mail>(rows.integer(0, 2)) == Mail::message)
        record_failures(session_, changes, {{rows.integer(0, 0), static_cast<std::int32_t>(rows.integer(0, 1)),
                                             {"smtp", "5.4.7", "", "Given up by the administrator."}}});
    finish(session_, changes);
    transaction.commit();
}

std::optional<std::string> StoreAdmin::message(const std::string& id)
{
    const auto name = email2::parse_name(id);
    if (!name) return std::nullopt;
    const auto facts = facts_of(session_, *name, 0);
    if (!facts) return std::nullopt;
    return email2::write(message_of(session_, *facts, facts->originator, std::nullopt));
}

}  // namespace gateway::store
