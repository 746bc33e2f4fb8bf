// address_forms: what an address at one of our domains can mean: a person, a message, an action, a bounce. mapping.md
// "Mail in".
#pragma once

#include "email2/message.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace gateway::mapping {

enum class Action { answer, leave, rejoin, edit, withdraw, undelete, add, subscribe, unsubscribe };

struct ToPerson {
    std::string address;
};  // an account or an alias: the caller looks it up (+detail cut)
struct ToMessage {
    email2::Name name;
    Action action = Action::answer;
};  // guid@server, guid+leave@server
struct ToAlias {
    std::string alias;
    Action action;
};  // alias+subscribe@, alias+unsubscribe@
struct ToToken {
    std::string token;
};  // a-TOKEN@
struct ToBounce {
    std::string token;
};  // b-TOKEN@
struct ToRole {
    std::string role;
};  // "postmaster", "abuse"
using Meaning = std::variant<ToPerson, ToMessage, ToAlias, ToToken, ToBounce, ToRole>;

// What a normalised local address means by its form alone. Letters count in any case. `guid+unknown@` is a person (whom
// nobody will find), never an answer; ToAlias::alias is the whole address of the alias, "announce@one.test".
[[nodiscard]] Meaning meaning_of(std::string_view address);
// True for local parts that no account or alias may have: they would be taken for one of the forms above, or are the
// sender of our delivery reports (mailer-daemon).
[[nodiscard]] bool reserved_local_part(std::string_view local_part);

// The same with "*" for each token: for logs, since whoever knows a token acts by it.
[[nodiscard]] std::string without_tokens(std::string_view text);

// 160 random bits as a token: 32 characters a-z2-7.
[[nodiscard]] std::string token_of(std::string_view twenty_random_octets);

}  // namespace gateway::mapping
