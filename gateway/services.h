// services: what HTTP and logins ask of the rest: accounts, the store, news, one-click actions.
#pragma once

#include "gateway/accounts/authenticator.h"
#include "gateway/accounts/directory.h"
#include "gateway/answers.h"
#include "gateway/followers.h"
#include "gateway/http/services.h"
#include "gateway/runtime.h"
#include "gateway/store/database.h"
#include "gateway/store/listener.h"
#include "gateway/store/store.h"
#include "gateway/store/writer.h"

namespace gateway {

// Logging in finds accounts here.
class Directory final : public accounts::AccountDirectory {
public:
    Directory(store::Database& database, std::shared_ptr<store::KnownAccounts> accounts, email2::Domains domains,
        std::string home)
        : database_(database), accounts_(std::move(accounts)), domains_(std::move(domains)), home_(std::move(home))
    {
    }
    boost::asio::awaitable<std::optional<accounts::Account>> find(std::string login) override;

private:
    store::Database& database_;
    std::shared_ptr<store::KnownAccounts> accounts_;
    email2::Domains domains_;
    std::string home_;
};

class HttpServices final : public http::Services {
public:
    HttpServices(Runtime& runtime, store::Database& database, store::Writer& writer, store::Listener& listener,
        accounts::Authenticator& authenticator, const store::StoreSettings& verbs);

    Awaitable<std::optional<std::string>> authenticate(
        std::string user, std::string password, std::string peer) override;
    Awaitable<std::optional<std::string>> authenticate_token(std::string token, std::string peer) override;
    Awaitable<email2::Result<http::Shown>> publish(
        std::string account, std::string xml, std::string key, std::string digest) override;
    Awaitable<email2::Result<http::Shown>> get(
        std::string account, email2::Name id, std::optional<std::uint32_t> revision) override;
    Awaitable<std::shared_ptr<http::Following>> follow(std::string account) override;
    Awaitable<http::Health> health() override;
    Awaitable<std::string> metrics() override;
    Awaitable<std::optional<http::ActionPage>> describe_action(std::string token) override;
    Awaitable<std::optional<http::ActionPage>> perform_action(std::string token) override;
    // Called before the metrics are written, to bring figures up to date.
    void on_metrics(std::function<void()> update) { updates_.push_back(std::move(update)); }
    // Called when administration left something to maintenance.
    void on_begun(std::function<void()> wake) { wake_ = std::move(wake); }
    // Ends all waiting: the process stops.
    void stop();

protected:
    Awaitable<void> run_on_store(std::function<void(email2::Store&)> work) override;
    Awaitable<void> run_on_admin(std::string account, std::function<void(Admin&)> work) override;

private:
    Runtime& runtime_;
    store::Database& database_;
    store::Writer& writer_;
    accounts::Authenticator& authenticator_;
    const store::StoreSettings& verbs_;
    std::vector<std::function<void()>> updates_;
    std::function<void()> wake_;
    struct Heard;  // what the listener tells, which may outlive us
    std::shared_ptr<Heard> heard_;
};

}  // namespace gateway
