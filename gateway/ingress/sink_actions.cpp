// sink_actions: what addresses make of a mail: guid+leave@ and its like, tokens.
// mapping.md "Action addresses".
#include "gateway/ingress/one_click.h"
#include "gateway/ingress/sink.h"
#include "gateway/log.h"
#include "gateway/mapping/new_text.h"
#include "gateway/mapping/readable.h"
#include "gateway/store/keep_files.h"
#include "gateway/store/mailbox_transaction.h"

namespace gateway::ingress {

namespace asio = boost::asio;
using mapping::Action;
using smtp::Reply;

namespace {

std::string address_for(const email2::Name& name, const char* action)
{
    return name.guid + "+" + action + "@" + name.server;
}

std::string_view word_of(Action action)
{
    switch (action) {
    case Action::leave: return "leave";
    case Action::rejoin: return "rejoin";
    case Action::edit: return "edit";
    case Action::withdraw: return "withdraw";
    case Action::undelete: return "undelete";
    case Action::add: return "add";
    default: return "answer";
    }
}

// What leaving and rejoining came to: of a mailing list, a thread, or one answer.
store::Said said_of(Action action, const store::Facts& facts)
{
    const auto& name = facts.name;
    switch (action) {
    case Action::leave:
        if (facts.standing.list_root)
            return {"done.unsubscribed", {{"list", facts.root->alias}, {"address", address_for(name, "rejoin")}}};
        return {facts.standing.holds_list ? "done.left" : "done.hidden", {{"address", address_for(name, "rejoin")}}};
    case Action::rejoin:
        if (facts.standing.list_root)
            return {"done.subscribed", {{"list", facts.root->alias}, {"address", address_for(name, "leave")}}};
        return {"done.rejoined", {{"address", address_for(name, "leave")}}};
    case Action::withdraw: return {"done.withdrawn", {{"address", address_for(name, "undelete")}}};
    default: return {"done.undeleted", {}};
    }
}

std::string joined(const std::vector<email2::NewEntry>& people)
{
    std::string text;
    for (const auto& person : people) text += (text.empty() ? "" : ", ") + person.address;
    return text;
}

}  // namespace

// The body replaces the text, without what it quotes of it; subject and files stay. Whoever edits at the same moment is
// not overwritten unseen: the newest is read again.
email2::Result<store::Said> Sink::replace_text(store::PostgresStore& verbs, const std::string& account,
    const email2::Name& name, std::string_view bytes, const Content& content)
{
    const auto mail = mapping::without_edit_mark(mapping::content_of(content.parsed, bytes).body);
    const auto part = mapping::sealed_part(content.parsed, bytes, mail);
    if (auto kept = store::keep_files(verbs, account, content.parsed, bytes); !kept)
        return tl::unexpected(kept.error());
    constexpr int attempts = 3;
    for (int attempt = 1;; ++attempt) {
        auto message = verbs.get(account, name, std::nullopt);
        if (!message) return tl::unexpected(message.error());
        const auto text = mapping::without_quote(mail, message->content.body);
        auto body = mapping::with_text_of(message->content.body, text);
        if (!body || (mapping::sealing_of(text) != mapping::Sealing::envelope && !mapping::has_text(text)))
            return tl::unexpected(
                email2::Error{email2::Code::invalid, "This mail has no text that could replace the message's.", ""});
        const email2::Content next{message->content.subject, std::move(*body)};
        const auto edited = part ? verbs.edit_with_part(account, name, message->revision, next, *part)
                                 : verbs.edit(account, name, message->revision, next);
        if (edited) return store::Said{"done.edited", {}};
        if (edited.error().code != email2::Code::conflict || attempt == attempts) return tl::unexpected(edited.error());
    }
}

// The people in To and Cc; addresses of messages, actions and lists are none.
std::vector<email2::NewEntry> Sink::people_named(const mapping::MailFacts& facts) const
{
    std::vector<email2::NewEntry> people;
    const auto add = [&](const std::vector<mime::Address>& field, email2::Role role) {
        for (const auto& address : field) {
            const auto normal = normalise(address.spec());
            if (!normal || lists_.contains(*normal)) continue;
            if (settings_.domains.contains(email2::domain_of(*normal)) &&
                !std::holds_alternative<mapping::ToPerson>(mapping::meaning_of(*normal)))
                continue;
            if (std::none_of(people.begin(), people.end(), [&](const auto& known) { return known.address == *normal; }))
                people.push_back({.address = *normal, .name = address.display_name, .role = role});
        }
    };
    add(facts.to, email2::Role::to);
    add(facts.cc, email2::Role::cc);
    return people;
}

// What a verb comes to, told in the transaction in which it is done.
store::Said Sink::said_beforehand(Action action, const store::Facts& facts, const Content& content) const
{
    if (action == Action::edit) return {"done.edited", {}};
    if (action == Action::add) return {"done.added", {{"people", joined(people_named(content.facts))}}};
    return said_of(action, facts);
}

// They join; what the mail says beside that is an answer to everybody, them included. When it says nothing nobody gets
// it.
email2::Result<store::Said> Sink::add_named(store::PostgresStore& verbs, const std::string& account,
    const email2::Name& name, std::string_view bytes, const Content& content, Destinations& to)
{
    email2::ListChange change;
    change.add = people_named(content.facts);
    if (change.add.empty()) return store::Said{"done.added.nobody", {}};
    if (const auto done = verbs.change_list(account, name, change); !done) return tl::unexpected(done.error());
    if (mapping::says_something(mapping::content_of(content.parsed, bytes).body)) {
        to.messages.push_back(name.str());
    } else {
        std::erase_if(to.people, [&](const auto& who) {
            return std::any_of(
                change.add.begin(), change.add.end(), [&](const auto& entry) { return entry.address == who; });
        });
    }
    return store::Said{"done.added", {{"people", joined(change.add)}}};
}

email2::Result<void> Sink::perform(store::Session& session, const std::string& account,
    const mapping::ToMessage& action, std::string_view bytes, const Content& content, Destinations& to)
{
    const auto people = store::find_people(session, {account});
    if (people.empty()) return tl::unexpected(email2::Error{email2::Code::forbidden, "There is no such account.", ""});
    const auto person = people.begin()->second.id;
    const auto before = store::facts_of(session, action.name, person);
    if (!before)
        return tl::unexpected(
            email2::Error{email2::Code::not_found, "There is no such message, or it is not shown to you.", ""});
    const auto once = store::once_for(word_of(action.action), action.name);
    const bool first = store::is_first_time(session, person, once, content.facts.message_id);
    if (!first && action.action != Action::add)
        return {};  // who is added is so once; what the mail says goes its own way
    store::PostgresStore verbs(session, writer_, verbs_);
    // What is done, that it was, and what is said of it are one transaction: whatever ends us between them, the mail
    // comes again and acts once.
    bool noted = false, acted = false;
    const auto note = [&](store::Changes& changes, const store::Said& said) {
        noted = true;
        if (!first || !store::facts_of(session, before->id, person)) return true;  // a draft is deleted
        acted = !store::remember_time(session, person, once, content.facts.message_id, before->id);
        if (!acted) store::tell(session, changes, person, before->id, said);
        return !acted;
    };
    verbs.along([&, said = said_beforehand(action.action, *before, content)](
                    store::Changes& changes) { return note(changes, said); });
    auto done = [&]() -> email2::Result<store::Said> {
        const auto told = [&](email2::Result<void> result) -> email2::Result<store::Said> {
            if (!result) return tl::unexpected(result.error());
            return said_of(action.action, *before);
        };
        switch (action.action) {
        case Action::leave: return told(verbs.leave(account, action.name, std::nullopt));
        case Action::rejoin: return told(verbs.rejoin(account, action.name, std::nullopt));
        case Action::withdraw: return told(verbs.withdraw(account, action.name));
        case Action::undelete: return told(verbs.undelete(account, action.name));
        case Action::edit: return replace_text(verbs, account, action.name, bytes, content);
        case Action::add: return add_named(verbs, account, action.name, bytes, content, to);
        default:
            return tl::unexpected(email2::Error{email2::Code::invalid, "This action is not available by mail.", ""});
        }
    }();
    if (acted) return {};  // the same mail came twice at once
    if (!done) return tl::unexpected(done.error());
    if (noted) return {};
    return store::change(session,
        [&](store::Changes& changes) -> email2::Result<void> {  // there was nothing to do, which is said as well
            (void)note(changes, *done);
            return {};
        })
        .value;
}

asio::awaitable<std::optional<Reply>> Sink::act(const smtp::Peer& peer, const mapping::ToMessage& action,
    std::string_view bytes, const Content& content, Destinations& to)
{
    const auto done = co_await database_.run(
        [&](store::Session& session) { return perform(session, peer.user, action, bytes, content, to); });
    if (!done) co_return reply_of(done.error());
    log::info("acted", {{"session", peer.session}, {"by", peer.user}, {"what", std::string(word_of(action.action))},
                           {"id", action.name.str()}, {"message", content.facts.message_id}});
    co_return std::nullopt;
}

asio::awaitable<void> Sink::redeem(std::string token)
{
    (void)co_await database_.run(
        [&token](store::Session& session) { return ingress::perform(session, token).has_value(); });
}

}  // namespace gateway::ingress
