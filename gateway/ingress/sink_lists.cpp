// sink_lists: mail to mailing lists, and to their addresses for subscribing. email2.md rule 9, mapping.md "Action
// addresses".
#include "email2/lists.h"
#include "gateway/ingress/sink.h"
#include "gateway/log.h"
#include "gateway/store/mailbox_transaction.h"

namespace gateway::ingress {

namespace asio = boost::asio;
using smtp::Reply;

asio::awaitable<bool> Sink::may_write_to(std::string account, std::size_t people)
{
    if (account.empty() || verbs_.list_max == 0 || people <= verbs_.list_max) co_return true;
    co_return co_await database_.run(
        [&account](store::Session& session) { return store::may_own_lists(session, account); });
}

// Of an account it is known already whether it may post; of anybody else when it is known who wrote.
asio::awaitable<Reply> Sink::rcpt_list(const smtp::Peer& peer, const std::string& alias)
{
    if (peer.user.empty()) co_return Reply{250, "2.1.5", "Ok"};
    const auto root = lists_.at(alias);
    const auto may = co_await database_.run([&](store::Session& session) -> email2::Result<email2::PostsAs> {
        const auto people = store::find_people(session, {peer.user});
        const auto facts = people.empty() ? std::nullopt : store::facts_of(session, root.id, people.begin()->second.id);
        if (!facts) return tl::unexpected(email2::Error{email2::Code::not_found, "There is no such list.", ""});
        return email2::may_post(root.posting, {email2::effective(facts->standing), facts->standing.list_owner, true});
    });
    co_return may ? Reply{250, "2.1.5", "Ok"} : reply_of(may.error());
}

asio::awaitable<std::optional<store::ListRoot>> Sink::list_of(std::string alias)
{
    auto root = co_await database_.run([&alias](store::Session& session) { return store::find_list(session, alias); });
    if (root) lists_[alias] = *root;
    co_return root;
}

// Local addresses in the header to which this mail does not go by this transaction, or goes as to a list.
std::vector<std::string> Sink::named_only(const mapping::MailFacts& facts, const Destinations& to) const
{
    std::vector<std::string> out;
    for (const auto* field : {&facts.to, &facts.cc})
        for (const auto& address : *field)
            if (const auto normal = normalise(address.spec());
                normal && settings_.domains.contains(email2::domain_of(*normal)) && !to.rcpt.contains(*normal))
                out.push_back(*normal);
    return out;
}

asio::awaitable<std::set<std::string>> Sink::lists_among(std::vector<std::string> addresses)
{
    if (addresses.empty()) co_return std::set<std::string>{};
    co_return co_await database_.run(
        [&addresses](store::Session& session) { return store::lists_among(session, addresses); });
}

// alias+subscribe@, alias+unsubscribe@: by an account it acts at once, others are asked whether it was they.
asio::awaitable<std::optional<Reply>> Sink::subscription(
    const smtp::Peer& peer, const mapping::ToAlias& wish, const std::string& author, const Content& content)
{
    const auto root = co_await list_of(wish.alias);
    if (!root) co_return Reply{550, "5.1.1", "There is no such list."};
    const bool joins = wish.action == mapping::Action::subscribe;
    log::info("asked", {{"session", peer.session}, {"by", author}, {"what", joins ? "subscribe" : "unsubscribe"},
                           {"id", root->name.str()}, {"message", content.facts.message_id},
                           {"authentication", content.findings ? content.findings->summary() : "account"}});
    if (!peer.user.empty()) {
        const auto done = co_await database_.run([&](store::Session& session) -> email2::Result<void> {
            store::PostgresStore verbs(session, writer_, verbs_);
            const auto result = joins ? verbs.rejoin(peer.user, root->name, std::nullopt)
                                      : verbs.leave(peer.user, root->name, std::nullopt);
            if (!result) return result;
            return store::change(session, [&](store::Changes& changes) -> email2::Result<void> {
                const auto person = store::find_people(session, {peer.user}).begin()->second.id;
                const auto back = store::address_for(*root, joins ? store::Wish::unsubscribe : store::Wish::subscribe);
                store::tell(session, changes, person, root->id,
                    {joins ? "done.subscribed" : "done.unsubscribed", {{"list", root->alias}, {"address", back}}});
                return {};
            }).value;
        });
        if (!done) co_return reply_of(done.error());
        co_return std::nullopt;
    }
    // Nobody else is written to than who is shown to have asked. Automata are not answered, nor those who cannot be
    // written to.
    const auto& findings = content.findings;
    if (findings && findings->unknown)
        co_return Reply{451, "4.7.24", "Whether this mail is from its author cannot be looked up now."};
    if (!findings || findings->proof == email2::Proof::none)
        co_return Reply{
            550, "5.7.1", "Only by mail that SPF or DKIM shows to be from its author one subscribes or unsubscribes."};
    if (!content.facts.auto_submitted.empty() || !email2::is_address(author) || author.find('[') != std::string::npos)
        co_return std::nullopt;
    const auto answered = co_await database_.run([&](store::Session& session) {
        store::Transaction transaction(session);
        store::Changes changes;
        const auto person = store::meet_people(session, {author}, {""}).at(author);
        const auto wish = joins ? store::Wish::subscribe : store::Wish::unsubscribe;
        const auto once = store::once_for(joins ? "subscribe" : "unsubscribe", root->name);
        if (!store::is_first_time(session, person.id, once, content.facts.message_id) ||
            !store::remember_time(session, person.id, once, content.facts.message_id, root->id))
            return store::Answered::by_mail;  // the same mail once more
        const auto done = store::answer_wish(session, changes, person.id, *root, wish, settings_.public_url);
        store::finish(session, changes);
        transaction.commit();
        return done;
    });
    switch (answered) {
    case store::Answered::not_today:
        co_return Reply{550, "5.7.1",
            "A mail about a list went to this address today already, and there is one a day: answer that one, or write again tomorrow."};
    case store::Answered::removed:
        co_return Reply{550, "5.7.1", "An owner took this address off the list, and only an owner puts it on again."};
    default: co_return std::nullopt;
    }
}

}  // namespace gateway::ingress
