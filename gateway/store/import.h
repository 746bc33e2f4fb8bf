// import: mails from files become imported messages in one folder of an account, group by group, each once.
//
// What makes "once" hold after any kill is the name that an import gets: it follows from the account and the octets, so
// a mail that comes again is found (as is one that came in by other ways, by its Message-ID and octets). The checkpoint
// only saves time.
#pragma once

#include "gateway/admin.h"
#include "gateway/store/ids.h"
#include "gateway/store/mailbox_accounts.h"
#include "gateway/store/mailbox_changes.h"
#include "gateway/store/publish.h"
#include "gateway/store/session.h"

#include <future>
#include <map>

namespace gateway::store {

class StoreImport final : public Admin::Import {
public:
    // Called with the number of mails that were stored, within the transaction that ends the import.
    using Ended = std::function<void(std::int64_t stored)>;

    // `mailbox`: an existing one of the account. `source`: what tells this import from others, as text.
    StoreImport(Session& session, WriterSettings settings, Account account, std::int32_t mailbox, std::string source,
        Report report, Ended ended);
    ~StoreImport() override;

    std::string position() override;
    void store(std::vector<boxes::Mail> mails, const std::string& position) override;
    void finish() override;

private:
    struct Group;
    struct Place {  // where a mail is already
        std::int64_t message = 0, rendition = 0;
        bool here = false;  // in this mailbox
    };
    void write(Group& group);
    void find_by_name(const Group& group, std::map<std::size_t, Place>& places);
    void find_by_message_id(const Group& group, std::map<std::size_t, Place>& places);
    void refer_to(Group& group, const std::map<std::size_t, Place>& places);
    void publish_some(Group& group, const std::vector<std::size_t>& some);
    void try_publish(Group& group, const std::vector<std::size_t>& some);
    [[nodiscard]] std::int64_t flags_of(const boxes::Mail& mail);

    Session& session_;
    WriterSettings settings_;
    Account account_;
    std::int32_t mailbox_;
    std::string source_;
    Report report_;
    Ended ended_;
    Ids ids_;
    std::vector<std::string> keywords_;  // the account's
    std::unique_ptr<Group> waiting_;     // read, not yet written
    std::int64_t stored_ = 0;
};

}  // namespace gateway::store
