#include "gateway/services.h"

#include "email2/address.h"
#include "gateway/ingress/one_click.h"
#include "gateway/store/admin.h"
#include "gateway/store/mailbox_accounts.h"

namespace gateway {

namespace asio = boost::asio;

asio::awaitable<std::optional<accounts::Account>> Directory::find(std::string login)
{
    if (login.find('@') == std::string::npos) {
        if (domains_.size() != 1) co_return std::nullopt;
        login += "@" + home_;
    }
    const auto address = email2::normalise(login, domains_);
    if (!address) co_return std::nullopt;
    const auto account = co_await database_.run([&address](store::Session& session) { return store::find_account(session, *address); });
    if (!account) co_return std::nullopt;
    co_return accounts::Account{account->address, account->verifier, account->suspended};
}

HttpServices::HttpServices(Runtime& runtime, store::Database& database, store::Writer& writer, store::Listener& listener,
                           accounts::Authenticator& authenticator, const store::StoreSettings& verbs)
    : runtime_(runtime), database_(database), writer_(writer), authenticator_(authenticator), verbs_(verbs),
      waiting_(std::make_shared<std::list<asio::steady_timer*>>())
{
    listener.subscribe([waiting = std::weak_ptr(waiting_)](const store::News& news) {
        const auto alive = waiting.lock();
        if (!alive || !(news.events || news.everything)) return;
        for (auto* timer : *alive) timer->cancel();
    });
}

void HttpServices::stop()
{
    for (auto* timer : *waiting_) timer->cancel();
}

http::Services::Awaitable<std::optional<std::string>> HttpServices::authenticate(std::string user, std::string password, std::string peer)
{
    const auto outcome = co_await authenticator_.check(std::move(user), std::move(password), std::move(peer));
    co_return outcome.user.empty() ? std::nullopt : std::optional(outcome.user);
}

http::Services::Awaitable<std::optional<std::string>> HttpServices::authenticate_token(std::string, std::string) { co_return std::nullopt; }

http::Services::Awaitable<void> HttpServices::wait_events(std::string, std::uint64_t, std::chrono::milliseconds patience)
{
    asio::steady_timer timer(runtime_.io(), patience);
    const auto place = waiting_->insert(waiting_->end(), &timer);
    const std::shared_ptr<void> leaves(nullptr, [waiting = waiting_, place](void*) { waiting->erase(place); });
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

http::Services::Awaitable<http::Health> HttpServices::health()
{
    http::Health health;
    health.listeners = runtime_.ready();
    try {
        co_await database_.run([](store::Session& session) { session.query("select count(*) from egress where due <= now() - interval '1 hour' and owner = 0"); });
        health.database = health.queue = true;
    } catch (const std::exception&) {  // away: that is the answer
    }
    co_return health;
}

http::Services::Awaitable<std::string> HttpServices::metrics()
{
    for (const auto& update : updates_) update();
    try {
        const auto waiting = co_await database_.run([](store::Session& session) { return session.query("select count(*) from egress").integer(0, 0); });
        runtime_.metrics().gauge("e2_queue_length", "Mail that waits to leave").Set(static_cast<double>(waiting));
    } catch (const std::exception&) {  // away: the other figures matter all the more
    }
    runtime_.metrics().gauge("e2_database_up", "1 while the database answers").Set(database_.alive() ? 1 : 0);
    co_return runtime_.metrics().text();
}

namespace {

std::optional<http::ActionPage> shown(const std::optional<ingress::Page>& page)
{
    if (!page) return std::nullopt;
    return http::ActionPage{page->title, page->text, page->button, page->token};
}

}  // namespace

http::Services::Awaitable<std::optional<http::ActionPage>> HttpServices::describe_action(std::string token)
{
    co_return shown(co_await database_.run([&token](store::Session& session) { return ingress::describe(session, token); }));
}

http::Services::Awaitable<std::optional<http::ActionPage>> HttpServices::perform_action(std::string token)
{
    co_return shown(co_await database_.run([&token](store::Session& session) { return ingress::perform(session, token); }));
}

http::Services::Awaitable<void> HttpServices::run_on_store(std::function<void(email2::Store&)> work)
{
    co_await database_.run([this, work = std::move(work)](store::Session& session) {
        store::PostgresStore store(session, writer_, verbs_);
        work(store);
    });
}

http::Services::Awaitable<void> HttpServices::run_on_admin(std::string account, std::function<void(Admin&)> work)
{
    store::AdminSettings settings{{verbs_.home}, verbs_.message_size};
    for (const auto& domain : verbs_.domains)
        if (domain != verbs_.home) settings.domains.push_back(domain);
    co_await database_.run([settings = std::move(settings), account = std::move(account), work = std::move(work)](store::Session& session) {
        store::StoreAdmin admin(session, settings, {account, ""});
        work(admin);
    });
}

}  // namespace gateway
