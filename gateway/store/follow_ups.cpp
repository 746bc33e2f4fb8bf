#include "gateway/store/follow_ups.h"

#include "gateway/store/follow_ups_sql.h"
#include "gateway/store/hash.h"
#include "gateway/store/membership.h"

namespace gateway::store {

namespace {

constexpr std::int16_t of(Mail kind)
{
    return static_cast<std::int16_t>(kind);
}

}  // namespace

std::int64_t last_edit(Session& session, std::int64_t message)
{
    return session
        .query("select coalesce(max(seq), 0) from event where message_id = $1 and kind = $2", message,
            static_cast<std::int16_t>(email2::EventKind::edited))
        .integer(0, 0);
}

void queue_mail(Session& session, Changes& changes, Mail kind, std::int64_t message, std::int32_t person,
    std::int64_t event, std::chrono::seconds delay, std::optional<Time> since, std::string_view content)
{
    const bool null_sender = kind == Mail::left || kind == Mail::answer;
    std::string sender;
    if (!null_sender) {
        const auto home =
            session.query("select d.name from message m join domain d on d.id = m.home where m.id = $1", message);
        const bool brings = kind == Mail::added || kind == Mail::rejoined;  // the message itself
        const auto action = brings ? TokenAction::bounce : TokenAction::bounce_of_follow_up;
        sender = "b-" + token_for(session, person, message, action) + "@" + home.text(0, 0);
    }
    // The clock: after what the lock waited for.
    session.query("insert into egress(message_id, person_id, kind, event, due, queued, sender, since, content) "
                  "values ($1, $2, $3, $4, now() + make_interval(secs => $5), clock_timestamp(), $6, $7, $8)",
        message, person, of(kind), event, static_cast<double>(delay.count()), sender, since,
        content.empty() ? std::optional<Bytes>() : std::optional(Bytes{content}));
    changes.egress = true;
}

void queue_edited(
    Session& session, Changes& changes, std::int64_t message, std::int64_t event, std::chrono::seconds settle)
{
    session.query(
        "with people as (select d.person_id from delivery d where d.message_id = $1 and " HAS_IT
        "and " ON_LIST AUTHOR_IS_HERE
        "and not exists (select from egress e where e.message_id = $1 and e.person_id = d.person_id and e.kind = $2 and e.owner = 0)), " NEW_TOKENS_OF_FOLLOW_UPS
            QUEUE_FROM_TOKENS,
        message, of(Mail::edited), event, static_cast<double>(settle.count()));
    changes.egress = true;
}

void queue_withdrawn(Session& session, Changes& changes, std::int64_t message, std::int64_t event)
{
    // Whoever was told that it is withdrawn, and not yet that it is back, knows.
    session.query(
        "with held as (delete from egress where message_id = $1 and kind in (0, 1, 6) and owner = 0 returning person_id, kind), "
        "kept as (update delivery d set state = 5, at = now() from held h where h.kind = 0 and d.message_id = $1 and d.person_id = h.person_id and d.state in (0, 3)), "
        "people as (select d.person_id from delivery d where d.message_id = $1 and " HAS_IT
        "and " ON_LIST AUTHOR_IS_HERE
        "and d.person_id not in (select person_id from held where kind = 6)), " NEW_TOKENS_OF_FOLLOW_UPS
            QUEUE_FROM_TOKENS,
        message, of(Mail::withdrawn), event, 0.0);
    changes.egress = true;
}

void queue_restored(Session& session, Changes& changes, std::int64_t message, std::int64_t event, const Delays& delays)
{
    const auto untold = session.query(
        "delete from egress where message_id = $1 and kind = 5 and owner = 0 returning person_id", message);
    std::vector<std::int32_t> knowing_nothing;
    for (std::size_t i = 0; i < untold.size(); ++i)
        knowing_nothing.push_back(static_cast<std::int32_t>(untold.integer(i, 0)));
    session.query("with people as (select d.person_id from delivery d where d.message_id = $1 and " HAS_IT
                  "and " ON_LIST AUTHOR_IS_HERE
                  "and d.person_id <> all($5::int4[])), " NEW_TOKENS_OF_FOLLOW_UPS QUEUE_FROM_TOKENS,
        message, of(Mail::restored), event, 0.0, knowing_nothing);
    // The withdrawal took with it what was to be told of an edit.
    session.query(
        "with people as (select d.person_id from delivery d join message w on w.id = d.message_id where d.message_id = $1 and " HAS_IT
        "and " ON_LIST AUTHOR_IS_HERE
        "and d.person_id = any($5::int4[]) and d.revision < w.revision), " NEW_TOKENS_OF_FOLLOW_UPS QUEUE_FROM_TOKENS,
        message, of(Mail::edited), last_edit(session, message), static_cast<double>(delays.settle.count()),
        knowing_nothing);
    session.query(
        "with people as (update delivery d set state = 0, at = now() where d.message_id = $1 and d.state = 5 and " ON_LIST
        "returning d.person_id), " NEW_TOKENS QUEUE_FROM_TOKENS,
        message, of(Mail::message), std::int64_t{0}, static_cast<double>(delays.undo.count()));
    changes.egress = true;
}

void queue_removed(Session& session, Changes& changes, std::int64_t message, std::int32_t person, std::int64_t event)
{
    session.query(
        "with people as (select d.person_id from delivery d join message m on m.list_id = $1 and m.id = d.message_id where d.person_id = $5 "
        "and " HAS_IT AUTHOR_IS_HERE "limit 1), " NEW_TOKENS_OF_FOLLOW_UPS QUEUE_FROM_TOKENS,
        message, of(Mail::removed), event, 0.0, person);
    changes.egress = true;
}

// Mailing lists tell nobody: who subscribes is the owners' business (email2.md rule 3).
void queue_joined(Session& session, Changes& changes, std::int64_t list, std::int32_t actor, std::int64_t event,
    std::chrono::seconds settle)
{
    session.query(
        "insert into egress(message_id, person_id, kind, event, due, sender) select $1, $2, $3, $4, now() + make_interval(secs => $5), '' "
        "where not exists (select from list_root where message_id = $1) "
        "and not exists (select from egress where message_id = $1 and person_id = $2 and kind = $3 and owner = 0)",
        list, actor, of(Mail::joined), event, static_cast<double>(settle.count()));
    changes.egress = true;
}

void withhold(Session& session, std::int32_t person, const std::vector<std::int64_t>& holders)
{
    withhold_from(session, {person}, reached(session, holders));
}

void withhold_from(Session& session, const std::vector<std::int32_t>& people, const std::vector<std::int64_t>& messages)
{
    session.query(R"(
with gone as materialized (select m.id, p.id person from message m join person p on p.id = any($1::int4[]) and p.class <> 0
  where m.id = any($2::int8[]) and )" EFFECTIVE("m", "p.id") R"( is distinct from 0),  -- no other list has them
 held as (delete from egress e using gone where e.message_id = gone.id and e.person_id = gone.person and e.kind in (0, 1, 2, 4, 6) and e.owner = 0
  returning e.message_id, e.person_id, e.kind)
update delivery d set state = 5, at = now() from held h where h.kind = 0 and d.message_id = h.message_id and d.person_id = h.person_id and d.state in (0, 3))",
        people, messages);
}

void withhold_message(Session& session, std::int32_t person, std::int64_t message)
{
    session.query(
        "with held as (delete from egress e where e.message_id = $1 and e.person_id = $2 and e.kind in (0, 1, 6) and e.owner = 0 returning e.kind) "
        "update delivery d set state = 5, at = now() from held h where h.kind = 0 and d.message_id = $1 and d.person_id = $2 and d.state in (0, 3)",
        message, person);
}

namespace {

std::optional<Mail> kind_in(TokenAction action, TokenAction first)
{
    const auto kind = static_cast<std::int16_t>(action) - static_cast<std::int16_t>(first);
    if (kind < 0 || kind > of(Mail::skipped)) return std::nullopt;
    return static_cast<Mail>(kind);
}

TokenAction action_of(TokenAction first, Mail kind)
{
    return static_cast<TokenAction>(static_cast<std::int16_t>(first) + of(kind));
}

std::int32_t bit_of(Mail kind)
{
    return std::int32_t{1} << of(kind);
}

}  // namespace

TokenAction muting(Mail kind)
{
    return action_of(TokenAction::mute, kind);
}
TokenAction unmuting(Mail kind)
{
    return action_of(TokenAction::unmute, kind);
}
std::optional<Mail> muted_kind(TokenAction action)
{
    return kind_in(action, TokenAction::mute);
}
std::optional<Mail> unmuted_kind(TokenAction action)
{
    return kind_in(action, TokenAction::unmute);
}

void mute(Session& session, std::int32_t person, Mail kind)
{
    session.query("update person set muted = muted | $2 where id = $1", person, bit_of(kind));
}

void unmute(Session& session, std::int32_t person, Mail kind)
{
    session.query("update person set muted = muted & ~$2 where id = $1", person, bit_of(kind));
}

std::string token_for(Session& session, std::int32_t person, std::int64_t message, TokenAction action)
{
    const auto number = static_cast<std::int16_t>(action);
    const auto known = session.query(
        "update token set expires = now() + interval '1 year' where message_id = $1 and person_id = $2 and action = $3 "
        "and expires > now() returning token",
        message, person, number);
    if (!known.empty()) return known.text(0, 0);
    const auto token = random_token();
    session.query(
        "insert into token(token, person_id, message_id, action, expires) values ($1, $2, $3, $4, now() + interval '1 year')",
        token, person, message, number);
    return token;
}

std::optional<TokenMeaning> meaning_of_token(Session& session, std::string_view token)
{
    const auto rows =
        session.query("select person_id, message_id, action from token where token = $1 and expires > now()", token);
    if (rows.empty()) return std::nullopt;
    return TokenMeaning{static_cast<std::int32_t>(rows.integer(0, 0)), rows.integer(0, 1),
        static_cast<TokenAction>(rows.integer(0, 2))};
}

}  // namespace gateway::store
