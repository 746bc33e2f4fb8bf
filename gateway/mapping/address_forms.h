// address_forms: what an address at one of our domains can mean: a person, a message, an action, a bounce. mapping.md "Mail in".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "email2/message.h"

namespace gateway::mapping {

enum class Action { answer, leave, rejoin, edit, withdraw, undelete, add, subscribe, unsubscribe };

struct ToPerson { std::string address; };                         // an account or an alias: the caller looks it up (+detail cut)
struct ToMessage { email2::Name name; Action action = Action::answer; };  // guid@server, guid+leave@server
struct ToAlias { std::string alias; Action action; };             // alias+subscribe@, alias+unsubscribe@
struct ToToken { std::string token; };                            // a-TOKEN@
struct ToBounce { std::string token; };                           // b-TOKEN@
struct ToRole { std::string role; };                              // "postmaster", "abuse"
using Meaning = std::variant<ToPerson, ToMessage, ToAlias, ToToken, ToBounce, ToRole>;

// What a normalised local address means by its form alone.
[[nodiscard]] Meaning meaning_of(std::string_view address);
// True for local parts that no account may have: they would be taken for one of the forms above.
[[nodiscard]] bool reserved_local_part(std::string_view local_part);

// 160 random bits as a token: 32 characters a-z2-7.
[[nodiscard]] std::string token_of(std::string_view twenty_random_octets);

}  // namespace gateway::mapping
