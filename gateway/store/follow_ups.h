// follow_ups: what correspondents are told after sending, put into the queue. mapping.md "After sending: the
// degradation table".
//
// Only queued here, in the transaction of the change; the text is made when it leaves (outbox.h), so that what happens
// meanwhile is in it.
#pragma once

#include "gateway/store/changes.h"
#include "gateway/store/session.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::store {

enum class Mail : std::int16_t {
    message = 0,
    edited = 1,
    added = 2,
    left = 3,
    rejoined = 4,
    withdrawn = 5,
    restored = 6,
    answer = 7,
    opaque = 8,
    removed = 9,
    summary = 10,
    joined = 11,
    skipped = 12
};  // the last two are notices to accounts: they go into the thread

// For one person. `event`: its sequence (number() was called). `since`: rejoined only.
void queue_mail(Session& session, Changes& changes, Mail kind, std::int64_t message, std::int32_t person,
    std::int64_t event, std::chrono::seconds delay, std::optional<Time> since = {}, std::string_view content = {});

// For everybody outside who was sent that message: one mail for all edits within `settle`.
void queue_edited(
    Session& session, Changes& changes, std::int64_t message, std::int64_t event, std::chrono::seconds settle);
// What is still queued is not sent; who has it is told, once.
void queue_withdrawn(Session& session, Changes& changes, std::int64_t message, std::int64_t event);
// Who was told of the withdrawal gets it again; who was not told hears nothing of either, but of edits before it; what
// was held back is sent.
struct Delays {
    std::chrono::seconds undo{}, settle{};
};
void queue_restored(Session& session, Changes& changes, std::int64_t message, std::int64_t event, const Delays& delays);
// The event of the newest edit; 0 without one.
[[nodiscard]] std::int64_t last_edit(Session& session, std::int64_t message);

// Who is outside and was told of these: that they were removed (followup.removed).
void queue_removed(Session& session, Changes& changes, std::int64_t message, std::int32_t person, std::int64_t event);
// The accounts on a list are told who was added by `actor`: one notice for all additions within `settle`.
void queue_joined(Session& session, Changes& changes, std::int64_t list, std::int32_t actor, std::int64_t event,
    std::chrono::seconds settle);

// A person outside left the lists of `holders` (or was removed from them): nothing of these is sent to them any more.
void withhold(Session& session, std::int32_t person, const std::vector<std::int64_t>& holders);

// What of these messages is on its way to people outside who are not on their lists any more.
void withhold_from(
    Session& session, const std::vector<std::int32_t>& people, const std::vector<std::int64_t>& messages);
// What one message has on its way to one of them.
void withhold_message(Session& session, std::int32_t person, std::int64_t message);

// The token that stands for an action of a person on a message, made when there is none. Actions as in token.action.
// A kind of follow-up is turned off by mute + its Mail, and on again by unmute + it.
enum class TokenAction : std::int16_t {
    bounce = 0,
    leave = 1,
    rejoin = 2,
    subscribe = 3,
    bounce_of_follow_up = 4,  // they have the message all the same
    relay = 10,
    mute = 32,
    unmute = 64
};
[[nodiscard]] TokenAction muting(Mail kind);
[[nodiscard]] TokenAction unmuting(Mail kind);
// The kind that such an action is about; nullopt for other actions.
[[nodiscard]] std::optional<Mail> muted_kind(TokenAction action);
[[nodiscard]] std::optional<Mail> unmuted_kind(TokenAction action);
// Turns a kind of follow-up off, or on again, for one person.
void mute(Session& session, std::int32_t person, Mail kind);
void unmute(Session& session, std::int32_t person, Mail kind);

[[nodiscard]] std::string token_for(Session& session, std::int32_t person, std::int64_t message, TokenAction action);
struct TokenMeaning {
    std::int32_t person = 0;
    std::int64_t message = 0;
    TokenAction action = TokenAction::bounce;
};
// nullopt: forged or expired.
[[nodiscard]] std::optional<TokenMeaning> meaning_of_token(Session& session, std::string_view token);

}  // namespace gateway::store
