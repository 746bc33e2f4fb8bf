// admin_accounts: accounts and their other names.
#include "gateway/mapping/texts.h"
#include "gateway/store/admin.h"
#include "gateway/store/hash.h"

#include <fmt/format.h>

namespace gateway::store {

namespace {

std::chrono::sys_seconds seconds(Time time)
{
    return std::chrono::time_point_cast<std::chrono::seconds>(time);
}

}  // namespace

void StoreAdmin::add_accounts(const std::vector<NewAccount>& accounts, Reuse reuse)
{
    Transaction transaction(session_);
    for (const auto& account : accounts) {
        const auto address = local(account.address);
        refuse_taken(address);
        if (reuse == Reuse::refuse) refuse_closed(address);
        const auto id = insert_account(session_, address, account.verifier, account.name);
        if (!id) throw Refused(address + " is an account already.", email2::Code::conflict);
        session_.query("delete from closed_address where sha256 = $1", Bytes{sha256(address)});
        record({.act = "account.add", .person = *id});
    }
    transaction.commit();
}

// Each message counts once for each person, in whatever folders it lies.
std::vector<Admin::AccountRow> StoreAdmin::account_rows(std::int32_t id)
{
    const auto rows = session_.query(
        "select p.address, p.name, p.suspended, p.admin, p.own_lists, p.first_seen, p.storage_quota, p.send_quota, coalesce(sum(r.size), 0)::int8 "
        "from person p left join (select distinct f.user_id, f.rendition_id from ref f where $1 = 0 or f.user_id = $1) f on f.user_id = p.id "
        "left join rendition r on r.id = f.rendition_id where p.inbox <> 0 and ($1 = 0 or p.id = $1) group by p.id order by p.address",
        id);
    const auto quota = [&](std::size_t i, int column) {
        return rows.null(i, column) ? Quota() : Quota(static_cast<std::uint64_t>(rows.integer(i, column)));
    };
    std::vector<AccountRow> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({rows.text(i, 0), rows.text(i, 1), rows.boolean(i, 2), rows.boolean(i, 3), rows.boolean(i, 4),
            seconds(rows.time(i, 5)), static_cast<std::uint64_t>(rows.integer(i, 8)), quota(i, 6), quota(i, 7)});
    return out;
}

std::vector<Admin::AccountRow> StoreAdmin::accounts()
{
    return account_rows(0);
}

Admin::AccountRow StoreAdmin::account(const std::string& address)
{
    return account_rows(require_account(address).id).at(0);
}

bool StoreAdmin::is_admin(const std::string& address)
{
    return !session_.query("select from person where address = $1 and inbox <> 0 and admin and not suspended", address)
                .empty();
}

void StoreAdmin::set_language(const std::string& address, const std::string& language)
{
    if (!language.empty() && !mapping::has_language(language))
        throw Refused("There are no texts in the language \"" + language + "\".");
    const auto person = require_person(address);
    session_.query("update person set language = $2 where id = $1", person, language);
    record({.act = "person.language", .person = person, .detail = language});
}

void StoreAdmin::change_account(const std::string& address, const AccountChange& change)
{
    Transaction transaction(session_);
    const auto person = require_account(address).id;
    const auto done = [&](const char* act, std::string detail) {
        record({.act = act, .person = person, .detail = std::move(detail)});
    };
    if (change.name) {
        session_.query("update person set name = $2 where id = $1", person, *change.name);
        done("account.name", "");
    }
    if (change.verifier) {
        session_.query("update person set verifier = $2 where id = $1", person, *change.verifier);
        done("account.password", "");
    }
    if (change.suspended) {
        session_.query("update person set suspended = $2 where id = $1", person, *change.suspended);
        // Whoever is let in again may publish as well, if it was too fast before.
        if (!*change.suspended)
            session_.query("update publishing set stopped_until = null, streak = 0 where person_id = $1", person);
        done(*change.suspended ? "account.suspend" : "account.resume", "");
    }
    if (change.admin) {
        session_.query("update person set admin = $2 where id = $1", person, *change.admin);
        done("account.admin", *change.admin ? "on" : "off");
    }
    if (change.lists) {
        session_.query("update person set own_lists = $2 where id = $1", person, *change.lists);
        done("account.lists", *change.lists ? "on" : "off");
    }
    const auto number = [](const Quota& quota) {
        return quota ? std::optional(static_cast<std::int64_t>(*quota)) : std::nullopt;
    };
    const auto words = [](const Quota& quota, const char* unit) {
        return quota ? fmt::format("{} {}", *quota, unit) : "the default";
    };
    if (change.quota) {
        session_.query("update person set storage_quota = $2 where id = $1", person, number(*change.quota));
        done("account.quota", words(*change.quota, "octets"));
    }
    if (change.send_quota) {
        session_.query(
            "update person set send_quota = $2::int8::int4 where id = $1", person, number(*change.send_quota));
        done("account.send-quota", words(*change.send_quota, "messages"));
    }
    transaction.commit();
}

void StoreAdmin::remove_account(const std::string& address)
{
    Transaction transaction(session_);
    const auto account = require_account(address);
    Changes changes;
    delete_account(session_, changes, account.id);
    record({.act = "account.remove", .person = account.id});
    finish(session_, changes);
    transaction.commit();
}

void StoreAdmin::add_alias(const std::string& alias, const std::string& target)
{
    Transaction transaction(session_);
    const auto name = local(alias);
    const auto account = require_account(target);
    refuse_taken(name);
    refuse_closed(name);
    session_.query("insert into alias(address, person_id) values ($1, $2)", name, account.id);
    record({.act = "alias.add", .person = account.id, .detail = name});
    transaction.commit();
}

std::vector<Admin::AliasRow> StoreAdmin::aliases()
{
    const auto rows =
        session_.query("select a.address, p.address from alias a join person p on p.id = a.person_id order by 1");
    std::vector<AliasRow> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back({rows.text(i, 0), rows.text(i, 1)});
    return out;
}

void StoreAdmin::remove_alias(const std::string& alias)
{
    Transaction transaction(session_);
    const auto name = normal(alias);
    const auto rows = session_.query("delete from alias where address = $1 returning person_id", name);
    if (rows.empty()) throw Refused("There is no alias " + alias + ".", email2::Code::not_found);
    record({.act = "alias.remove", .person = static_cast<std::int32_t>(rows.integer(0, 0)), .detail = name});
    transaction.commit();
}

}  // namespace gateway::store
