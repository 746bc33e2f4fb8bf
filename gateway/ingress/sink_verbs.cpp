// sink_verbs: mail that edits or withdraws an earlier one, by Supersedes, Chat-Edit, Chat-Delete, Outlook's recall or
// another gateway's event. mapping.md "Legacy verbs".
//
// The table names the signature's domain; that the author must be the same as well is rule 5, and what keeps neighbours
// at a large provider from editing each other's mail.
#include "gateway/authentication/may_act.h"
#include "gateway/ingress/sink.h"
#include "gateway/log.h"
#include "gateway/mapping/legacy_verb.h"
#include "gateway/mapping/new_text.h"
#include "gateway/store/mailbox_transaction.h"

namespace gateway::ingress {

namespace asio = boost::asio;
using mapping::LegacyAct;
using mapping::LegacyForm;
using smtp::Reply;

struct Sink::Acting {
    const mapping::LegacyVerb& verb;
    const Content& content;
    std::string_view bytes;
    std::string author;  // normalised
    store::Reached reached;
    std::string trace;
};

namespace {

const Reply done{250, "2.0.0", "Ok"};

// Whether the one who asks is not allowed to (then it is an ordinary mail), rather than that it cannot be done now.
bool is_not_permitted(const email2::Error& error)
{
    return error.code == email2::Code::forbidden || error.code == email2::Code::not_found ||
           error.code == email2::Code::gone || error.code == email2::Code::conflict;
}

// What the mail means: the messages that are named, or the one that Outlook calls by its conversation.
std::vector<store::Facts> meant(store::Session& session, std::int32_t person, const mapping::LegacyVerb& verb)
{
    auto named = store::messages_named(session, person, verb.ids);
    std::erase_if(named, [](const auto& facts) { return facts.standing.gone; });
    if (verb.form != LegacyForm::recall) return named;
    std::erase_if(named, [&](const auto& facts) { return facts.originator != person; });
    if (named.empty())
        if (auto recalled =
                store::message_recalled(session, person, mapping::conversation_of(verb.thread_index), verb.subject))
            named.push_back(std::move(*recalled));
    return named;
}

std::string once_of(const mapping::LegacyVerb& verb, const store::Facts& facts)
{
    const bool edits = verb.act == LegacyAct::edit || verb.act == LegacyAct::edit_text;
    return store::once_for(edits ? "edit" : verb.act == LegacyAct::withdraw ? "withdraw" : "undelete", facts.name);
}

// A correspondent's edit is shown in their very bytes, with an id of its own. Where these name nothing, its trace names
// the message, so that clients find it in the thread of what answered the first revision.
std::string ties_to(const store::Facts& facts, const mapping::MailFacts& edit)
{
    if (!edit.in_reply_to.empty() || !edit.references.empty()) return {};
    return "References: <" + facts.message_id() + ">\r\n";
}

email2::Result<void> permitted(const mapping::LegacyVerb& verb, const store::Facts& facts)
{
    if (verb.act == LegacyAct::edit || verb.act == LegacyAct::edit_text)
        return email2::may_edit(facts.standing, facts.standing.newest_revision);
    const auto step = email2::may_withdraw(facts.standing);
    if (!step) return tl::unexpected(step.error());
    return {};
}

}  // namespace

// As the verb, with the rights that the account has.
std::optional<Reply> Sink::act_by_account(store::Session& session, const Acting& acting)
{
    const auto people = store::find_people(session, {acting.author});
    if (people.empty()) return std::nullopt;
    const auto person = people.begin()->second.id;
    const auto& id = acting.content.facts.message_id;
    auto messages = meant(session, person, acting.verb);
    std::erase_if(messages, [&](const auto& facts) {
        return !permitted(acting.verb, facts) || !store::has_reached_all(session, facts, acting.reached);
    });
    const bool edits = acting.verb.act != LegacyAct::withdraw;
    if (messages.empty() || (edits && messages.size() != 1)) return std::nullopt;

    store::PostgresStore verbs(session, writer_, verbs_);
    for (const auto& facts : messages) {
        const auto once = once_of(acting.verb, facts);
        if (!store::is_first_time(session, person, once, id)) continue;
        bool acted = false;
        verbs.along([&](store::Changes& changes) {
            acted = !store::remember_time(session, person, once, id, facts.id);
            if (acted) return false;
            if (acting.verb.form == LegacyForm::chat) return true;  // there the program shows what it did
            const store::Said withdrawn{
                "done.withdrawn", {{"address", facts.name.guid + "+undelete@" + facts.name.server}}};
            store::tell(session, changes, person, facts.id, edits ? store::Said{"done.edited", {}} : withdrawn);
            return true;
        });
        const auto result = [&]() -> email2::Result<void> {
            if (!edits) return verbs.withdraw(acting.author, facts.name);
            if (acting.verb.act == LegacyAct::edit_text) {
                const auto said = replace_text(verbs, acting.author, facts.name, acting.bytes, acting.content);
                return said ? email2::Result<void>{} : tl::unexpected(said.error());
            }
            const auto edited = verbs.edit_as_mail(
                acting.author, facts.name, facts.standing.newest_revision, acting.bytes, acting.trace);
            return edited ? email2::Result<void>{} : tl::unexpected(edited.error());
        }();
        if (acted) continue;  // the same mail came twice at once
        if (!result && is_not_permitted(result.error())) return std::nullopt;
        if (!result) return reply_of(result.error());
    }
    return done;
}

// Of a correspondent: proven by a signature as the table asks, about a mail of their own that was proven likewise.
std::optional<Reply> Sink::act_from_outside(store::Session& session, const Acting& acting)
{
    const auto people = store::find_people(session, {acting.author});
    if (people.empty() || people.begin()->second.native()) return std::nullopt;
    const auto person = people.begin()->second.id;
    const auto& findings = *acting.content.findings;
    const auto& id = acting.content.facts.message_id;
    const auto moment = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    auto messages = meant(session, person, acting.verb);
    std::erase_if(messages, [&](const auto& facts) {
        if (facts.originator != person || !permitted(acting.verb, facts)) return true;
        if (!authentication::may_act_by_mail(
                findings.signatures, acting.verb.field, store::proven_domain(session, facts), moment))
            return true;
        return !store::has_reached_all(session, facts, acting.reached);
    });
    const bool edits = acting.verb.act == LegacyAct::edit || acting.verb.act == LegacyAct::edit_text;
    if (messages.empty() || id.empty() || (edits && messages.size() != 1)) return std::nullopt;

    std::string document;
    if (acting.verb.content) document = store::document_of(*acting.verb.content);
    const auto trace = acting.trace + (edits ? ties_to(messages.front(), acting.content.facts) : std::string());
    const auto indexed = store::index_rendition(acting.content.parsed, acting.bytes, trace);
    const auto shown = store::persons_shown(session, acting.content.facts, person, settings_.domains);
    for (const auto& named : messages) {
        const auto result = store::change(session, [&](store::Changes& changes) -> email2::Result<void> {
            const auto facts = store::lock_message(session, named.id, person);
            if (!facts) return tl::unexpected(email2::Error{email2::Code::gone, "", ""});
            const auto once = once_of(acting.verb, *facts);
            if (!store::remember_time(session, person, once, id, facts->id)) return {};
            if (!edits) {
                const auto acted = acting.verb.act == LegacyAct::withdraw
                                       ? store::withdraw_by_mail(session, changes, *facts, person, acting.bytes)
                                       : store::undelete_by_mail(session, changes, *facts, person, acting.bytes);
                return acted ? email2::Result<void>{} : tl::unexpected(acted.error());
            }
            auto text = document;
            if (acting.verb.act == LegacyAct::edit_text) {
                const auto known = store::content_of_revision(session, facts->id, facts->revision);
                const auto mail =
                    mapping::without_edit_mark(mapping::content_of(acting.content.parsed, acting.bytes).body);
                auto body = known ? mapping::with_text_of(known->body, mail) : std::nullopt;
                if (!body) return tl::unexpected(email2::Error{email2::Code::forbidden, "", ""});
                text = store::document_of({known->subject, std::move(*body)});
            }
            return store::edit_by_mail(session, ids_, changes, *facts,
                {.author = person,
                    .message_id = id,
                    .bytes = acting.bytes,
                    .indexed = &indexed,
                    .document = std::move(text),
                    .authentication = findings.summary(),
                    .shown = shown});
        });
        if (!result.value) return std::nullopt;  // it changed meanwhile: an ordinary mail then
    }
    return done;
}

asio::awaitable<std::optional<Reply>> Sink::act_on_earlier(const smtp::Peer& peer, const smtp::Envelope& envelope,
    const Destinations& to, mime::Spool& mail, const Content& content, const std::string& author)
{
    const auto verb = mapping::legacy_verb(content.parsed, mail.bytes(), content.facts);
    const bool account = !peer.user.empty();
    if (!verb || (account && verb->form == LegacyForm::gateway)) co_return std::nullopt;
    if (!account) {
        const auto& findings = content.findings;
        if (!findings || findings->proof == email2::Proof::none || findings->author_domain != email2::domain_of(author))
            co_return std::nullopt;
        if (co_await reputation_.verdict(email2::source_of(findings->summary(), peer.address)) != email2::Verdict::take)
            co_return std::nullopt;
    }
    Acting acting{*verb, content, mail.bytes(), author, {to.people, to.lists, to.messages},
        trace_of(peer, envelope, content, peer.session)};
    auto reply = co_await database_.run([&](store::Session& session) {
        return account ? act_by_account(session, acting) : act_from_outside(session, acting);
    });
    if (reply && reply->code == done.code)
        log::info("acted", {{"session", peer.session}, {"by", author}, {"what", acting.verb.field},
                               {"message", content.facts.message_id},
                               {"authentication", account ? "account" : content.findings->summary()}});
    co_return reply;
}

}  // namespace gateway::ingress
