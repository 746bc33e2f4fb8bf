#include "gateway/services.h"

#include "email2/address.h"
#include "email2/xml.h"
#include "gateway/http/limits.h"
#include "gateway/ingress/one_click.h"
#include "gateway/store/admin.h"
#include "gateway/store/bearers.h"
#include "gateway/store/publish.h"

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
    auto known = accounts_->find(*address);
    if (!known)
        known = co_await database_.run(
            [this, &address](store::Session& session) { return store::known_account(*accounts_, session, *address); });
    if (!known) co_return std::nullopt;
    co_return accounts::Account{known->person.address, known->verifier, known->suspended};
}

struct HttpServices::Heard {
    Heard(asio::any_io_executor executor, store::Database& database) : followers(std::move(executor), database) {}
    Followers followers;
    Answers answers;
};

HttpServices::HttpServices(Runtime& runtime, store::Database& database, store::Writer& writer,
    store::Listener& listener, accounts::Authenticator& authenticator, const store::StoreSettings& verbs)
    : runtime_(runtime)
    , database_(database)
    , writer_(writer)
    , authenticator_(authenticator)
    , verbs_(verbs)
    , heard_(std::make_shared<Heard>(runtime.io().get_executor(), database))
{
    listener.subscribe([heard = std::weak_ptr(heard_), accounts = verbs.accounts](const store::News& news) {
        if (news.accounts) accounts->forget();
        const auto alive = heard.lock();
        if (!alive) return;
        alive->answers.changed();
        alive->followers.hear(news);
    });
}

void HttpServices::stop()
{
    heard_->followers.stop();
}

http::Services::Awaitable<std::optional<std::string>> HttpServices::authenticate(
    std::string user, std::string password, std::string peer)
{
    const auto outcome = co_await authenticator_.check(std::move(user), std::move(password), std::move(peer));
    co_return outcome.user.empty() ? std::nullopt : std::optional(outcome.user);
}

http::Services::Awaitable<std::optional<std::string>> HttpServices::authenticate_token(
    std::string token, std::string peer)
{
    auto known = store::remembered_bearer(*verbs_.accounts, token);
    if (!known)
        known = co_await database_.run([this, &token](store::Session& session) {
            return store::account_of_bearer(*verbs_.accounts, session, token);
        });
    if (known) co_return known->person.address;
    co_await authenticator_.failed(std::move(peer));
    co_return std::nullopt;
}

namespace {

struct Draft {  // a publication on its way
    store::PersonRow author;
    std::shared_ptr<store::PublishJob> job;
    std::optional<http::Shown> answer;  // where it is known before
};

http::Shown shown(const email2::Message& message)
{
    auto xml = email2::write(message);
    if (xml.size() <= http::limits::validated)
        if (const auto valid = email2::validate(xml); !valid)
            throw std::logic_error(
                "an answer is not as the schema says: " + valid.error().path + ": " + valid.error().text);
    return {std::make_shared<const std::string>(std::move(xml)), message.id, message.revision};
}

}  // namespace

// Reading and composing is done on a database thread, but none waits for the writer: a group is as large as there are
// publishers.
http::Services::Awaitable<email2::Result<http::Shown>> HttpServices::publish(
    std::string account, std::string xml, std::string key, std::string digest)
{
    auto read = [&](store::Session& session) -> email2::Result<Draft> {
        auto request = email2::read_publication(xml);
        if (!request) return tl::unexpected(request.error());
        request->idempotency_key = key;
        request->request_digest = digest;
        store::PostgresStore store(session, writer_, verbs_);
        auto prepared = store.prepare_publication(account, *request);
        if (!prepared) return tl::unexpected(prepared.error());
        Draft draft{std::move(prepared->author), nullptr, std::nullopt};
        if (prepared->answer) draft.answer = shown(*prepared->answer);
        draft.job = store::Writer::read(std::move(prepared->message));
        return draft;
    };
    auto draft = co_await database_.run(std::move(read));
    if (!draft) co_return tl::unexpected(draft.error());
    const auto published = co_await writer_.publish(draft->job);
    if (!published) co_return tl::unexpected(published.error());
    if (draft->answer && !published->duplicate) co_return *std::move(draft->answer);
    co_return co_await database_.run([&](store::Session& session) {
        return shown(store::PostgresStore(session, writer_, verbs_).published_message(draft->author, *published));
    });
}

http::Services::Awaitable<email2::Result<http::Shown>> HttpServices::get(
    std::string account, email2::Name id, std::optional<std::uint32_t> revision)
{
    const auto question = account + ' ' + id.str() + ' ' + (revision ? std::to_string(*revision) : "");
    auto& answers = heard_->answers;
    if (auto known = answers.find(question)) co_return *std::move(known);
    const auto stamp = answers.stamp();
    auto found = co_await database_.run([&](store::Session& session) -> email2::Result<http::Shown> {
        auto message = store::PostgresStore(session, writer_, verbs_).get(account, id, revision);
        if (!message) return tl::unexpected(message.error());
        return shown(*message);
    });
    if (found) answers.remember(question, *found, stamp);
    co_return found;
}

http::Services::Awaitable<std::shared_ptr<http::Following>> HttpServices::follow(std::string account)
{
    auto known = verbs_.accounts->find(account);
    if (!known)
        known = co_await database_.run([this, &account](store::Session& session) {
            return store::known_account(*verbs_.accounts, session, account);
        });
    if (!known) throw std::runtime_error("the account is gone");
    co_return co_await heard_->followers.follow(known->person.id);
}

http::Services::Awaitable<http::Health> HttpServices::health()
{
    http::Health health;
    health.listeners = runtime_.ready();
    try {
        co_await database_.run([](store::Session& session) {
            session.query("select count(*) from egress where due <= now() - interval '1 hour' and owner = 0");
        });
        health.database = health.queue = true;
    } catch (const std::exception&) {  // away: that is the answer
    }
    co_return health;
}

http::Services::Awaitable<std::string> HttpServices::metrics()
{
    for (const auto& update : updates_) update();
    try {
        const auto waiting = co_await database_.run(
            [](store::Session& session) { return session.query("select count(*) from egress").integer(0, 0); });
        runtime_.metrics().gauge("e2_queue_length", "Mail that waits to leave").Set(static_cast<double>(waiting));
    } catch (const std::exception&) {  // away: the other figures matter all the more
    }
    runtime_.metrics()
        .gauge("e2_followers", "Sessions that follow the events")
        .Set(static_cast<double>(heard_->followers.size()));
    runtime_.metrics().gauge("e2_database_up", "1 while the database answers").Set(database_.alive() ? 1 : 0);
    co_return runtime_.metrics().text();
}

namespace {

std::optional<http::ActionPage> shown(const std::optional<ingress::Page>& page)
{
    if (!page) return std::nullopt;
    return http::ActionPage{page->title, page->text, page->button, page->token, page->language};
}

}  // namespace

http::Services::Awaitable<std::optional<http::ActionPage>> HttpServices::describe_action(std::string token)
{
    co_return shown(
        co_await database_.run([&token](store::Session& session) { return ingress::describe(session, token); }));
}

http::Services::Awaitable<std::optional<http::ActionPage>> HttpServices::perform_action(std::string token)
{
    co_return shown(
        co_await database_.run([&token](store::Session& session) { return ingress::perform(session, token); }));
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
    store::AdminSettings settings{{verbs_.home}, verbs_.message_size, {}, wake_};
    for (const auto& domain : verbs_.domains)
        if (domain != verbs_.home) settings.domains.push_back(domain);
    co_await database_.run([settings = std::move(settings), account = std::move(account), work = std::move(work)](
                               store::Session& session) {
        store::StoreAdmin admin(session, settings, {account, ""});
        work(admin);
    });
}

}  // namespace gateway
