// sink: takes mail in: who may send, whom it reaches, what it does. mapping.md "Mail in".
//
// A 250 to the mail means that it is committed. A lost database throws, which the session answers with 451.
#pragma once

#include "email2/address.h"
#include "gateway/authentication/findings.h"
#include "gateway/ingress/reputation.h"
#include "gateway/mapping/address_forms.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/lists.h"
#include "gateway/store/mail_verbs.h"
#include "gateway/store/outbox.h"
#include "gateway/store/store.h"
#include "gateway/store/writer.h"
#include "smtp/mail_sink.h"

#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <set>
#include <string>
#include <unordered_map>

namespace gateway::ingress {

struct SinkSettings {
    std::string hostname;
    email2::Domains domains;
    std::string home;
    std::size_t mime_depth = 100;
    bool enforce_dmarc = true;                           // smtp.dmarc
    std::set<std::string, std::less<>> trusted_sealers;  // smtp.trusted_sealers
    std::string public_url;                              // one click: public_url + "/a/TOKEN"
};

// A refusal, or a verdict at the door, as SMTP says it.
[[nodiscard]] smtp::Reply reply_of(const email2::Error& error);
[[nodiscard]] smtp::Reply reply_of(email2::Verdict verdict);

// One for a process, on the network's thread.
class Sink : public smtp::MailSink {
public:
    Sink(store::Database& database, store::Writer& writer, store::Outbox& outbox, dns::Resolver& resolver,
        Reputation& reputation, const store::StoreSettings& verbs, SinkSettings settings)
        : database_(database)
        , writer_(writer)
        , outbox_(outbox)
        , resolver_(resolver)
        , reputation_(reputation)
        , verbs_(verbs)
        , settings_(std::move(settings))
    {
    }

    boost::asio::awaitable<smtp::Reply> mail(const smtp::Peer& peer, const smtp::MailFrom& from) override;
    boost::asio::awaitable<smtp::Reply> rcpt(
        const smtp::Peer& peer, const smtp::Envelope& so_far, const smtp::RcptTo& to) override;
    boost::asio::awaitable<smtp::Reply> data(
        const smtp::Peer& peer, smtp::Envelope envelope, mime::Spool mail) override;

private:
    // What the recipients of one mail come to.
    struct Destinations {
        std::vector<std::string> people;    // normalised
        std::vector<std::string> messages;  // guid@server
        std::vector<mapping::ToMessage> actions;
        std::vector<std::string> lists;  // roots, guid@server
        std::vector<mapping::ToAlias> subscriptions;
        std::vector<std::string> tokens, bounces;
        std::map<std::string, std::string> relays;  // authors outside, by the token of the address that stands for them
        std::map<std::string, const smtp::RcptTo*> rcpt;  // by normalised person, or token
    };
    struct Content {
        mime::Message parsed;
        mapping::MailFacts facts;
        std::optional<authentication::Findings> findings;  // of mail from outside
    };
    [[nodiscard]] std::optional<std::string> normalise(std::string_view address) const;
    [[nodiscard]] Destinations sort(const smtp::Envelope& envelope) const;
    // Who lives at a local address, and whether there is room for a mail.
    enum class Resident { nobody, account, full_account, list };
    boost::asio::awaitable<Resident> resident(std::string address, std::uint64_t size);
    boost::asio::awaitable<smtp::Reply> meet(const smtp::Peer& peer, const smtp::MailFrom& from);
    boost::asio::awaitable<smtp::Reply> rcpt_list(const smtp::Peer& peer, const std::string& alias);
    boost::asio::awaitable<smtp::Reply> rcpt_person(
        const smtp::Peer& peer, const smtp::Envelope& so_far, std::string address);
    boost::asio::awaitable<std::optional<store::ListRoot>> list_of(std::string alias);
    boost::asio::awaitable<std::set<std::string>> lists_among(std::vector<std::string> addresses);
    boost::asio::awaitable<bool> may_write_to(std::string account, std::size_t people);
    boost::asio::awaitable<bool> may_answer(std::string account, email2::Name message);
    boost::asio::awaitable<authentication::Findings> examine(
        const smtp::Peer& peer, const smtp::Envelope& envelope, mime::Spool& mail, const mapping::MailFacts& facts);
    [[nodiscard]] bool is_vouched_for(const authentication::Findings& findings) const;
    [[nodiscard]] bool is_suspect(const Content& content) const;
    [[nodiscard]] std::optional<smtp::Reply> unproven(
        const authentication::Findings& findings, const Destinations& to) const;
    boost::asio::awaitable<std::optional<std::string>> originator(
        const smtp::Peer& peer, const smtp::Envelope& envelope, const mapping::MailFacts& facts);
    [[nodiscard]] std::vector<std::string> named_only(const mapping::MailFacts& facts, const Destinations& to) const;
    [[nodiscard]] std::optional<smtp::Reply> refusal(const Content& content, const smtp::Envelope& envelope) const;
    [[nodiscard]] bool goes_round(const mapping::MailFacts& facts, const smtp::Envelope& envelope) const;
    boost::asio::awaitable<smtp::Reply> publish(const smtp::Peer& peer, const smtp::Envelope& envelope,
        const Destinations& to, mime::Spool mail, const Content& content, std::string author);
    [[nodiscard]] static bool is_automatic_answer(
        const smtp::Peer& peer, const smtp::Envelope& envelope, std::string_view bytes, const Content& content);
    [[nodiscard]] std::string trace_of(
        const smtp::Peer& peer, const smtp::Envelope& envelope, const Content& content, const std::string& id) const;
    // sink_actions: a guid+leave@ and its like. nullopt: done; `to` is who still gets the mail itself.
    boost::asio::awaitable<std::optional<smtp::Reply>> act(const smtp::Peer& peer, const mapping::ToMessage& action,
        std::string_view bytes, const Content& content, Destinations& to);
    email2::Result<void> perform(store::Session& session, const std::string& account, const mapping::ToMessage& action,
        std::string_view bytes, const Content& content, Destinations& to);
    email2::Result<store::Said> replace_text(store::PostgresStore& verbs, const std::string& account,
        const email2::Name& name, std::string_view bytes, const Content& content);
    email2::Result<store::Said> add_named(store::PostgresStore& verbs, const std::string& account,
        const email2::Name& name, std::string_view bytes, const Content& content, Destinations& to);
    [[nodiscard]] std::vector<email2::NewEntry> people_named(const mapping::MailFacts& facts) const;
    [[nodiscard]] store::Said said_beforehand(
        mapping::Action action, const store::Facts& facts, const Content& content) const;
    // sink_verbs: a mail that edits or withdraws an earlier one. nullopt: an ordinary mail.
    boost::asio::awaitable<std::optional<smtp::Reply>> act_on_earlier(const smtp::Peer& peer,
        const smtp::Envelope& envelope, const Destinations& to, mime::Spool& mail, const Content& content,
        const std::string& author);
    struct Acting;
    std::optional<smtp::Reply> act_by_account(store::Session& session, const Acting& acting);
    std::optional<smtp::Reply> act_from_outside(store::Session& session, const Acting& acting);
    boost::asio::awaitable<std::optional<smtp::Reply>> subscription(
        const smtp::Peer& peer, const mapping::ToAlias& wish, const std::string& author, const Content& content);
    boost::asio::awaitable<void> redeem(std::string token);
    boost::asio::awaitable<void> show_to_authors(
        Destinations& to, std::string_view bytes, const Content& content, const std::string& author);
    boost::asio::awaitable<std::optional<smtp::Reply>> returned(
        const std::string& token, std::string_view bytes, const Content& content, const std::string& author);
    // Tokens that stand for authors outside become people (sink_relay.cpp).
    boost::asio::awaitable<void> find_authors(Destinations& to);
    boost::asio::awaitable<std::optional<smtp::Reply>> may_reach(const smtp::Peer& peer, const smtp::Envelope& envelope,
        const Destinations& to, const std::string& author, const Content& content, bool by_program);

    store::Database& database_;
    store::Writer& writer_;
    store::Outbox& outbox_;
    dns::Resolver& resolver_;
    Reputation& reputation_;
    const store::StoreSettings& verbs_;
    SinkSettings settings_;
    store::Ids ids_;                         // of revisions that come by mail
    boost::asio::thread_pool examining_{1};  // hashing of large mails must not hold up everybody's conversation
    std::unordered_map<std::string, store::ListRoot>
        lists_;  // by alias, as they were at RCPT; as many as there are lists
};

}  // namespace gateway::ingress
