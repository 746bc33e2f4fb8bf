// html: text as it stands in HTML of our making.
#pragma once

#include <string>
#include <string_view>

namespace gateway::mapping {

// Text with &, <, > and " escaped; nothing in it is markup any more.
[[nodiscard]] std::string escaped_html(std::string_view text);
// The same, with spaces that HTML would drop (at the beginning of a line, and beside others) as &nbsp;: tables and code
// keep their columns.
enum class At { line_start, within_line };
[[nodiscard]] std::string spaced_html(std::string_view text, At at);
// The same, with line ends as <br>: text that keeps its lines.
[[nodiscard]] std::string lines_as_html(std::string_view text);

}  // namespace gateway::mapping
