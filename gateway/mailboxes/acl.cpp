// acl: AccountMailboxes::rights and acl: who may do what with a mailbox, RFC 4314; mapping.md "The mailbox view".
//
// A mailbox is its user's alone. One that is for a mailing list shows that list as well: to its owners everybody on it
// and the other owners, to anybody else the alias, which stands for its subscribers in mails, too.
#include "gateway/mailboxes/account_mailboxes.h"
#include "gateway/mailboxes/rights.h"
#include "gateway/store/mailbox_acl.h"
#include "gateway/store/mailbox_names.h"

#include <map>

namespace gateway::mailboxes {

using imap::AclEntry;
using imap::Async;
using imap::Result;

namespace {

struct Looked {
    std::string mine;                  // the user's rights
    std::optional<store::Facts> list;  // the root of the list that the mailbox is for, as the user stands to it
};

Result<Looked> look_at(store::Session& session, const store::Account& account, const std::string& name)
{
    const auto mailbox = store::require_mailbox(session, account.id, name, store::Purpose::open);
    if (!mailbox) return tl::unexpected(mailbox.error());
    Looked looked{own_rights(static_cast<imap::SpecialUse>(mailbox->use)), std::nullopt};
    if (mailbox->use != store::MailboxUse::none) return looked;
    looked.list = store::list_of_mailbox(session, account.id, mailbox->id);
    if (!looked.list) return looked;
    const auto& standing = looked.list->standing;
    looked.mine = either(looked.mine, list_rights(looked.list->root->posting, standing.held, standing.list_owner));
    return looked;
}

// For an owner: everybody else on the list, and the owners, by address.
std::vector<AclEntry> everybody(store::Session& session, const store::Facts& list, const store::Account& account)
{
    struct Stands {
        email2::Listed listed = email2::Listed::never;
        bool owner = false;
    };
    std::map<std::string, Stands> people;
    for (const auto& entry : store::list_of(session, list, account.id))
        if (entry.membership == email2::Membership::in) people[entry.person.address].listed = email2::Listed::in;
    for (const auto& owner : store::owners_of(session, list.root->id)) people[owner].owner = true;
    people.erase(account.address);
    std::vector<AclEntry> out;
    for (const auto& [address, stands] : people)
        out.push_back({address, list_rights(list.root->posting, stands.listed, stands.owner)});
    return out;
}

std::vector<AclEntry> who_may(store::Session& session, const Looked& looked, const store::Account& account)
{
    std::vector<AclEntry> acl{{account.address, looked.mine}};
    if (!looked.list) return acl;
    const auto& root = *looked.list->root;
    if (looked.list->standing.list_owner) {
        for (auto& entry : everybody(session, *looked.list, account)) acl.push_back(std::move(entry));
    } else {
        acl.push_back({root.alias, list_rights(root.posting, email2::Listed::in, false)});
    }
    if (auto strangers = strangers_rights(root.posting); !strangers.empty())
        acl.push_back({"anyone", std::move(strangers)});
    return acl;
}

}  // namespace

Async<Result<std::string>> AccountMailboxes::rights(std::string name)
{
    co_return co_await rooms_->database.run(
        [account = account_, name = store::canonical_name(std::move(name))](store::Session& session) {
            return look_at(session, account, name).map([](const Looked& looked) { return looked.mine; });
        });
}

Async<Result<std::vector<AclEntry>>> AccountMailboxes::acl(std::string name)
{
    co_return co_await rooms_->database.run([account = account_, name = store::canonical_name(std::move(name))](
                                                store::Session& session) -> Result<std::vector<AclEntry>> {
        const auto looked = look_at(session, account, name);
        if (!looked) return tl::unexpected(looked.error());
        return who_may(session, *looked, account);
    });
}

}  // namespace gateway::mailboxes
