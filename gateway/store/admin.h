// admin: what administration does to the store. gateway/admin.h.
//
// One connection's view, made for a command or for one job on a database thread. admin*.cpp hold a subject each.
#pragma once

#include "email2/address.h"
#include "gateway/admin.h"
#include "gateway/store/changes.h"
#include "gateway/store/mailbox_accounts.h"
#include "gateway/store/maintenance.h"
#include "gateway/store/session.h"

namespace gateway::store {

struct AdminSettings {
    std::vector<std::string> domains;       // ours; the first is home
    std::uint64_t message_size = 50 << 20;  // limits.message_size
    MaintenanceSettings maintenance;
    std::function<void()> wake = {};  // something waits for maintenance
};

// Who acts: an admin's account, or whoever is at the command line.
struct AdminActor {
    std::string address, login;
};

class StoreAdmin : public Admin {
public:
    StoreAdmin(Session& session, AdminSettings settings, AdminActor actor);
    // With a connection of its own; brings the schema up to date. Throws when the database is away.
    StoreAdmin(const std::string& url, AdminSettings settings, AdminActor actor);

    void add_accounts(const std::vector<NewAccount>& accounts, Reuse reuse) override;
    std::vector<AccountRow> accounts() override;
    AccountRow account(const std::string& address) override;
    void change_account(const std::string& address, const AccountChange& change) override;
    void remove_account(const std::string& address) override;
    void set_language(const std::string& address, const std::string& language) override;
    bool is_admin(const std::string& address) override;
    void add_alias(const std::string& alias, const std::string& target) override;
    std::vector<AliasRow> aliases() override;
    void remove_alias(const std::string& alias) override;
    void add_list(const NewList& list) override;
    std::vector<ListRow> lists() override;
    ListRow list(const std::string& alias) override;
    void change_list(const std::string& alias, const std::optional<std::string>& name,
        const std::optional<std::string>& posting) override;
    void remove_list(const std::string& alias) override;
    std::vector<std::string> owners(const std::string& alias) override;
    void change_owner(const std::string& alias, const std::string& address, Owner change) override;
    std::vector<DomainRow> domains() override;
    void set_trust(const std::string& domain, Trust trust) override;
    std::string add_token(const std::string& account, const std::string& name) override;
    std::vector<TokenRow> tokens(const std::string& account) override;
    void remove_token(const std::string& account, std::int64_t id) override;
    std::vector<QueueRow> queue() override;
    std::optional<QueueRow> queued(std::int64_t id) override;
    std::size_t retry(std::optional<std::int64_t> id) override;
    void remove_queued(std::int64_t id) override;
    std::vector<MaintenanceRow> maintain() override;
    std::vector<ArchiveRow> archived() override;
    void restore(const std::string& id) override;
    Archived import_archived(
        const std::string& path, const std::function<void(std::uint64_t done, std::uint64_t total)>& progress) override;
    std::vector<Broken> broken() override;
    std::optional<std::string> message(const std::string& id) override;
    std::vector<AuditRow> audit(const AuditQuestion& question) override;
    std::unique_ptr<Import> import_into(const std::string& account, const std::string& folder,
        const std::string& source, Import::Report report) override;
    std::vector<FolderRow> folders(const std::string& account) override;
    std::vector<StoredMail> mails(const std::string& account, const std::string& folder, std::uint32_t after) override;
    void export_person(const std::string& address, boxes::Sink& sink) override;
    void erase_person(
        const std::string& address, const std::function<void(const std::string& step)>& progress) override;
    ErasureRow begin_erasing(const std::string& address) override;
    ErasureRow erasure(const std::string& address) override;

    // A line of the audit, within the caller's transaction.
    struct Act {
        std::string act;  // "account.add"
        std::int32_t person = 0;
        std::int64_t message = 0;
        std::string detail;
    };
    void record(const Act& act);

private:
    [[nodiscard]] std::string normal(const std::string& address) const;
    // One that an account or an alias may have here.
    [[nodiscard]] std::string local(const std::string& address) const;
    void refuse_taken(const std::string& address);
    void refuse_closed(const std::string& address);
    [[nodiscard]] Account require_account(const std::string& address);
    // Anybody who is known, account or not; by an own address, or by an alias as well.
    [[nodiscard]] std::int32_t require_person(const std::string& address);
    [[nodiscard]] std::int32_t require_own(const std::string& address);
    [[nodiscard]] std::int64_t require_message(const std::string& id);
    [[nodiscard]] std::int64_t require_list(const std::string& alias);
    std::vector<ListRow> list_rows(const std::string& alias);
    std::vector<AccountRow> account_rows(std::int32_t id);
    std::vector<QueueRow> queue_rows(std::optional<std::int64_t> id);

    std::unique_ptr<Session> own_;
    Session& session_;
    AdminSettings settings_;
    email2::Domains domains_;
    AdminActor actor_;
    std::int32_t actor_id_ = 0;
};

}  // namespace gateway::store
