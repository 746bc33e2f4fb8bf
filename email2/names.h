// names: the words of the XML for the model's enumerations, and its times.
#pragma once

#include "email2/error.h"
#include "email2/message.h"

#include <optional>
#include <string>
#include <string_view>

namespace email2 {

[[nodiscard]] std::string_view name_of(Class value);
[[nodiscard]] std::string_view name_of(Role value);
[[nodiscard]] std::string_view name_of(Membership value);
[[nodiscard]] std::string_view name_of(DeliveryState value);
[[nodiscard]] std::string_view name_of(Proof value);
[[nodiscard]] std::string_view name_of(State value);
[[nodiscard]] std::string_view name_of(Posting value);
[[nodiscard]] std::string_view name_of(EventKind value);

// The other way round, for those above and Code; nullopt for any other word.
template <class Enum>
[[nodiscard]] std::optional<Enum> value_of(std::string_view name);

// RFC 3339 in UTC: "2026-11-23T06:48:00Z", with ".123" only when there are milliseconds.
[[nodiscard]] std::string format_time(Time time);
// RFC 3339 with any offset, years 1 to 9999; digits beyond milliseconds are cut.
[[nodiscard]] std::optional<Time> parse_time(std::string_view text);

}  // namespace email2
