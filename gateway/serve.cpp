// serve: construction in the order of need; what is made first ends last.
#include "gateway/serve.h"

#include "gateway/accounts/sasl.h"
#include "gateway/authentication/dmarc.h"
#include "gateway/authentication/key_files.h"
#include "gateway/dns/unbound_resolver.h"
#include "gateway/egress/dkim.h"
#include "gateway/egress/runner.h"
#include "gateway/http/server.h"
#include "gateway/ingress/logged_sink.h"
#include "gateway/ingress/sink.h"
#include "gateway/log.h"
#include "gateway/mailboxes/door.h"
#include "gateway/net/dialler.h"
#include "gateway/services.h"
#include "gateway/store/admin.h"
#include "gateway/store/mailbox_accounts.h"
#include "gateway/store/maintenance.h"
#include "gateway/store/outbox.h"
#include "gateway/store/upkeep.h"
#include "imap/session.h"
#include "smtp/server_session.h"

#include <pwd.h>
#include <unistd.h>

namespace gateway {

namespace asio = boost::asio;

namespace {

constexpr std::size_t pool_beside_writer = 1;
constexpr std::chrono::seconds upkeep_pause(30);

std::chrono::seconds seconds(std::chrono::milliseconds duration)
{
    return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

store::WriterSettings writer_settings(const Settings& settings)
{
    store::WriterSettings out;
    out.domains = settings.server.domains;
    out.undo = seconds(settings.egress.undo);
    out.dedup_window = seconds(settings.dedup.window);
    out.own_in_thread = settings.imap.own_in_thread;
    out.rate = {settings.abuse.rate, settings.abuse.kept_up};
    out.suspension = seconds(settings.abuse.suspension);
    out.to_max = settings.abuse.to_max;
    out.send = {static_cast<std::uint32_t>(settings.quota.send), seconds(settings.quota.period)};
    return out;
}

std::string public_url(const Settings& settings)
{
    if (auto url = settings.http.public_url; !url.empty()) {
        while (url.ends_with('/')) url.pop_back();
        return url;
    }
    return settings.listen.http.empty() ? "" : "http://" + settings.listen.http.front().text();
}

store::MakeSettings make_settings(const Settings& settings)
{
    store::MakeSettings out;
    out.public_url = public_url(settings);
    out.digest_max = settings.followup.digest_max;
    out.list_min = settings.render.list_min;
    out.max_per_day = settings.followup.max_per_day;
    return out;
}

store::StoreSettings verb_settings(const Settings& settings)
{
    store::StoreSettings out;
    out.domains = {settings.server.domains.begin(), settings.server.domains.end()};
    out.home = settings.server.domains.front();
    out.undo = seconds(settings.egress.undo);
    out.settle = seconds(settings.followup.settle);
    out.to_max = settings.render.to_max;
    out.edit_unseen = settings.imap.edit_unseen;
    out.joined = settings.imap.joined;
    out.tell_removed = settings.followup.removed;
    out.make = make_settings(settings);
    out.message_size = settings.limits.message_size;
    out.storage = settings.quota.storage;
    out.list_max = settings.abuse.to_max;
    return out;
}

// Who is at the command line, for the audit.
std::string login_name()
{
    if (const auto* before = std::getenv("SUDO_USER")) return before;
    const auto* entry = ::getpwuid(::getuid());
    return entry ? entry->pw_name : std::to_string(::getuid());
}

store::OutboxSettings outbox_settings(const Settings& settings)
{
    store::OutboxSettings out;
    out.hostname = settings.server.hostname;
    out.settle = seconds(settings.followup.settle);
    out.make = make_settings(settings);
    return out;
}

store::MaintenanceSettings maintenance_settings(const Settings& settings)
{
    store::MaintenanceSettings out;
    out.directory = settings.archive.directory.empty() ? std::filesystem::path(settings.server.data) / "archive"
                                                       : std::filesystem::path(settings.archive.directory);
    out.archive_keep = seconds(settings.archive.keep);
    out.cold_keep = seconds(settings.archive.cold_keep);
    out.events_keep = seconds(settings.events.keep);
    return out;
}

store::AdminSettings admin_settings(const Settings& settings)
{
    return {settings.server.domains, settings.limits.message_size, maintenance_settings(settings)};
}

ingress::SinkSettings sink_settings(const Settings& settings)
{
    ingress::SinkSettings out;
    out.hostname = settings.server.hostname;
    out.domains = {settings.server.domains.begin(), settings.server.domains.end()};
    out.home = settings.server.domains.front();
    out.mime_depth = settings.limits.mime_depth;
    out.public_url = public_url(settings);
    out.enforce_dmarc = settings.smtp.dmarc == DmarcUse::enforce;
    for (const auto& domain : settings.smtp.trusted_sealers)
        if (const auto normal = email2::normalise_domain(domain)) out.trusted_sealers.insert(*normal);
    return out;
}

mailboxes::Settings mailbox_settings(const Settings& settings, const store::StoreSettings& verbs)
{
    mailboxes::Settings out;
    out.verbs = &verbs;
    out.domains = settings.server.domains;
    out.leave = settings.imap.leave == LeaveUnit::thread ? store::LeaveScope::thread : store::LeaveScope::message;
    out.message_size = settings.limits.message_size;
    out.storage = settings.quota.storage;
    return out;
}

http::Settings http_settings(const Settings& settings)
{
    http::Settings out;
    out.domains = settings.server.domains;
    out.max_blob = settings.limits.blob_size;
    const auto add = [&](std::vector<http::MailServer>& servers, const Settings::Addresses& addresses,
                         http::Encryption encryption) {
        for (const auto& address : addresses) servers.push_back({settings.server.hostname, address.port, encryption});
    };
    add(out.imap, settings.listen.imaps, http::Encryption::tls);
    add(out.imap, settings.listen.imap, http::Encryption::starttls);
    add(out.submission, settings.listen.submissions, http::Encryption::tls);
    add(out.submission, settings.listen.submission, http::Encryption::starttls);
    return out;
}

// postmaster and abuse take mail always (RFC 5321 4.5.1, RFC 2142): an account without a password until somebody gives
// it one.
void ensure_postmaster(store::Database& database, const Settings& settings)
{
    database.run_blocking([&](store::Session& session) {
        for (const auto& domain : settings.server.domains) {
            if (store::find_account(session, "postmaster@" + domain)) continue;
            const auto id = store::create_account(session, "postmaster@" + domain, "");
            if (id)
                session.query("insert into alias(address, person_id) values ($1, $2) on conflict do nothing",
                    "abuse@" + domain, *id);
        }
    });
}

egress::RouterSettings router_settings(const Settings& settings)
{
    egress::RouterSettings out;
    if (!settings.egress.smarthost.empty()) out.smarthost = egress::parse_endpoint(settings.egress.smarthost);
    for (const auto& [domain, host] : settings.egress.routes)
        if (const auto endpoint = egress::parse_endpoint(host)) out.routes.emplace(domain, *endpoint);
    out.own_hosts = {settings.server.hostname};
    return out;
}

egress::RunnerSettings runner_settings(const Settings& settings)
{
    egress::RunnerSettings out;
    out.hostname = settings.server.hostname;
    out.schedule.retry_first = seconds(settings.egress.retry_first);
    out.schedule.retry_max = seconds(settings.egress.retry_max);
    out.schedule.give_up = seconds(settings.egress.give_up);
    out.connections = settings.egress.concurrency;
    return out;
}

std::unique_ptr<egress::Signer> signer(const Settings& settings)
{
    auto keys = authentication::read_signing_keys(settings.dkim_keys());
    if (keys.empty()) return nullptr;
    return std::make_unique<egress::DkimSigner>(std::move(keys));
}

// Who names their resolvers gets their answers, also about names that are nobody's (.test).
dns::UnboundSettings resolver_settings(const Settings& settings)
{
    return {.forward = settings.egress.resolver, .test_zone = !settings.egress.resolver.empty()};
}

// What the domains of strangers demand of mail that we send on for them.
class Policies final : public egress::DmarcPolicies {
public:
    explicit Policies(dns::Resolver& resolver) : resolver_(resolver) {}
    asio::awaitable<bool> demands_alignment(std::string domain) override
    {
        const auto policy = co_await authentication::dmarc_policy(resolver_, std::move(domain));
        if (!policy) throw std::runtime_error("the DNS does not answer");
        co_return *policy != authentication::Policy::none;
    }

private:
    dns::Resolver& resolver_;
};

// Queue, routes and delivery of one process.
struct Egress {
    Egress(Runtime& runtime, dns::Resolver& resolver, store::Outbox& outbox)
        : router(resolver, router_settings(runtime.settings()))
        , policies(resolver)
        , dialler(runtime.io().get_executor(), runtime.tls())
        , signs(signer(runtime.settings()))
        , runner(outbox, router, dialler, signs.get(), runner_settings(runtime.settings()), {&policies})
        , ended(runtime.io(), asio::steady_timer::time_point::max())
    {
        asio::co_spawn(runtime.io(), runner.run(), [this](std::exception_ptr) {
            over = true;
            ended.cancel();
        });
        runtime.on_drain([this]() -> asio::awaitable<void> {
            runner.stop();
            boost::system::error_code ignored;
            if (!over) co_await ended.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        });
    }
    egress::Router router;
    Policies policies;
    net::Dialler dialler;
    std::unique_ptr<egress::Signer> signs;
    egress::Runner runner;
    asio::steady_timer ended;
    bool over = false;
};

void publish_counts(Metrics& metrics, const egress::RunnerCounts& counts)
{
    const auto set = [&](const char* result, std::uint64_t value) {
        metrics.gauge("e2_egress_outcomes", "Delivery attempts since the start, by result", {{"result", result}})
            .Set(static_cast<double>(value));
    };
    set("delivered", counts.delivered);
    set("deferred", counts.deferred);
    set("failed", counts.failed);
    metrics.gauge("e2_egress_held", "Deliveries at hand").Set(static_cast<double>(counts.held));
    metrics.gauge("e2_egress_connections", "Connections to next hops").Set(static_cast<double>(counts.connections));
}

// What the jobs of looking after the store did, in this process.
store::Maintenance::Observer maintenance_observer(Metrics& metrics)
{
    return [&metrics](const store::JobRun& run) {
        metrics
            .counter("e2_maintenance_done_total", "Messages, blobs, events and rows that maintenance dealt with",
                {{"job", run.job}})
            .Increment(static_cast<double>(run.done));
        metrics
            .counter("e2_maintenance_failures_total", "Runs of a job of maintenance that did not come to their end",
                {{"job", run.job}})
            .Increment(run.failed.empty() ? 0 : 1);
        metrics
            .gauge("e2_maintenance_seconds", "How long the last run of a job of maintenance took", {{"job", run.job}})
            .Set(std::chrono::duration<double>(run.took).count());
    };
}

void listen_smtp(Runtime& runtime, smtp::MailSink& sink, accounts::Authenticator& authenticator)
{
    const auto& settings = runtime.settings();
    const auto listen = [&](const Settings::Addresses& addresses, const char* kind, net::Transport transport,
                            bool submission) {
        auto session_settings = std::make_shared<smtp::ServerSettings>();
        session_settings->hostname = settings.server.hostname;
        session_settings->submission = submission;
        session_settings->bare_newline = settings.smtp.bare_newline == BareNewline::refuse
                                             ? smtp::BareNewline::refuse
                                             : smtp::BareNewline::normalise;
        session_settings->limits.message = settings.limits.message_size;
        session_settings->limits.recipients = settings.smtp.max_recipients;
        session_settings->limits.command_line = settings.limits.line;
        runtime.listen(addresses, {kind, transport, "421 4.3.2 Too many connections, try again later\r\n"},
            [&runtime, &sink, &authenticator, session_settings, submission](
                std::unique_ptr<net::Connection> connection) -> asio::awaitable<void> {
                accounts::SmtpSasl sasl(authenticator, connection->peer_address());
                smtp::ServerSession session(
                    *connection, sink, submission ? &sasl : nullptr, session_settings, log::session_id());
                const auto ticket = runtime.sessions().enter([&session] { session.drain(); });
                co_await session.run();
            });
    };
    listen(settings.listen.smtp, "smtp", net::Transport::plain, false);
    listen(settings.listen.submission, "submission", net::Transport::plain, true);
    listen(settings.listen.submissions, "submissions", net::Transport::implicit_tls, true);
}

void listen_imap(Runtime& runtime, mailboxes::Door& door, accounts::Authenticator& authenticator)
{
    const net::Listener::Handler handler = [&](std::unique_ptr<net::Connection> connection) -> asio::awaitable<void> {
        accounts::ImapSasl sasl(authenticator, connection->peer_address());
        imap::SessionSettings session_settings;
        session_settings.limits.append = runtime.settings().limits.message_size;
        imap::Session session(*connection, door, sasl, session_settings);
        const auto ticket = runtime.sessions().enter([&session] { session.drain(); });
        co_await session.run();
    };
    runtime.listen(runtime.settings().listen.imap,
        {"imap", net::Transport::plain, "* BYE Too many connections, try again later\r\n"}, handler);
    runtime.listen(runtime.settings().listen.imaps, {"imaps", net::Transport::implicit_tls, ""}, handler);
}

// What quotas and votes need done now and then, for as long as the process lives.
asio::awaitable<void> keep_up(
    store::Database& database, ingress::Reputation& reputation, store::UpkeepSettings settings)
{
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        timer.expires_after(upkeep_pause);
        co_await timer.async_wait(asio::use_awaitable);
        try {
            co_await reputation.write();
            co_await database.run([settings](store::Session& session) { return store::upkeep(session, settings); });
        } catch (const std::exception& error) {  // the next time, then
            log::warning("upkeep.failed", {{"reason", error.what()}});
        }
    }
}

}  // namespace

int serve(const Settings& settings, Runtime::Reload reload)
{
    Runtime runtime(settings, std::move(reload));
    store::Database::migrate(runtime.database_url());
    // Before the database's threads, so that it outlives what they have at hand, which may wake it.
    store::Maintenance maintenance(
        runtime.database_url(), maintenance_settings(settings), maintenance_observer(runtime.metrics()));
    const auto verbs = verb_settings(settings);
    store::Database database(
        runtime.database_url(), std::max<std::size_t>(settings.store.connections, 2) - pool_beside_writer);
    ensure_postmaster(database, settings);
    store::Writer writer(database, writer_settings(settings));
    store::Listener listener(runtime.io().get_executor(), runtime.database_url());
    Directory directory(database, verbs.accounts, verbs.domains, verbs.home);
    accounts::Authenticator authenticator(directory);
    store::Outbox outbox(runtime.io().get_executor(), database, writer, listener, outbox_settings(settings));
    dns::UnboundResolver resolver(runtime.io().get_executor(), resolver_settings(settings));
    ingress::Reputation reputation(database);
    ingress::Sink sink(database, writer, outbox, resolver, reputation, verbs, sink_settings(settings));
    ingress::LoggedSink logged_sink(sink);
    asio::co_spawn(runtime.io(), keep_up(database, reputation, {.storage = verbs.storage}), asio::detached);
    mailboxes::Door door(database, writer, listener, runtime.io().get_executor(), mailbox_settings(settings, verbs),
        [&authenticator](std::string login, std::string password) -> imap::Async<mailboxes::Checked> {
            const auto outcome = co_await authenticator.check(std::move(login), std::move(password), "");
            co_return mailboxes::Checked{outcome.user, outcome.reason};
        });
    std::unique_ptr<Egress> egress;
    HttpServices services(runtime, database, writer, listener, authenticator, verbs);
    http::Server http(http_settings(settings), services, runtime.sessions());
    runtime.on_drain([&services]() -> asio::awaitable<void> {
        services.stop();
        co_return;
    });

    services.on_begun([&maintenance] { maintenance.wake(); });
    runtime.on_drain([&maintenance]() -> asio::awaitable<void> {
        maintenance.stop();
        co_return;
    });

    if (settings.has_role("egress")) {
        egress = std::make_unique<Egress>(runtime, resolver, outbox);
        services.on_metrics(
            [&runtime, &runner = egress->runner] { publish_counts(runtime.metrics(), runner.counts()); });
    }
    if (settings.has_role("smtp")) listen_smtp(runtime, logged_sink, authenticator);
    if (settings.has_role("imap")) listen_imap(runtime, door, authenticator);
    if (settings.has_role("http"))
        runtime.listen(settings.listen.http, {"http", net::Transport::plain, ""},
            [&http](std::unique_ptr<net::Connection> connection) { return http.serve(std::move(connection)); });
    return runtime.run();
}

std::unique_ptr<Admin> open_admin(const Settings& settings, const std::string& database_url)
{
    return std::make_unique<store::StoreAdmin>(
        database_url, admin_settings(settings), store::AdminActor{"", login_name()});
}

}  // namespace gateway
