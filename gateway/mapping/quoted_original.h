// quoted_original: the copy of a mail that clients put below what is written in answer to it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway::mapping {

// What stands in `text` before a quote of all of `original`, the line that introduces it left out; nullopt when it does
// not end in one. Known are lines with ">" (RFC 3676 4.5), a block of fields as Outlook puts it, and a line that names
// the day before what was a blockquote. A quote of anything else is part of what was written.
[[nodiscard]] std::optional<std::string> before_quote(std::string_view text, std::string_view original);

}  // namespace gateway::mapping
