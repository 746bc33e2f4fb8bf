// delivery: one mail to one next hop: connecting, signing, sending, and what the answer means. RFC
// 5321 4.5.4, RFC 3461 5.
#include "email2/address.h"
#include "gateway/egress/adapt.h"
#include "gateway/egress/connection.h"
#include "gateway/egress/trace.h"
#include "mime/header.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace gateway::egress {
namespace asio = boost::asio;

namespace {

bool is_yes(const smtp::Answer& answer)
{
    return answer.reply.code / 100 == 2;
}

std::string text_of(const smtp::Answer& answer)
{
    if (answer.local) return answer.reply.text;
    auto line = std::to_string(answer.reply.code) + " ";
    if (!answer.reply.status.empty()) line += answer.reply.status + " ";
    return line + answer.reply.text;
}

std::string status_of(const smtp::Answer& answer)
{
    if (!answer.reply.status.empty()) return answer.reply.status;
    return std::to_string(answer.reply.code / 100) + ".0.0";
}

// The envelope's form of an address: the domain in A-labels, so that only local parts ever need
// SMTPUTF8.
std::string envelope_form(const std::string& address)
{
    const auto domain = email2::normalise_domain(email2::domain_of(address));
    if (!domain) return address;
    return std::string(email2::local_part(address)) + "@" + *domain;
}

smtp::OutgoingMail outgoing(const Job& job)
{
    smtp::OutgoingMail mail;
    mail.from.reverse_path = job.sender.empty() ? "" : envelope_form(job.sender);
    mail.from.body = job.eight_bit ? smtp::Body::eight_bit_mime : smtp::Body::seven_bit;
    mail.from.smtputf8 = job.smtputf8;
    mail.from.ret = job.ret;
    mail.from.envid = job.envid;
    mail.to.push_back({envelope_form(job.recipient), job.notify, job.orcpt});
    return mail;
}

// A connection that was closed while it lay idle says nothing about the mail.
bool went_stale(const smtp::Answer& answer)
{
    return answer.phase == smtp::Phase::mail &&
           (answer.reply.code == 421 || (answer.local && answer.reply.status == "4.4.2"));
}

}  // namespace

std::string received_field(const std::string& hostname, std::int64_t id, std::chrono::sys_seconds now)
{
    return "Received: by " + hostname + " (email2) id q" + std::to_string(id) + ";\r\n\t" + mime::format_date(now) +
           "\r\n";
}

// Sends `job`, over `connection` when it still holds. False when there was no way to the
// destination: then all that waits for it shares the job's fate.
asio::awaitable<bool> Runner::serve(Destination& destination, std::unique_ptr<Connection>& connection, Job& job)
{
    for (bool fresh = false; !fresh;) {
        if (connection && (connection->mails >= settings_.mails_per_connection || !connection->session.usable())) {
            co_await connection->session.quit();
            connection.reset();
        }
        fresh = !connection;
        if (!connection) {
            Outcome failure;
            connection = co_await connect(destination, failure);
            if (!connection) {
                conclude(job, failure);
                for (const auto& other : std::exchange(destination.waiting, {})) conclude(other.job, failure);
                co_return false;
            }
        }
        const auto answer = co_await transact(*connection, job);
        if (!fresh && went_stale(answer)) continue;
        Outcome outcome;
        outcome.result = is_yes(answer)                 ? Result::delivered
                         : answer.reply.code / 100 == 5 ? Result::failed
                                                        : Result::deferred;
        outcome.status = status_of(answer);
        outcome.remote = connection->host;
        outcome.text = text_of(answer);
        outcome.relayed_dsn = is_yes(answer) && connection->session.offered().dsn;
        conclude(job, std::move(outcome));
        co_return true;
    }
    co_return true;
}

// The first next hop that lets us in; nullptr and why when none does.
asio::awaitable<std::unique_ptr<Runner::Connection>> Runner::connect(Destination& destination, Outcome& failure)
{
    const auto start = std::chrono::steady_clock::now();
    auto route = co_await router_.route(destination.domain);
    if (!route) {
        failure.result = route.error().permanent ? Result::failed : Result::deferred;
        failure.status = route.error().status;
        failure.text = route.error().text;
        co_return nullptr;
    }
    for (const auto& hop : *route) {
        smtp::Answer refusal;
        auto connection = co_await open(hop, settings_.tls, refusal);
        // Opportunistic means that a broken TLS there is no reason not to send, RFC 7435.
        if (!connection && refusal.phase == smtp::Phase::tls && settings_.tls == smtp::TlsUse::opportunistic)
            connection = co_await open(hop, smtp::TlsUse::never, refusal);
        if (connection) co_return connection;
        // A host that does not want us at all may be one of several, and may think better of it:
        // later, RFC 5321 4.2.4.2.
        failure = {
            .result = Result::deferred, .status = status_of(refusal), .remote = hop.host, .text = text_of(refusal)};
        if (std::chrono::steady_clock::now() - start > settings_.held_at_most) break;
    }
    co_return nullptr;
}

asio::awaitable<std::unique_ptr<Runner::Connection>> Runner::open(
    const Hop& hop, smtp::TlsUse tls, smtp::Answer& refusal)
{
    std::unique_ptr<Connection> connection;
    try {
        ++counts_.dialled;
        auto wire = co_await dialler_.dial(hop.address, hop.port, settings_.dial);
        smtp::ClientSettings client{settings_.hostname, hop.host, tls, settings_.credentials, settings_.timeouts};
        connection = std::make_unique<Connection>(std::move(wire), std::move(client), hop.host);
    } catch (const boost::system::system_error& error) {
        refusal = {smtp::Phase::greeting,
            {451, "4.4.1",
                "Connecting to " + hop.host + " port " + std::to_string(hop.port) + ": " + error.code().message()},
            true};
        co_return nullptr;
    }
    refusal = co_await connection->session.open();
    if (connection->session.usable()) co_return connection;
    co_await connection->session.quit();
    co_return nullptr;
}

asio::awaitable<smtp::Answer> Runner::transact(Connection& connection, const Job& job)
{
    auto content = co_await queue_.content(job.id);
    if (!job.relayed) co_return co_await send(connection, job, content.bytes());
    std::string mail;
    std::optional<std::string> unknown;
    try {
        mail = co_await relayed(job, content.bytes());
    } catch (const std::exception& error) {
        unknown = error.what();
    }
    if (unknown)
        co_return smtp::Answer{smtp::Phase::content,
            {451, "4.7.5", "The policy of the author's domain cannot be found out: " + *unknown}, true};
    co_return co_await send(connection, job, mail.empty() ? content.bytes() : std::string_view(mail));
}

// The mail with another From where its author's domain demands it; "" when it stays as it is.
asio::awaitable<std::string> Runner::relayed(const Job& job, std::string_view mail)
{
    auto policy = AuthorPolicy::allows;
    if (relaying_.policies != nullptr && co_await relaying_.policies->demands_alignment(job.relayed->author_domain))
        policy = AuthorPolicy::demands_alignment;
    if (!must_rewrite(*job.relayed, policy, mail)) co_return std::string{};
    co_return rewritten(*job.relayed, mail);
}

asio::awaitable<smtp::Answer> Runner::send(Connection& connection, const Job& job, std::string_view mail)
{
    const auto adaption = adapted(job, connection.session.offered(), mail);
    const auto bytes = adaption.changed.empty() ? mail : std::string_view(adaption.changed);
    const auto received = received_field(settings_.hostname, job.id, now());
    const auto signature = co_await sign(job.domain_of_author, bytes);
    const auto sealed = co_await seal(job, signature + received, bytes);
    auto outgoing_mail = outgoing(job);
    outgoing_mail.from.body = adaption.eight_bit ? smtp::Body::eight_bit_mime : smtp::Body::seven_bit;
    outgoing_mail.from.smtputf8 = adaption.smtputf8;
    outgoing_mail.content = {sealed, signature, received, bytes};
    ++connection.mails;
    auto answers = co_await connection.session.send(std::move(outgoing_mail));
    co_return std::move(answers.front());
}

// What it went through here, for receivers who find that its own signatures do not hold any more.
asio::awaitable<std::string> Runner::seal(const Job& job, std::string fields, std::string_view mail)
{
    if (signer_ == nullptr || !job.relayed) co_return "";
    const auto work = [](const Signer* signer, std::string domain, authentication::Sealing sealing, std::string on_top,
                          std::string_view bytes) -> asio::awaitable<std::string> {
        const std::string_view pieces[] = {on_top, bytes};
        co_return signer->seal(domain, pieces, sealing);
    };
    auto sealing = sealing_of(*job.relayed, settings_.hostname);
    sealing.now = now();
    co_return co_await asio::co_spawn(signing_->get_executor(),
        work(signer_, std::string(email2::domain_of(job.relayed->relay)), std::move(sealing), std::move(fields), mail),
        asio::use_awaitable);
}

// On a thread of its own: a millisecond each would hold up everybody's conversation.
asio::awaitable<std::string> Runner::sign(std::string domain, std::string_view mail)
{
    if (signer_ == nullptr || domain.empty()) co_return "";
    const auto work = [](const Signer* signer, std::string author,
                          std::string_view bytes) -> asio::awaitable<std::string> {
        const std::string_view pieces[] = {bytes};
        co_return signer->sign(author, pieces);
    };
    co_return co_await asio::co_spawn(
        signing_->get_executor(), work(signer_, std::move(domain), mail), asio::use_awaitable);
}

}  // namespace gateway::egress
