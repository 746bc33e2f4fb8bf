// public_suffix: which domains belong together, RFC 7489 3.2, by the public suffix list.
#pragma once

#include <string>
#include <string_view>

namespace gateway::authentication {

// The Organizational Domain: the public suffix and one label; `domain` itself when it is a public suffix. Lower-case
// A-labels in and out. Safe from several threads.
[[nodiscard]] std::string organizational_domain(std::string_view domain);

enum class Alignment { relaxed, strict };
// RFC 7489 3.1: whether an authenticated domain speaks for an author's.
[[nodiscard]] bool aligned(std::string_view authenticated, std::string_view author, Alignment alignment);

}  // namespace gateway::authentication
