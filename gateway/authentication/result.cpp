// result: what checking a method came to, in the words of RFC 8601 2.7.
#include "gateway/authentication/result.h"

#include <algorithm>
#include <array>

namespace gateway::authentication {
namespace {

constexpr std::array<std::string_view, 8> names{
    "none", "neutral", "pass", "fail", "softfail", "policy", "temperror", "permerror"};

}  // namespace

std::string_view name_of(Result result)
{
    return names.at(static_cast<std::size_t>(result));
}

std::optional<Result> result_of(std::string_view name)
{
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Result>(found - names.begin());
}

}  // namespace gateway::authentication
