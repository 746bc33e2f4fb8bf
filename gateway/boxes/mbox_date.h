// mbox_date: the line that begins a mail in an mbox, RFC 4155 A. Pure.
#pragma once

#include "gateway/boxes/mail.h"

#include <string_view>

namespace gateway::boxes {

// The date of "From sender Tue Nov 24 06:01:07 2026" (without its line end), also with a zone before or behind the
// year, without seconds, or with a sender of several words. nullopt: it is no such line. A zone by name counts as UTC.
[[nodiscard]] std::optional<Time> date_of_from_line(std::string_view line);
// "From sender Tue Nov 24 06:01:07 2026\n", in UTC.
[[nodiscard]] std::string from_line(std::string_view sender, Time delivered);

}  // namespace gateway::boxes
