// account_mailboxes: imap::Mailboxes over the store: all mailboxes of one account, for one session.
#pragma once

#include "gateway/mailboxes/append.h"
#include "gateway/mailboxes/rooms.h"
#include "gateway/store/mailbox_accounts.h"
#include "imap/mailboxes.h"

namespace gateway::mailboxes {

class AccountMailboxes final : public imap::Mailboxes {
public:
    AccountMailboxes(std::shared_ptr<Rooms> rooms, store::Account account, std::vector<std::string> keywords);

    [[nodiscard]] std::string user() const override { return account_.address; }

    [[nodiscard]] std::vector<std::string> keywords() const override { return keywords_->names(); }

    imap::Async<std::vector<imap::MailboxInfo>> list() override;
    imap::Async<std::vector<std::string>> subscriptions() override;
    imap::Async<imap::Result<imap::MailboxStatus>> status(std::string name) override;
    imap::Async<imap::Result<std::unique_ptr<imap::Mailbox>>> select(std::string name, bool examine) override;
    imap::Async<imap::Result<std::string>> create(std::string name, imap::SpecialUse use) override;
    imap::Async<imap::Result<void>> remove(std::string name) override;
    imap::Async<imap::Result<void>> rename(std::string from, std::string to) override;
    imap::Async<imap::Result<void>> subscribe(std::string name, bool on) override;
    imap::Async<imap::Result<imap::Appended>> append(
        std::string name, std::vector<imap::AppendMessage> messages) override;
    imap::Async<imap::Quota> quota() override;
    imap::Async<imap::Result<std::string>> rights(std::string name) override;
    imap::Async<imap::Result<std::vector<imap::AclEntry>>> acl(std::string name) override;

    std::unique_ptr<imap::Watch> watch() override { return std::make_unique<AccountWatch>(rooms_->open, account_.id); }

private:
    imap::Async<imap::Result<imap::Uid>> append_one(Destination destination, imap::AppendMessage message);
    imap::Async<imap::Result<imap::Uid>> edit_by_append(Destination destination, Arriving mail);

    std::shared_ptr<Rooms> rooms_;
    store::Account account_;
    std::shared_ptr<Keywords> keywords_;
};

}  // namespace gateway::mailboxes
