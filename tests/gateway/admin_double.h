// admin_double: a scripted Admin: what it was asked for is in its records.
#pragma once

#include "gateway/admin.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace test {

using gateway::Admin;
using gateway::Refused;

struct Records {
    std::vector<Admin::AccountRow> accounts;
    std::vector<Admin::AliasRow> aliases;
    std::vector<Admin::ListRow> lists;
    std::vector<std::string> owners;
    std::vector<Admin::Broken> broken;
    std::vector<Admin::TokenRow> tokens;
    std::string last_verifier, erased, exported, trust;
    bool reuse = false;
    Admin::AuditQuestion asked;
    std::vector<std::string> admins;
    std::vector<std::string> archives;  // imported, by file name
    std::string unfinished;             // why maintenance does not come to its end
    std::map<std::string, std::string> languages;
    // imported: mails by "folder source"; what import says the last run left.
    std::vector<std::string> imported;
    std::string position, last_position;
    std::size_t finished = 0;
    std::vector<Admin::StoredMail> mails;  // of INBOX
};

class Office final : public Admin {
public:
    explicit Office(Records& records) : records_(records) {}

    void add_accounts(const std::vector<NewAccount>& accounts, Reuse reuse) override
    {
        for (const auto& account : accounts) {
            for (const auto& row : records_.accounts)
                if (row.address == account.address) throw Refused(account.address + " exists", email2::Code::conflict);
            AccountRow row{.address = account.address, .name = account.name};
            row.created = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000));
            row.octets = 42;
            records_.accounts.push_back(row);
            records_.last_verifier = account.verifier;
        }
        records_.reuse = reuse == Reuse::allow;
    }
    std::vector<AccountRow> accounts() override { return records_.accounts; }
    AccountRow account(const std::string& address) override { return find(address); }
    void change_account(const std::string& address, const AccountChange& change) override
    {
        auto& row = find(address);
        if (change.verifier) records_.last_verifier = *change.verifier;
        if (change.name) row.name = *change.name;
        if (change.suspended) row.suspended = *change.suspended;
        if (change.admin) row.admin = *change.admin;
        if (change.lists) row.lists = *change.lists;
        if (change.quota) row.quota = *change.quota;
        if (change.send_quota) row.send_quota = *change.send_quota;
    }
    void remove_account(const std::string& address) override
    {
        (void)find(address);
        std::erase_if(records_.accounts, [&](const auto& row) { return row.address == address; });
    }
    void set_language(const std::string& address, const std::string& language) override
    {
        records_.languages[address] = language;
    }
    bool is_admin(const std::string& address) override
    {
        return std::find(records_.admins.begin(), records_.admins.end(), address) != records_.admins.end();
    }
    void add_alias(const std::string& alias, const std::string& target) override
    {
        records_.aliases.push_back({alias, target});
    }
    std::vector<AliasRow> aliases() override { return records_.aliases; }
    void remove_alias(const std::string& alias) override
    {
        if (std::erase_if(records_.aliases, [&](const auto& row) { return row.alias == alias; }) == 0)
            throw Refused("There is no alias " + alias + ".", email2::Code::not_found);
    }
    void add_list(const NewList& list) override
    {
        records_.lists.push_back(
            {list.alias, list.name, list.posting, list.owners.size(), "0192f0c1-7a00-7000-8000-000000000003@one.test"});
        records_.owners = list.owners;
    }
    std::vector<ListRow> lists() override { return records_.lists; }
    ListRow list(const std::string& alias) override { return find_list(alias); }
    void change_list(const std::string& alias, const std::optional<std::string>& name,
        const std::optional<std::string>& posting) override
    {
        if (name) find_list(alias).name = *name;
        if (posting) find_list(alias).posting = *posting;
    }
    void remove_list(const std::string& alias) override
    {
        (void)find_list(alias);
        records_.lists.clear();
    }
    std::vector<std::string> owners(const std::string&) override { return records_.owners; }
    void change_owner(const std::string&, const std::string& address, Owner change) override
    {
        if (change == Owner::add) records_.owners.push_back(address);
        else std::erase(records_.owners, address);
    }
    std::vector<DomainRow> domains() override { return {{"legacy.test", 412.5, 3}}; }
    void set_trust(const std::string& domain, Trust trust) override
    {
        records_.trust = domain + (trust == Trust::restore ? " trusted" : " distrusted");
    }
    std::string add_token(const std::string&, const std::string& name) override
    {
        records_.tokens.push_back({7, name, {}});
        return "e2_secret";
    }
    std::vector<TokenRow> tokens(const std::string&) override { return records_.tokens; }
    void remove_token(const std::string&, std::int64_t id) override
    {
        std::erase_if(records_.tokens, [&](const auto& token) { return token.id == id; });
    }
    std::vector<QueueRow> queue() override
    {
        return {
            {7, "0192f0c1-7a00-7000-8000-000000000002@one.test", "carol@legacy.test", "deferred", 2, {}, "451 later"}};
    }
    std::optional<QueueRow> queued(std::int64_t id) override
    {
        return id == 7 ? std::optional(queue()[0]) : std::nullopt;
    }
    std::size_t retry(std::optional<std::int64_t> id) override
    {
        if (id && *id != 7) throw Refused("There is no such entry.", email2::Code::not_found);
        return id ? 1 : 3;
    }
    void remove_queued(std::int64_t id) override { (void)retry(id); }
    std::vector<Broken> broken() override { return records_.broken; }
    std::optional<std::string> message(const std::string& id) override
    {
        return id == "g@one.test" ? std::optional<std::string>(
                                        "<error xmlns=\"urn:email2:1\" code=\"gone\">as good as a message</error>")
                                  : std::nullopt;
    }
    std::vector<AuditRow> audit(const AuditQuestion& question) override
    {
        records_.asked = question;
        AuditRow row{"a3", Time(std::chrono::seconds(1'700'000'000)), "root (command line)", "account.quota",
            "bob@one.test", "", 0, "5 octets"};
        return {row};
    }
    std::unique_ptr<Import> import_into(
        const std::string&, const std::string& folder, const std::string& source, Import::Report report) override
    {
        struct Desk final : Import {
            Records& records;
            std::string place;
            Report report;
            Desk(Records& r, std::string p, Report f) : records(r), place(std::move(p)), report(std::move(f)) {}
            std::string position() override { return records.position; }
            void store(std::vector<gateway::boxes::Mail> mails, const std::string& position) override
            {
                for (const auto& mail : mails) {
                    const bool good = mail.problem.empty();
                    if (good) records.imported.push_back(place + ": " + mail.bytes);
                    report(mail, good ? Result::stored : Result::refused, mail.problem);
                }
                records.last_position = position;
            }
            void finish() override { ++records.finished; }
        };
        return std::make_unique<Desk>(records_, folder + " " + source.substr(source.rfind('/') + 1), std::move(report));
    }
    std::vector<FolderRow> folders(const std::string&) override
    {
        return {{"INBOX", records_.mails.size(), 100}, {"Work/.hidden", 0, 0}};
    }
    std::vector<StoredMail> mails(const std::string&, const std::string& folder, std::uint32_t after) override
    {
        for (const auto& mail : records_.mails)
            if (folder == "INBOX" && mail.uid > after) return {mail};
        return {};
    }
    void export_person(const std::string& address, gateway::boxes::Sink& sink) override
    {
        records_.exported = address;
        sink.file("account.xml", "<account/>", {});
    }
    std::vector<MaintenanceRow> maintain() override
    {
        return {{"blobs", 3, std::chrono::milliseconds(12), ""}, {"events", 0, {}, records_.unfinished}};
    }
    std::vector<ArchiveRow> archived() override
    {
        return {{"g@one.test", "ab/g.tar.gz", 4711, std::chrono::sys_seconds{}}};
    }
    void restore(const std::string& id) override
    {
        if (id != "g@one.test") throw Refused(id + " is not in cold storage.");
    }
    Archived import_archived(
        const std::string& path, const std::function<void(std::uint64_t, std::uint64_t)>& progress) override
    {
        progress(1, 2);
        if (path.ends_with("damaged.tar.gz")) throw Refused(path + " is damaged");
        records_.archives.push_back(path.substr(path.rfind('/') + 1));
        return records_.archives.size() % 2 == 1 ? Archived::fresh : Archived::present;
    }
    ErasureRow begin_erasing(const std::string& address) override
    {
        if (records_.erased == address) return {.step = "done", .ended = std::chrono::sys_seconds{}};
        (void)find(address);
        records_.erased = address;
        return {.step = "leaving every list"};
    }
    ErasureRow erasure(const std::string& address) override
    {
        if (records_.erased != address)
            throw Refused("Nobody of that address is being erased.", email2::Code::not_found);
        return {.step = "leaving every list"};
    }
    void erase_person(const std::string& address, const std::function<void(const std::string&)>& progress) override
    {
        progress("erasing");
        records_.erased = address;
    }

private:
    AccountRow& find(const std::string& address)
    {
        const auto found = std::find_if(records_.accounts.begin(), records_.accounts.end(),
            [&](const auto& row) { return row.address == address; });
        if (found == records_.accounts.end())
            throw Refused("There is no account " + address + ".", email2::Code::not_found);
        return *found;
    }

    ListRow& find_list(const std::string& alias)
    {
        for (auto& list : records_.lists)
            if (list.alias == alias) return list;
        throw Refused("There is no list " + alias + ".", email2::Code::not_found);
    }

    Records& records_;
};

}  // namespace test
