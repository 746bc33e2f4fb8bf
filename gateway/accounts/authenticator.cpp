// authenticator: look up, remember or hash, delay.
#include "gateway/accounts/authenticator.h"

#include "gateway/accounts/limits.h"
#include "gateway/accounts/verifier.h"
#include "gateway/log.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gsasl.h>
#include <stdexcept>

namespace gateway::accounts {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

void Authenticator::Done::operator()(Gsasl* library) const
{
    gsasl_done(library);
}

Authenticator::Authenticator(AccountDirectory& directory) : directory_(directory), process_key_(random_octets(32))
{
    Gsasl* library = nullptr;
    if (gsasl_init(&library) != GSASL_OK) throw std::runtime_error("accounts: libgsasl does not start");
    library_.reset(library);
}

Authenticator::~Authenticator()
{
    hashing_.join();
}

asio::awaitable<Outcome> Authenticator::check(std::string login, std::string password, std::string peer)
{
    const bool too_long = login.size() > credential || password.size() > credential;
    std::optional<Account> account;
    if (!too_long) account = co_await find(login);
    const auto verifier = account ? account->verifier : decoy(login);
    auto key = hmac(process_key_, login + '\0' + password);
    bool right = !too_long && account && remembers(key, verifier);
    if (!right && !too_long) {
        auto hash = [password, verifier]() -> asio::awaitable<bool> { co_return verify(password, verifier); };
        right = co_await asio::co_spawn(hashing_, std::move(hash), asio::use_awaitable) && account;
        if (right) remember(std::move(key), verifier);
    }
    if (!right) {
        co_await failed(std::move(peer), account ? account->address : std::string{});
        co_return Outcome{};
    }
    if (account->suspended) co_return Outcome{"", "account suspended"};
    co_return Outcome{account->address, ""};
}

asio::awaitable<std::optional<Account>> Authenticator::find(std::string login)
{
    return directory_.find(std::move(login));
}

// Only accounts that exist are named: what else stands in the place of a name may be somebody's password.
asio::awaitable<void> Authenticator::failed(std::string peer, std::string account)
{
    log::info("login.failed", {{"peer", peer}, {"account", account}});
    const auto delay = delay_after_failure(peer);
    if (delay.count() == 0) co_return;
    asio::steady_timer timer(co_await asio::this_coro::executor, delay);
    co_await timer.async_wait(asio::use_awaitable);
}

std::string Authenticator::decoy(std::string_view login) const
{
    const auto seed = hmac(process_key_, std::string("decoy\0", 6).append(login));
    return Verifier{iterations, seed.substr(0, salt_octets), hmac(seed, "stored"), hmac(seed, "server")}.text();
}

bool Authenticator::remembers(const std::string& key, const std::string& verifier) const
{
    for (const auto* generation : {&recent_, &older_}) {
        const auto found = generation->find(key);
        if (found != generation->end()) return found->second == verifier;  // else the password was changed
    }
    return false;
}

void Authenticator::remember(std::string key, std::string verifier)
{
    if (recent_.size() >= remembered / 2) {
        older_ = std::move(recent_);
        recent_.clear();
    }
    recent_.insert_or_assign(std::move(key), std::move(verifier));
}

std::chrono::milliseconds Authenticator::delay_after_failure(const std::string& peer)
{
    boost::system::error_code no_address;
    const auto address = asio::ip::make_address(peer, no_address);
    if (no_address || address.is_loopback()) return {};
    const auto now = Clock::now();
    if (failures_.size() >= failing_addresses)
        std::erase_if(failures_, [&](const auto& entry) { return now - entry.second.since > failure_window; });
    if (failures_.size() >= failing_addresses && !failures_.contains(peer)) return longest_delay;
    auto& failures = failures_[peer];
    if (failures.count == 0 || now - failures.since > failure_window) failures = {0, now};
    const int beyond = ++failures.count - free_failures;
    return beyond <= 0 ? std::chrono::milliseconds{} : std::min(first_delay * beyond, longest_delay);
}

}  // namespace gateway::accounts
