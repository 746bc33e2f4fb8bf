// admin_lists: mailing lists, the trust of domains, and tokens.
#include "email2/guid.h"
#include "gateway/mapping/mail_out.h"
#include "gateway/store/admin.h"
#include "gateway/store/facts.h"
#include "gateway/store/hash.h"
#include "gateway/store/ids.h"
#include "gateway/store/lists.h"
#include "gateway/store/publish.h"

#include <array>

namespace gateway::store {

namespace {

constexpr std::array<const char*, 3> postings{"members", "anyone", "owners"};  // list_root.posting
constexpr std::int64_t domains_shown = 1000;
constexpr double distrust = 100;  // complaints for each good message: any rule refuses that
// Numbers of `trust` fade by half in two weeks (email2/abuse.h).
#define FADED " * power(0.5, extract(epoch from now() - at)::float8 / 1209600)"

email2::Posting posting_of(const std::string& word)
{
    for (std::size_t i = 0; i < postings.size(); ++i)
        if (word == postings[i]) return static_cast<email2::Posting>(i);
    throw Refused(word + " may not post: say members, anyone or owners.");
}

// What an owner with the right would publish; an administrator needs none, and it counts against no quota.
NewMessage root_of(const Admin::NewList& list, const std::string& alias, const Account& owner)
{
    const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    mapping::Rendering rendering;
    rendering.id = {email2::make_guid(now), std::string(email2::domain_of(owner.address))};
    rendering.message_id = rendering.id.str();
    rendering.from = {owner.address, email2::Class::native, owner.name};
    rendering.date = now;
    rendering.content.subject = list.name.empty() ? std::string(email2::local_part(alias)) : list.name;
    NewMessage message;
    message.originator = owner.address;
    message.proof = email2::Proof::account;
    message.guid = rendering.id.guid;
    message.created = now;
    message.list = email2::MailingList{alias, posting_of(list.posting)};
    message.list_title = rendering.content.subject;
    message.native = true;
    message.by_administrator = true;
    message.document = document_of(rendering.content);
    message.bytes.append(mapping::render(rendering, {}, [](const std::string&) { return std::string(); }));
    return message;
}

}  // namespace

std::int64_t StoreAdmin::require_list(const std::string& alias)
{
    const auto rows = session_.query("select message_id from list_root where alias = $1", normal(alias));
    if (rows.empty()) throw Refused("There is no list " + alias + ".", email2::Code::not_found);
    return rows.integer(0, 0);
}

void StoreAdmin::add_list(const NewList& list)
{
    Transaction transaction(session_);
    const auto alias = local(list.alias);
    if (list.owners.empty()) throw Refused("A list needs an owner.");
    std::vector<Account> owners;
    for (const auto& owner : list.owners) owners.push_back(require_account(owner));
    refuse_taken(alias);
    refuse_closed(alias);
    PublishJob job{.message = root_of(list, alias, owners.front())};
    for (std::size_t i = 1; i < owners.size(); ++i) job.message.recipients.push_back({.address = owners[i].address});
    prepare(job);
    Changes changes;
    Ids ids;
    publish_within(session_, changes, WriterSettings{.domains = settings_.domains}, ids, {&job});
    if (!*job.result) throw Refused(job.result->error().text, job.result->error().code);
    const auto root = (*job.result)->id;
    for (const auto& owner : owners) add_owner(session_, root, owner.id);
    record({.act = "list.add", .person = owners.front().id, .message = root, .detail = alias});
    finish(session_, changes);
    transaction.commit();
}

std::vector<Admin::ListRow> StoreAdmin::list_rows(const std::string& alias)
{
    const auto rows = session_.query(
        "select l.alias, l.name, l.posting, (select count(*) from entry e where e.list_id = l.message_id and e.membership = 0), m.guid, d.name "
        "from list_root l join message m on m.id = l.message_id join domain d on d.id = m.home where $1 = '' or l.alias = $1 order by 1",
        alias);
    std::vector<ListRow> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({rows.text(i, 0), rows.text(i, 1), postings.at(static_cast<std::size_t>(rows.integer(i, 2))),
            static_cast<std::uint64_t>(rows.integer(i, 3)), to_string(rows.uuid(i, 4)) + "@" + rows.text(i, 5)});
    return out;
}

std::vector<Admin::ListRow> StoreAdmin::lists()
{
    return list_rows("");
}

Admin::ListRow StoreAdmin::list(const std::string& alias)
{
    (void)require_list(alias);
    return list_rows(normal(alias)).at(0);
}

void StoreAdmin::change_list(
    const std::string& alias, const std::optional<std::string>& name, const std::optional<std::string>& posting)
{
    Transaction transaction(session_);
    const auto root = require_list(alias);
    if (name) {
        session_.query("update list_root set name = $2 where message_id = $1", root, *name);
        record({.act = "list.name", .message = root, .detail = normal(alias)});
    }
    if (posting) {
        set_posting(session_, root, posting_of(*posting));
        record({.act = "list.posting", .message = root, .detail = normal(alias) + " " + *posting});
    }
    transaction.commit();
}

void StoreAdmin::remove_list(const std::string& alias)
{
    Transaction transaction(session_);
    const auto root = require_list(alias);
    store::remove_list(session_, root);
    record({.act = "list.remove", .message = root, .detail = normal(alias)});
    transaction.commit();
}

std::vector<std::string> StoreAdmin::owners(const std::string& alias)
{
    return owners_of(session_, require_list(alias));
}

void StoreAdmin::change_owner(const std::string& alias, const std::string& address, Owner change)
{
    Transaction transaction(session_);
    const auto root = require_list(alias);
    const auto owner = require_account(address);
    if (change == Owner::add) add_owner(session_, root, owner.id);
    else if (!remove_owner(session_, root, owner.id))
        throw Refused(address + " is no owner of " + alias + ".", email2::Code::not_found);
    record({.act = change == Owner::add ? "list.owner-add" : "list.owner-remove",
        .person = owner.id,
        .message = root,
        .detail = normal(alias)});
    transaction.commit();
}

std::vector<Admin::DomainRow> StoreAdmin::domains()
{
    std::vector<DomainRow> out;
    const auto rows = session_.query("select substr(source, 8), round((messages" FADED
                                     ")::numeric, 1)::text, round((complaints" FADED ")::numeric, 1)::text from trust "
                                     "where source like 'domain:%' order by complaints desc, source limit $1",
        domains_shown);
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({rows.text(i, 0), std::stod(rows.text(i, 1)), std::stod(rows.text(i, 2))});
    return out;
}

void StoreAdmin::set_trust(const std::string& domain, Trust trust)
{
    const auto name = email2::normalise_domain(domain);
    if (!name) throw Refused(domain + " is no domain.");
    Transaction transaction(session_);
    if (trust == Trust::restore) session_.query("update trust set complaints = 0 where source = $1", "domain:" + *name);
    else
        session_.query(
            "insert into trust(source, complaints) values ($1, $2 * 5) on conflict (source) do update set complaints = $2 * (trust.messages + 5), at = now()",
            "domain:" + *name, distrust);
    record({.act = trust == Trust::restore ? "domain.trust" : "domain.distrust", .detail = *name});
    transaction.commit();
}

std::string StoreAdmin::add_token(const std::string& address, const std::string& name)
{
    const auto account = require_account(address);
    Transaction transaction(session_);
    const auto secret = "e2_" + random_token();
    const auto hash = sha256(secret);
    session_.query("insert into bearer(person_id, hash, name) values ($1, $2, $3)", account.id, Bytes{hash}, name);
    record({.act = "token.add", .person = account.id, .detail = name});
    transaction.commit();
    return secret;
}

std::vector<Admin::TokenRow> StoreAdmin::tokens(const std::string& address)
{
    const auto account = require_account(address);
    std::vector<TokenRow> out;
    const auto rows =
        session_.query("select id, name, created from bearer where person_id = $1 order by id", account.id);
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({rows.integer(i, 0), rows.text(i, 1), std::chrono::floor<std::chrono::seconds>(rows.time(i, 2))});
    return out;
}

void StoreAdmin::remove_token(const std::string& address, std::int64_t id)
{
    const auto account = require_account(address);
    Transaction transaction(session_);
    if (session_.query("delete from bearer where person_id = $1 and id = $2 returning 1", account.id, id).empty())
        throw Refused("There is no such token of " + address + ".", email2::Code::not_found);
    record({.act = "token.remove", .person = account.id, .detail = std::to_string(id)});
    transaction.commit();
}

}  // namespace gateway::store
