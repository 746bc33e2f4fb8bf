// admin: what the command line does to the store. gateway/admin.h.
#pragma once

#include "email2/address.h"
#include "gateway/admin.h"
#include "gateway/store/session.h"

namespace gateway::store {

class StoreAdmin : public Admin {
public:
    // Brings the schema up to date. Throws when the database is away.
    StoreAdmin(const std::string& url, email2::Domains domains);

    void add_accounts(const std::vector<NewAccount>& accounts) override;
    std::vector<AccountRow> accounts() override;
    void set_password(const std::string& address, const std::string& verifier) override;
    void remove_account(const std::string& address) override;
    void suspend(const std::string& address, bool on) override;
    void add_alias(const std::string& alias, const std::string& target) override;
    std::vector<AliasRow> aliases() override;
    void remove_alias(const std::string& alias) override;
    std::vector<QueueRow> queue() override;
    std::optional<QueueRow> queued(std::int64_t id) override;
    std::size_t retry(std::optional<std::int64_t> id) override;
    void remove_queued(std::int64_t id) override;
    std::vector<Broken> broken() override;
    std::optional<std::string> message(const std::string& id) override;

private:
    [[nodiscard]] std::string normal(const std::string& address) const;
    [[nodiscard]] std::string local(const std::string& address) const;
    std::vector<QueueRow> rows(std::optional<std::int64_t> id);

    email2::Domains domains_;
    Session session_;
};

}  // namespace gateway::store
