// new_text: a content whose text is replaced by a mail's: subject and files stay. mapping.md "Action addresses", "+edit". Pure.
#pragma once

#include <optional>
#include <string>

#include "email2/message.h"

namespace gateway::mapping {

// `body` with the text of `mail` (and its HTML, when it has one) where its own was; nullopt: the mail has no text.
[[nodiscard]] std::optional<email2::Part> with_text_of(const email2::Part& body, const email2::Part& mail);

// Without the pencil that chat programs put before an edited text, so that old ones show it as one.
[[nodiscard]] email2::Part without_edit_mark(email2::Part body);

// Whether there is anything to read in it.
[[nodiscard]] bool has_text(const email2::Part& body);

}  // namespace gateway::mapping
