// read_report: the two ways in which a bounce is read.
#pragma once

#include "gateway/mapping/bounce.h"

namespace gateway::mapping {

// RFC 3464 fields, in their own part or (as some servers do) within the text; empty when there are
// none.
[[nodiscard]] std::vector<FailedRecipient> read_report_fields(const mime::Message& message, std::string_view bytes);
// A bounce in words. nullopt when the mail is none; a recipient without an address when it names
// nobody.
[[nodiscard]] std::optional<std::vector<FailedRecipient>> read_words(
    const mime::Message& message, std::string_view bytes);

}  // namespace gateway::mapping
