// sink_relay: mail to the addresses that stand for authors outside ("Carol via News"), on its way to them. mapping.md
// "Mail out".
//
// Whoever learns such an address must not write to strangers through us: it takes an account here, or a mail that is
// proven to be from somebody for whom that author's own mail has left us.
#include "gateway/ingress/sink.h"
#include "gateway/store/relays.h"

namespace gateway::ingress {

namespace asio = boost::asio;
using smtp::Reply;

asio::awaitable<void> Sink::find_authors(Destinations& to)
{
    if (to.tokens.empty()) co_return;
    to.relays = co_await database_.run(
        [tokens = to.tokens](store::Session& session) { return store::authors_behind(session, tokens); });
    for (const auto& [token, author] : to.relays) {
        std::erase(to.tokens, token);
        if (to.rcpt.emplace(author, to.rcpt.at(token)).second) to.people.push_back(author);
    }
}

asio::awaitable<std::optional<Reply>> Sink::may_reach(const smtp::Peer& peer, const smtp::Envelope& envelope,
    const Destinations& to, const std::string& author, const Content& content, bool by_program)
{
    if (to.relays.empty() || !peer.user.empty()) co_return std::nullopt;
    if (envelope.from.reverse_path.empty() || by_program)
        co_return Reply{550, "5.7.1", "What automata write is not passed on to authors of posts."};
    const auto& findings = content.findings;
    if (findings && findings->unknown)
        co_return Reply{451, "4.7.24", "Whether this mail is from its author cannot be looked up now."};
    const bool proven =
        findings && findings->proof != email2::Proof::none && email2::domain_of(author) == findings->author_domain;
    const Reply stranger{550, "5.7.1",
        "By this address only who got mail from its author writes to them, and only by mail that SPF or DKIM shows to be theirs."};
    if (!proven) co_return stranger;
    for (const auto& [token, behind] : to.relays) {
        const auto reach = co_await database_.run(
            [&author, who = behind](store::Session& session) { return store::reach(session, author, who); });
        if (reach == store::Reach::stranger) co_return stranger;
        if (reach == store::Reach::too_often)
            co_return Reply{451, "4.7.1", "You wrote too much to this address today."};
    }
    co_return std::nullopt;
}

}  // namespace gateway::ingress
