#include "gateway/ingress/sink.h"

#include "email2/guid.h"
#include "email2/lists.h"
#include "gateway/authentication/authenticate.h"
#include "gateway/ingress/one_click.h"
#include "gateway/log.h"
#include "gateway/mapping/legacy_verb.h"
#include "gateway/mapping/mail_out.h"
#include "gateway/store/charges.h"
#include "gateway/store/hash.h"
#include "gateway/store/votes.h"

#include <random>

namespace gateway::ingress {

namespace asio = boost::asio;
using smtp::Reply;

namespace {

constexpr std::size_t most_received = 50;  // RFC 5321 6.3

email2::Time now()
{
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Reply of(const email2::Error& error)
{
    return reply_of(error);
}

// What was found out is about the address in From: an originator by another address is only claimed.
email2::Proof proof_of(const std::optional<authentication::Findings>& findings, const std::string& originator)
{
    const bool same = findings && email2::domain_of(originator) == findings->author_domain;
    return same ? findings->proof : email2::Proof::none;
}

int bits_of(const smtp::Notify& notify)
{
    return (notify.success ? 1 : 0) | (notify.failure ? 2 : 0) | (notify.delay ? 4 : 0) | (notify.set ? 8 : 0);
}

}  // namespace

std::optional<std::string> Sink::normalise(std::string_view address) const
{
    if (email2::local_part(address).empty() &&
        address.find('@') == std::string_view::npos)  // <Postmaster>, RFC 5321 4.1.1.3
        return email2::normalise(std::string(address) + "@" + settings_.home, settings_.domains);
    return email2::normalise(address, settings_.domains);
}

asio::awaitable<Sink::Resident> Sink::resident(std::string address, std::uint64_t size)
{
    const auto without_quota = [this](const auto& known) { return known && !known->limited && verbs_.storage == 0; };
    if (without_quota(verbs_.accounts->find(address))) co_return Resident::account;
    struct Found {
        Resident resident = Resident::nobody;
        std::optional<store::ListRoot> list;
    };
    const auto found = co_await database_.run([&](store::Session& session) {
        const auto known = store::known_account(*verbs_.accounts, session, address);
        if (without_quota(known)) return Found{Resident::account, {}};
        if (known)
            return Found{store::has_room(session, known->person.address, verbs_.storage, size) ? Resident::account
                                                                                               : Resident::full_account,
                {}};
        const auto list = store::find_list(session, address);
        return Found{list ? Resident::list : Resident::nobody, list};
    });
    if (found.list) lists_[address] = *found.list;
    co_return found.resident;
}

asio::awaitable<Reply> Sink::mail(const smtp::Peer& peer, const smtp::MailFrom& from)
{
    if (peer.user.empty()) co_return co_await meet(peer, from);
    if (from.reverse_path.empty()) co_return Reply{250, "2.1.0", "Ok"};
    const auto sender = normalise(from.reverse_path);
    if (!sender) co_return Reply{553, "5.1.7", "The sender's address cannot be read."};
    struct Found {
        std::string owner;
        bool full = false;
        std::optional<std::string> suspended;
    };
    const auto found = co_await database_.run([this, &sender, size = from.size.value_or(0)](store::Session& session) {
        const auto people = store::find_people(session, {*sender});
        if (people.empty()) return Found{};
        const auto& owner = people.begin()->second.address;
        return Found{
            owner, !store::has_room(session, owner, verbs_.storage, size), store::suspension_of(session, owner)};
    });
    if (found.owner != peer.user)
        co_return Reply{550, "5.7.1", "You are logged in as " + peer.user + " and may not send as this address."};
    if (found.suspended) co_return Reply{451, "4.7.1", *found.suspended};
    if (found.full) co_return Reply{452, "4.2.2", "Your store is full."};
    co_return Reply{250, "2.1.0", "Ok"};
}

// A message's address is for those on its list.
asio::awaitable<bool> Sink::may_answer(std::string account, email2::Name message)
{
    co_return co_await database_.run([&account, &message](store::Session& session) {
        const auto people = store::find_people(session, {account});
        if (people.empty()) return false;
        const auto facts = store::facts_of(session, message, people.begin()->second.id);
        return facts && (facts->standing.held == email2::Listed::in || facts->originator == people.begin()->second.id);
    });
}

namespace {

const Reply fine{250, "2.1.5", "Ok"};
const Reply unknown{550, "5.1.1", "There is no such address here."};
const Reply too_many{550, "5.7.1", "To so many people only accounts write that may own lists."};

}  // namespace

asio::awaitable<Reply> Sink::rcpt_person(const smtp::Peer& peer, const smtp::Envelope& so_far, std::string address)
{
    const auto base = email2::base_address(address);
    switch (co_await resident(address, so_far.from.size.value_or(0))) {
    case Resident::nobody: break;
    case Resident::full_account: co_return Reply{452, "4.2.2", "The mailbox is full."};
    case Resident::list: co_return co_await rcpt_list(peer, address);
    case Resident::account:
        for (const auto& its : {address, std::string(base)}) lists_.erase(its);  // of a list that is none any more
        co_return co_await may_write_to(peer.user, so_far.to.size() + 1) ? fine : too_many;
    }
    if (base == address || !co_await list_of(base)) co_return unknown;
    co_return co_await rcpt_list(peer, base);
}

asio::awaitable<Reply> Sink::rcpt(const smtp::Peer& peer, const smtp::Envelope& so_far, const smtp::RcptTo& to)
{
    const auto address = normalise(to.forward_path);
    if (!address) co_return Reply{553, "5.1.3", "This address cannot be read."};
    if (!settings_.domains.contains(email2::domain_of(*address))) {
        if (peer.user.empty()) co_return Reply{550, "5.7.1", "This server does not relay mail for strangers."};
        co_return co_await may_write_to(peer.user, so_far.to.size() + 1) ? fine : too_many;
    }

    const auto meaning = mapping::meaning_of(*address);
    if (std::holds_alternative<mapping::ToRole>(meaning)) co_return fine;
    if (std::holds_alternative<mapping::ToPerson>(meaning)) co_return co_await rcpt_person(peer, so_far, *address);
    if (const auto* alias = std::get_if<mapping::ToAlias>(&meaning))
        co_return co_await list_of(alias->alias) ? fine : unknown;
    const auto token = [&]() -> std::string {
        if (const auto* t = std::get_if<mapping::ToToken>(&meaning)) return t->token;
        if (const auto* b = std::get_if<mapping::ToBounce>(&meaning)) return b->token;
        return {};
    }();
    if (!token.empty()) {
        // One that stands for an author outside is for those who had their mail: who writes is known after DATA.
        const bool known = co_await database_.run(
            [&token](store::Session& session) { return store::meaning_of_token(session, token).has_value(); });
        co_return known ? fine : Reply{550, "5.1.1", "This address has expired."};
    }
    if (const auto* message = std::get_if<mapping::ToMessage>(&meaning)) {
        if (message->action != mapping::Action::answer && peer.user.empty())
            co_return Reply{550, "5.7.1", "Only accounts of this server may do this, logged in."};
        const bool known = co_await database_.run(
            [&](store::Session& session) { return store::facts_of(session, message->name, 0).has_value(); });
        if (!known) co_return unknown;
        // Who writes from outside is told by From and proven by the mail itself (envelope senders are rewritten on the
        // way): after DATA.
        const bool may = peer.user.empty() || message->action != mapping::Action::answer ||
                         co_await may_answer(peer.user, message->name);
        co_return may ? fine : Reply{550, "5.7.1", "Only people in this conversation may answer it."};
    }
    co_return unknown;
}

Sink::Destinations Sink::sort(const smtp::Envelope& envelope) const
{
    Destinations out;
    const auto list_at = [this](const std::string& address) {
        const auto found = lists_.find(address);
        return found == lists_.end() ? lists_.find(email2::base_address(address)) : found;
    };
    for (const auto& to : envelope.to) {
        const auto address = normalise(to.forward_path);
        if (!address) continue;
        const auto person = [&](const std::string& who) {
            out.people.push_back(who);
            out.rcpt.emplace(who, &to);
        };
        if (!settings_.domains.contains(email2::domain_of(*address))) {
            person(*address);
            continue;
        }
        const auto meaning = mapping::meaning_of(*address);
        if (const auto* message = std::get_if<mapping::ToMessage>(&meaning)) {
            if (message->action == mapping::Action::answer) out.messages.push_back(message->name.str());
            else out.actions.push_back(*message);
        } else if (const auto* token = std::get_if<mapping::ToToken>(&meaning)) {
            out.tokens.push_back(token->token);
            out.rcpt.emplace(token->token, &to);
        } else if (const auto* bounce = std::get_if<mapping::ToBounce>(&meaning)) {
            out.bounces.push_back(bounce->token);
        } else if (const auto* alias = std::get_if<mapping::ToAlias>(&meaning)) {
            out.subscriptions.push_back(*alias);
        } else if (const auto list = list_at(*address); list != lists_.end()) {
            out.lists.push_back(list->second.name.str());
        } else {
            person(*address);
        }
    }
    return out;
}

// Who wrote it. On submission the account, whose address From must be; from outside the address in From, which is only
// claimed and never an account of ours. nullopt: a From that may not be used.
asio::awaitable<std::optional<std::string>> Sink::originator(
    const smtp::Peer& peer, const smtp::Envelope& envelope, const mapping::MailFacts& facts)
{
    if (!peer.user.empty()) {
        const bool own = co_await database_.run(
            [&](store::Session& session) { return store::is_all_by(session, peer.user, facts, settings_.domains); });
        co_return own ? std::optional(peer.user) : std::nullopt;
    }
    const auto from = facts.from.empty() ? std::nullopt : normalise(facts.from.front().spec());
    const auto outside = [&](const std::optional<std::string>& address) {
        return address && !settings_.domains.contains(email2::domain_of(*address));
    };
    if (outside(from)) co_return *from;
    const auto sender = envelope.from.reverse_path.empty() ? std::nullopt : normalise(envelope.from.reverse_path);
    if (outside(sender)) co_return *sender;
    co_return "unknown@[" + std::string(peer.address.find(':') == std::string::npos ? "" : "IPv6:") + peer.address +
        "]";
}

// What is refused for its form: only what would be unsafe.
std::optional<Reply> Sink::refusal(const Content& content, const smtp::Envelope& envelope) const
{
    const auto has = [&](mime::Defect defect) {
        return std::find(content.parsed.defects.begin(), content.parsed.defects.end(), defect) !=
               content.parsed.defects.end();
    };
    if (has(mime::Defect::too_deep)) return Reply{554, "5.6.0", "The parts of this mail are nested too deeply."};
    if (has(mime::Defect::too_many_parts)) return Reply{554, "5.6.0", "This mail has too many parts."};
    if (content.facts.received > most_received)
        return Reply{554, "5.4.6", "This mail goes in circles: too many Received fields."};
    if (goes_round(content.facts, envelope))
        return Reply{554, "5.4.6", "This mail was here before and went to this address: it goes in circles."};
    return std::nullopt;
}

// What we sent to an address, or to the people of a mailing list, comes back for the same. Marks of other servers like
// ours only say where it has been there.
bool Sink::goes_round(const mapping::MailFacts& facts, const smtp::Envelope& envelope) const
{
    return std::any_of(envelope.to.begin(), envelope.to.end(), [&](const smtp::RcptTo& to) {
        const auto address = normalise(to.forward_path);
        return address &&
               std::any_of(facts.loop_marks.begin(), facts.loop_marks.end(), [&](const mapping::LoopMark& mark) {
                   return settings_.domains.contains(mark.by) && (mark.address == *address || mark.list == *address ||
                                                                     mark.list == email2::base_address(*address));
               });
    });
}

asio::awaitable<authentication::Findings> Sink::examine(
    const smtp::Peer& peer, const smtp::Envelope& envelope, mime::Spool& mail, const mapping::MailFacts& facts)
{
    thread_local std::minstd_rand random{std::random_device{}()};
    authentication::Arriving arriving;
    arriving.from.client = peer.address;
    arriving.from.helo = peer.greeting;
    arriving.from.mail_from = envelope.from.reverse_path;
    arriving.from.receiver = settings_.hostname;
    arriving.from.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    arriving.mail = mail.bytes();
    for (const auto& author : facts.from)
        if (auto domain = email2::normalise_domain(author.domain)) arriving.shown.push_back(std::move(*domain));
    arriving.draw = static_cast<unsigned>(random() % 100);
    co_return co_await authentication::authenticate(resolver_, examining_.get_executor(), arriving);
}

bool Sink::is_vouched_for(const authentication::Findings& findings) const
{
    return findings.arc.by(settings_.trusted_sealers) && findings.arc.found_dmarc_pass();
}

// Its author's domain asks to put it aside: into Junk.
bool Sink::is_suspect(const Content& content) const
{
    return settings_.enforce_dmarc && content.findings && !is_vouched_for(*content.findings) &&
           content.findings->dmarc.disposition == authentication::Policy::quarantine;
}

// What is refused because of who sent it, or who it is not. Mail that only has tokens as its recipients goes by them
// alone.
std::optional<Reply> Sink::unproven(const authentication::Findings& findings, const Destinations& to) const
{
    const auto author = findings.author_domain.empty() ? std::string("its author") : findings.author_domain;
    if (to.people.empty() && to.messages.empty() && to.lists.empty()) return std::nullopt;
    // Content is kept as it came, so that nothing can be cut from it; and what leaves us has no such field.
    if (findings.names_us)
        return Reply{
            550, "5.7.1", "This mail has Authentication-Results in the name of this server, which are not its own."};
    const auto& dmarc = findings.dmarc;
    const bool vouched = is_vouched_for(findings);
    const Reply later{451, "4.7.24", "Whether this mail is from " + author + " cannot be looked up now."};
    if (settings_.enforce_dmarc && !vouched && dmarc.disposition == authentication::Policy::reject)
        return Reply{550, "5.7.26",
            "Neither SPF nor DKIM shows that this mail is from " + author +
                ", which asks to refuse such mail (DMARC)."};
    if (settings_.enforce_dmarc && !vouched && findings.unknown && dmarc.policy == authentication::Policy::reject)
        return later;
    // What one would put aside is not passed on to many.
    if (settings_.enforce_dmarc && !vouched && dmarc.disposition == authentication::Policy::quarantine &&
        !to.lists.empty())
        return Reply{550, "5.7.26",
            "Neither SPF nor DKIM shows that this mail is from " + author +
                ", which asks to quarantine such mail (DMARC): the list does not take it."};
    if (to.messages.empty() || findings.proof != email2::Proof::none) return std::nullopt;
    if (findings.unknown) return later;
    return Reply{550, "5.7.1",
        "Only people in this conversation may answer it, and only by mail that SPF or DKIM shows to be theirs."};
}

namespace {

// An automaton that answers a post would answer its own answers: "Auto-Submitted: auto-replied" (RFC 3834) and its
// like, or no sender at all.
std::optional<Reply> automatic_post(bool null_sender, bool answers)
{
    if (!null_sender && !answers) return std::nullopt;
    return Reply{550, "5.7.1", "Automatic answers are not posted to mailing lists."};
}

}  // namespace

asio::awaitable<Reply> Sink::data(const smtp::Peer& peer, smtp::Envelope envelope, mime::Spool mail)
{
    Content content;
    mime::Limits limits;
    limits.depth = settings_.mime_depth;
    content.parsed = mime::parse(mail.bytes(), limits);
    content.facts = mapping::read_facts(content.parsed, mail.bytes());
    if (auto refused = refusal(content, envelope)) co_return *refused;
    auto to = sort(envelope);
    co_await find_authors(to);
    if (peer.user.empty()) {
        content.findings = co_await examine(peer, envelope, mail, content.facts);
        if (auto refused = unproven(*content.findings, to)) co_return *refused;
    }
    auto author = co_await originator(peer, envelope, content.facts);
    if (!author)
        co_return Reply{550, "5.7.1", "You are logged in as " + peer.user + ": the address in From is not yours."};

    const bool answers = mapping::is_automatic_answer(content.parsed, mail.bytes(), content.facts);
    const bool by_program = answers || !content.facts.auto_submitted.empty();
    if (auto refused = co_await may_reach(peer, envelope, to, *author, content, by_program)) co_return *refused;
    if (!to.lists.empty())
        if (auto refused = automatic_post(envelope.from.reverse_path.empty(), answers)) co_return *refused;

    // Only people act: what programs send, and what comes by a mailing list, is nobody's wish.
    const bool automatic = mapping::is_automatic(content.parsed, mail.bytes(), content.facts) ||
                           (peer.user.empty() && envelope.from.reverse_path.empty());
    for (const auto& action : to.actions) {
        if (automatic)
            co_return Reply{550, "5.7.1", "Programs and mailing lists do nothing here: please write it yourself."};
        if (auto refused = co_await act(peer, action, mail.bytes(), content, to)) co_return *refused;
    }
    for (const auto& wish : to.subscriptions) {
        if (automatic) continue;
        if (auto refused = co_await subscription(peer, wish, *author, content)) co_return *refused;
    }
    if (!automatic)
        for (const auto& token : to.tokens) co_await redeem(token);
    if (is_automatic_answer(peer, envelope, mail.bytes(), content))
        co_await show_to_authors(to, mail.bytes(), content, *author);
    for (const auto& token : to.bounces)
        if (auto refused = co_await returned(token, mail.bytes(), content, *author)) co_return *refused;
    if (to.people.empty() && to.messages.empty() && to.lists.empty()) co_return Reply{250, "2.0.0", "Ok"};
    if (auto acted = co_await act_on_earlier(peer, envelope, to, mail, content, *author)) co_return *acted;
    co_return co_await publish(peer, envelope, to, std::move(mail), content, std::move(*author));
}

// Somebody is away, or nobody sent it.
bool Sink::is_automatic_answer(
    const smtp::Peer& peer, const smtp::Envelope& envelope, std::string_view bytes, const Content& content)
{
    return peer.user.empty() &&
           (envelope.from.reverse_path.empty() || mapping::is_automatic_answer(content.parsed, bytes, content.facts));
}

// What stands above it in our mailboxes.
std::string Sink::trace_of(
    const smtp::Peer& peer, const smtp::Envelope& envelope, const Content& content, const std::string& id) const
{
    mapping::Arrival arrival;
    arrival.reverse_path = envelope.from.reverse_path;
    arrival.greeting = peer.greeting;
    arrival.peer = peer.address;
    arrival.hostname = settings_.hostname;
    arrival.with = std::string(envelope.from.smtputf8 ? "UTF8SMTP"
                               : peer.esmtp           ? "ESMTP"
                                                      : "SMTP") +
                   (peer.tls.empty() ? "" : "S") + (peer.user.empty() ? "" : "A");
    arrival.tls = peer.tls;
    arrival.id = id;
    if (content.findings) arrival.authentication_results = settings_.hostname + "; " + content.findings->results();
    if (envelope.to.size() == 1) arrival.single_recipient = envelope.to.front().forward_path;
    arrival.at = now();
    return mapping::trace(arrival);
}

asio::awaitable<Reply> Sink::publish(const smtp::Peer& peer, const smtp::Envelope& envelope, const Destinations& to,
    mime::Spool mail, const Content& content, std::string author)
{
    const auto& facts = content.facts;
    store::NewMessage message;
    message.submitted = !peer.user.empty();
    message.originator = std::move(author);
    message.proof = message.submitted ? email2::Proof::account : proof_of(content.findings, message.originator);
    if (content.findings) message.authentication = content.findings->summary();
    message.suspect = is_suspect(content);
    message.null_sender = message.submitted && envelope.from.reverse_path.empty();
    // Nobody asked for it whom it does not name: it is passed on to nobody else.
    // Nor is another gateway's follow-up that could not be applied: its links act for whom it was sent to.
    if (to.lists.empty() && (is_automatic_answer(peer, envelope, mail.bytes(), content) ||
                                (!message.submitted && mapping::enclosed_told_event(content.parsed, mail.bytes()))))
        message.inherit = false;
    if (!facts.from.empty() && !mapping::writes_for_many(content.parsed, mail.bytes(), facts))
        message.originator_name = facts.from.front().display_name;
    message.guid = email2::make_guid(now());
    const email2::Name name{
        message.guid, message.submitted ? std::string(email2::domain_of(message.originator)) : settings_.home};
    message.message_id = facts.message_id;
    message.parents = mapping::parent_ids(facts);
    message.message_addresses = to.messages;
    message.lists = to.lists;
    message.ret = static_cast<int>(envelope.from.ret);
    message.envid = envelope.from.envid;
    const auto lists = co_await lists_among(named_only(facts, to));
    const auto of_person = [this, &lists, &to](const mime::Address& address) -> std::optional<std::string> {
        auto normal = normalise(address.spec());
        if (!normal) return std::nullopt;
        // Addresses of messages and actions are no people, unless they stand for somebody.
        const auto means = mapping::meaning_of(*normal);
        if (const auto* token = std::get_if<mapping::ToToken>(&means))
            if (const auto author_behind = to.relays.find(token->token); author_behind != to.relays.end())
                return author_behind->second;
        if (settings_.domains.contains(email2::domain_of(*normal)) &&
            !std::holds_alternative<mapping::ToPerson>(means) && !std::holds_alternative<mapping::ToRole>(means))
            return std::nullopt;
        if (lists.contains(*normal)) return std::nullopt;
        return normal;
    };
    for (auto& addressee : mapping::addressees(facts, message.originator, to.people, of_person)) {
        store::Recipient recipient{addressee.address, addressee.name, addressee.role, addressee.in_envelope, 0, ""};
        recipient.passed_on = std::any_of(
            to.relays.begin(), to.relays.end(), [&](const auto& relay) { return relay.second == recipient.address; });
        if (const auto found = to.rcpt.find(addressee.address); found != to.rcpt.end()) {
            recipient.notify = bits_of(found->second->notify);
            recipient.orcpt = found->second->orcpt;
        }
        message.recipients.push_back(std::move(recipient));
    }
    if (message.submitted) {
        const auto bytes = mapping::as_submitted(content.parsed, mail.bytes(), facts, name, now(), message.originator);
        mime::Spool kept;
        kept.append(bytes);
        mail = std::move(kept);
        if (message.message_id.empty()) message.message_id = name.str();
    }
    message.trace = trace_of(peer, envelope, content, message.guid);
    message.bytes = std::move(mail);

    std::string source;
    if (!message.submitted) {
        message.client = peer.address;
        source = email2::source_of(message.authentication, peer.address);
        if (const auto verdict = co_await reputation_.verdict(source); verdict != email2::Verdict::take)
            co_return reply_of(verdict);
    }
    const auto published = co_await writer_.publish(std::move(message));
    if (!published) co_return of(published.error());
    if (!published->duplicate) reputation_.arrived(source);
    log::info("published",
        {{"session", peer.session}, {"id", published->name.str()}, {"duplicate", published->duplicate ? "yes" : "no"},
            {"authentication", content.findings ? content.findings->summary() : "account"}});
    co_return Reply{250, "2.0.0", "Ok " + published->name.str()};
}

}  // namespace gateway::ingress
