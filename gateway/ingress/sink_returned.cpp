// sink_returned: what comes back to the sender of one delivery: a report finds its entry; anything else (somebody is
// away) is shown to the message's author. Nobody answers it: nothing of ours bounces a bounce. What nobody here is to
// see, and is no report, is refused, so that it is not lost where its sender might look for it.
#include "gateway/ingress/sink.h"
#include "gateway/mapping/bounce.h"
#include "gateway/mapping/legacy_verb.h"
#include "gateway/store/hash.h"

namespace gateway::ingress {

namespace asio = boost::asio;
using smtp::Reply;

namespace {

struct Returned {
    std::optional<store::NewMessage> notice;
    bool too_much = false;
};

// A mail for the message's author alone, beside the message; none when nobody here wrote that.
Returned for_author(
    store::Session& session, const store::Facts& facts, const std::string& message_id, const std::string& author)
{
    const auto owner = store::people_by_id(session, {facts.originator}).begin()->second;
    if (!owner.native()) return {};
    if (!store::may_report(session, owner.address, facts.thread)) return {.notice = std::nullopt, .too_much = true};
    store::NewMessage message;
    message.kind = store::Kind::notice;
    message.originator = author;
    message.message_id = message_id;
    message.parents = {facts.name.str()};
    message.recipients = {{owner.address, "", email2::Role::to, true, 0, ""}};
    return {.notice = std::move(message)};
}

std::string key_of(const std::string& place, std::string_view bytes)
{
    return "returned:" + place + ":" + store::to_hex(store::sha256(bytes));
}

}  // namespace

asio::awaitable<std::optional<Reply>> Sink::returned(
    const std::string& token, std::string_view bytes, const Content& content, const std::string& author)
{
    const auto reports = mapping::read_bounce(content.parsed, bytes);
    if (reports && co_await outbox_.bounced(token, *reports)) co_return std::nullopt;
    auto found = co_await database_.run([&](store::Session& session) -> Returned {
        const auto meaning = store::meaning_of_token(session, token);
        const auto facts = meaning ? store::facts_of(session, meaning->message, 0) : std::nullopt;
        if (!facts) return {};
        return for_author(session, *facts, content.facts.message_id, author);
    });
    if (found.too_much) co_return Reply{550, "5.7.1", "Too much came back about this conversation today."};
    if (!found.notice) {
        if (reports || mapping::is_automatic(content.parsed, bytes, content.facts)) co_return std::nullopt;
        co_return Reply{
            550, "5.7.1", "Nobody here reads what comes back about this message: please write to its author."};
    }
    found.notice->bytes.append(bytes);
    found.notice->idempotency_key = key_of(token, bytes);
    if (const auto shown = co_await writer_.publish(std::move(*found.notice)); !shown)
        co_return reply_of(shown.error());
    co_return std::nullopt;
}

// An out-of-office that came to a message's address is no answer to everybody: who wrote the message sees it, as long
// as it is not too much.
asio::awaitable<void> Sink::show_to_authors(
    Destinations& to, std::string_view bytes, const Content& content, const std::string& author)
{
    for (const auto& name : std::exchange(to.messages, {})) {
        auto found = co_await database_.run([&](store::Session& session) -> Returned {
            const auto people = store::find_people(session, {author});
            const auto parsed = email2::parse_name(name);
            const auto facts =
                people.empty() || !parsed ? std::nullopt : store::facts_of(session, *parsed, people.begin()->second.id);
            if (!facts || email2::effective(facts->standing) != email2::Listed::in) return {};
            return for_author(session, *facts, content.facts.message_id, author);
        });
        if (!found.notice) continue;
        found.notice->bytes.append(bytes);
        found.notice->idempotency_key = key_of(name, bytes);
        (void)co_await writer_.publish(std::move(*found.notice));
    }
}

}  // namespace gateway::ingress
