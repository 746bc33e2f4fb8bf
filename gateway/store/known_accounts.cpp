// known_accounts: a map with an age and a generation.
#include "gateway/store/known_accounts.h"

#include "email2/address.h"
#include "gateway/store/mailbox_accounts.h"

namespace gateway::store {

namespace {

// While the connection that brings the news is broken and made again, nothing is believed for longer.
constexpr std::chrono::seconds believed{5};
constexpr std::size_t most = 20'000;  // about 500 octets each

KnownAccounts::Known known_of(const Account& account)
{
    KnownAccounts::Known known;
    known.person = {.id = account.id,
        .address = account.address,
        .kind = email2::Class::native,
        .name = account.name,
        .inbox = account.inbox,
        .sent = account.sent,
        .drafts = account.drafts,
        .trash = account.trash,
        .junk = account.junk,
        .archive = account.archive,
        .limbo = account.limbo};
    known.verifier = account.verifier;
    known.suspended = account.suspended;
    known.limited = account.limited;
    return known;
}

}  // namespace

std::shared_ptr<const KnownAccounts::Known> KnownAccounts::find(const std::string& name) const
{
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(name);
    if (found == places_.end() || std::chrono::steady_clock::now() - found->second.since > believed) return nullptr;
    return found->second.account;
}

std::uint64_t KnownAccounts::generation() const
{
    const std::lock_guard lock(mutex_);
    return generation_;
}

void KnownAccounts::remember(const std::string& name, std::shared_ptr<const Known> account, std::uint64_t generation)
{
    const std::lock_guard lock(mutex_);
    if (generation != generation_) return;
    if (places_.size() >= most) places_.clear();
    places_.insert_or_assign(name, Place{std::move(account), std::chrono::steady_clock::now()});
}

void KnownAccounts::forget()
{
    const std::lock_guard lock(mutex_);
    ++generation_;
    places_.clear();
}

std::shared_ptr<const KnownAccounts::Known> known_account(
    KnownAccounts& accounts, Session& session, const std::string& address)
{
    if (auto known = accounts.find(address)) return known;
    const auto generation = accounts.generation();
    auto account = find_account(session, address);
    if (!account)
        if (const auto base = email2::base_address(address); base != address) account = find_account(session, base);
    if (!account) return nullptr;
    auto known = std::make_shared<const KnownAccounts::Known>(known_of(*account));
    accounts.remember(address, known, generation);
    return known;
}

}  // namespace gateway::store
