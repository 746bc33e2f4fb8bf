// mailbox_accounts: see the header.
#include "gateway/store/mailbox_accounts.h"

#include "email2/address.h"
#include "gateway/store/changes.h"
#include "gateway/store/charges.h"
#include "gateway/store/fates.h"
#include "gateway/store/flags.h"

#include <array>
#include <utility>

namespace gateway::store {

namespace {

constexpr std::array<std::pair<MailboxUse, const char*>, 7> first_mailboxes{{
    {MailboxUse::inbox, "INBOX"}, {MailboxUse::sent, "Sent"}, {MailboxUse::drafts, "Drafts"},
    {MailboxUse::trash, "Trash"}, {MailboxUse::junk, "Junk"}, {MailboxUse::archive, "Archive"},
    {MailboxUse::limbo, "\x7f limbo"},  // a name that no client can give
}};

constexpr std::string_view columns =
    "select id, address, name, coalesce(verifier, ''), suspended, "
    "coalesce(storage_quota, 0) > 0 or full_store, inbox, sent, drafts, trash, junk, archive, limbo from person";

Account account(const Rows& rows, std::size_t row)
{
    const auto mailbox = [&](int column) { return static_cast<std::int32_t>(rows.integer(row, column)); };
    return {static_cast<std::int32_t>(rows.integer(row, 0)), rows.text(row, 1), rows.text(row, 2), rows.text(row, 3),
        rows.boolean(row, 4), rows.boolean(row, 5), mailbox(6), mailbox(7), mailbox(8), mailbox(9), mailbox(10),
        mailbox(11), mailbox(12)};
}

void create_mailboxes(Session& session, std::int32_t user)
{
    std::vector<std::string> names;
    std::vector<std::int16_t> uses;
    for (const auto& [use, name] : first_mailboxes) {
        names.emplace_back(name);
        uses.push_back(static_cast<std::int16_t>(use));
    }
    session.query("with made as (insert into mailbox(user_id, name, use, uid_validity)"
                  "  select $1, name, use, extract(epoch from now())::int from unnest($2::text[], "
                  "$3::int2[]) with ordinality x(name, use, n) order by n"
                  "  returning id, use)"
                  " update person set inbox = (select id from made where use = 1), sent = (select id from "
                  "made where use = 2),"
                  " drafts = (select id from made where use = 3), trash = (select id from made where use = "
                  "4), junk = (select id from made where use = 5),"
                  " archive = (select id from made where use = 6), limbo = (select id from made where use = "
                  "7) where id = $1",
        user, names, uses);
}

std::vector<std::string> keywords()
{
    return {fixed_keywords.begin(), fixed_keywords.end()};
}

}  // namespace

std::string login_address(std::string_view login, const std::vector<std::string>& domains)
{
    std::string address(login);
    if (address.find('@') == std::string::npos && !domains.empty()) address += "@" + domains.front();
    return email2::normalise(address, email2::Domains(domains.begin(), domains.end())).value_or(address);
}

std::optional<Account> find_account(Session& session, std::string_view address)
{
    static const std::string sql = std::string(columns) +
                                   " where class = 0 and inbox <> 0 and id = coalesce("
                                   "(select id from person where address = $1 and class = 0 and inbox <> 0), "
                                   "(select person_id from alias where address = $1))";
    const auto rows = session.query(sql, address);
    return rows.empty() ? std::nullopt : std::optional(account(rows, 0));
}

std::vector<Account> list_accounts(Session& session)
{
    static const std::string sql = std::string(columns) + " where class = 0 and inbox <> 0 order by address";
    const auto rows = session.query(sql);
    std::vector<Account> out;
    for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(account(rows, row));
    return out;
}

std::optional<std::int32_t> create_account(
    Session& session, std::string_view address, std::string_view verifier, std::string_view name)
{
    Transaction transaction(session);
    const auto user = insert_account(session, address, verifier, name);
    if (user) transaction.commit();
    return user;
}

std::optional<std::int32_t> insert_account(
    Session& session, std::string_view address, std::string_view verifier, std::string_view name)
{
    const auto rows = session.query(
        "insert into person(address, class, name, verifier, keywords) select $1, 0, $2, $3, $4 where not exists (select from list_root where alias = $1)"
        " on conflict (address) do update set class = 0, verifier = $3, keywords = $4, suspended = "
        "false,"
        " name = case when $2 = '' then person.name else $2 end where person.inbox = 0 returning "
        "id",
        address, name, verifier, keywords());
    if (rows.empty()) return std::nullopt;
    const auto user = static_cast<std::int32_t>(rows.integer(0, 0));
    create_mailboxes(session, user);
    return user;
}

bool set_password(Session& session, std::string_view address, std::string_view verifier)
{
    return session.query("update person set verifier = $2 where address = $1 and inbox <> 0", address, verifier)
               .affected() == 1;
}

bool suspend_account(Session& session, std::string_view address, bool suspended)
{
    if (!suspended) lift_suspension(session, address);
    return session.query("update person set suspended = $2 where address = $1 and inbox <> 0", address, suspended)
               .affected() == 1;
}

bool remove_account(Session& session, std::string_view address)
{
    Transaction transaction(session);
    const auto rows =
        session.query("select id from person where address = $1 and inbox <> 0 for no key update", address);
    if (rows.empty()) return false;
    Changes changes;
    delete_account(session, changes, static_cast<std::int32_t>(rows.integer(0, 0)));
    finish(session, changes);
    transaction.commit();
    return true;
}

void delete_account(Session& session, Changes& changes, std::int32_t user)
{
    const auto mailboxes =
        session.query("select id from mailbox where user_id = $1 order by id for no key update", user);
    session.query("delete from ref where user_id = $1", user);
    session.query("delete from expunge where user_id = $1", user);
    session.query("delete from mailbox where user_id = $1", user);
    session.query("delete from subscription where user_id = $1", user);
    for (const auto* sql : {"delete from alias where person_id = $1", "delete from list_owner where person_id = $1",
             "delete from bearer where person_id = $1", "delete from publishing where person_id = $1",
             "delete from held_back where person_id = $1"})
        session.query(sql, user);
    const auto left =
        session.query("update entry set membership = 1, changed_by = $1, at = now() where person_id = $1 and "
                      "membership = 0 returning list_id",
            user);
    std::vector<std::int64_t> lists;
    for (std::size_t row = 0; row < left.size(); ++row) lists.push_back(left.integer(row, 0));
    settle_fates(session, lists);
    session.query(
        "update person set class = 2, verifier = null, suspended = false, inbox = 0, sent = 0, "
        "drafts = 0, trash = 0, junk = 0, archive = 0,"
        " limbo = 0, admin = false, storage_quota = null, send_quota = null, own_lists = false, full_store = false, counted = null where id = $1",
        user);
    for (std::size_t row = 0; row < mailboxes.size(); ++row)
        changes.mailboxes.insert(static_cast<std::int32_t>(mailboxes.integer(row, 0)));
    changes.users.insert(user);
}

}  // namespace gateway::store
