// list_fields: egress fields of mail that one can leave: RFC 2369, RFC 2919, RFC 8058. Made for each recipient, never
// in a mailbox.
#pragma once

#include "email2/message.h"

#include <set>
#include <string>
#include <string_view>

namespace gateway::mapping {

// List-Unsubscribe and List-Unsubscribe-Post, CRLF at the end of each; "" when there is no way to leave. Either may be
// "".
[[nodiscard]] std::string unsubscribe_fields(std::string_view url, std::string_view address);

// List-Id, List-Post and Precedence of a mailing list, by its alias and name. The label of List-Id is the alias with
// its @ as a dot.
[[nodiscard]] std::string list_fields(const email2::Person& list);

// What a mailing list writes into a mail, lower case. A post that came by another list has that one's: they make way
// for ours, for a field that stands twice means nothing, and whoever unsubscribes means the list that they are on.
[[nodiscard]] const std::set<std::string>& list_field_names();

}  // namespace gateway::mapping
