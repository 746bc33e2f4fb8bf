// line_ends: CRLF in mail, LF on disk. Pure.
#pragma once

#include <string>
#include <string_view>

namespace gateway::boxes {

// Whether the mail is the same after to_lf and to_crlf: no LF alone, no CR CR LF.
[[nodiscard]] bool survives_lf(std::string_view mail);
[[nodiscard]] std::string to_lf(std::string_view mail);    // each CRLF becomes LF
[[nodiscard]] std::string to_crlf(std::string_view file);  // each LF alone becomes CRLF

}  // namespace gateway::boxes
