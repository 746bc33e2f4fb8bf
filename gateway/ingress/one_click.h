// one_click: what the tokens in links and addresses do for people outside: leave and rejoin, and turn kinds of
// follow-ups off. mapping.md "Action addresses".
#pragma once

#include "gateway/store/session.h"

#include <optional>
#include <string>

namespace gateway::ingress {

struct Page {
    std::string title, text;
    std::string button;    // "" when nothing is left to do
    std::string token;     // that the button stands for; "": the same once more
    std::string language;  // of all that: the one of whom the token was given to
};

// What a click on the link would do. Changes nothing. nullopt: the token is forged, expired or no action.
[[nodiscard]] std::optional<Page> describe(store::Session& session, const std::string& token);
// Does it; once more is no error. The page says what is so now.
[[nodiscard]] std::optional<Page> perform(store::Session& session, const std::string& token);

}  // namespace gateway::ingress
