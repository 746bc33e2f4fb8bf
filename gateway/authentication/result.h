// result: what checking a method came to, in the words of RFC 8601 2.7.
#pragma once

#include <optional>
#include <string_view>

namespace gateway::authentication {

enum class Result { none, neutral, pass, fail, softfail, policy, temperror, permerror };

[[nodiscard]] std::string_view name_of(Result result);
[[nodiscard]] std::optional<Result> result_of(std::string_view name);  // exactly as name_of gives it

}  // namespace gateway::authentication
