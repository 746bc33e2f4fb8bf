// authorization: who a request says it comes from, RFC 7617 (Basic) and RFC 6750 (Bearer).
#pragma once

#include "gateway/http/message.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace gateway::http {

struct Basic {
    std::string user, password;
};

struct Bearer {
    std::string token;
};

using Credentials = std::variant<std::monostate, Basic, Bearer>;

// What an Authorization field says; nothing when it cannot be read.
[[nodiscard]] Credentials parse_authorization(std::string_view field);

// Secrets travel encrypted, or do not leave the machine.
[[nodiscard]] bool may_carry_secrets(const Request& request);

// Whether a browser sent this on behalf of another site's page: its Origin is not the Host asked.
[[nodiscard]] bool is_cross_site(const Request& request);

}  // namespace gateway::http
