// mailbox_accounts: the accounts of this server and the mailboxes that each has from its first
// moment.
//
// Addresses are normal forms (email2/address.h). Each function that changes something is one
// transaction of its own.
#pragma once

#include "gateway/store/changes.h"
#include "gateway/store/session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::store {

// mailbox.use: the values of imap::SpecialUse, and the one that no client sees.
enum class MailboxUse : std::int16_t {
    none = 0,
    inbox = 1,
    sent = 2,
    drafts = 3,
    trash = 4,
    junk = 5,
    archive = 6,
    limbo = 7
};

struct Account {
    std::int32_t id = 0;
    std::string address, name;
    std::string verifier;  // SCRAM-SHA-256; "": cannot log in
    bool suspended = false;
    bool limited = false;  // has a storage quota of its own, or was judged full by that of all
    std::int32_t inbox = 0, sent = 0, drafts = 0, trash = 0, junk = 0, archive = 0, limbo = 0;
};

// What somebody types as user name as an address: in its normal form; without a domain it is one at
// the first of `domains`.
[[nodiscard]] std::string login_address(std::string_view login, const std::vector<std::string>& domains);

// An account of that address, or the one that an alias leads to.
[[nodiscard]] std::optional<Account> find_account(Session& session, std::string_view address);
[[nodiscard]] std::vector<Account> list_accounts(Session& session);  // by address

// The new account's id, or nullopt when there is one of that address. A correspondent known by it
// becomes this account.
std::optional<std::int32_t> create_account(
    Session& session, std::string_view address, std::string_view verifier, std::string_view name = {});
// The same within the caller's transaction.
std::optional<std::int32_t> insert_account(
    Session& session, std::string_view address, std::string_view verifier, std::string_view name);
// False when there is no such account.
bool set_password(Session& session, std::string_view address, std::string_view verifier);
bool suspend_account(Session& session, std::string_view address, bool suspended);
// The account's mailboxes and references go, and it leaves every list; what others see of its
// messages stays. The address remains known as a correspondent, so that old messages keep their
// people.
bool remove_account(Session& session, std::string_view address);
// The same within the caller's transaction, of a person who is an account.
void delete_account(Session& session, Changes& changes, std::int32_t user);

}  // namespace gateway::store
