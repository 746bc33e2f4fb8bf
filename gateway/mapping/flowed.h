// flowed: soft-broken lines as paragraphs again, RFC 3676. Breaking them is mime/flowed.h.
#pragma once

#include <string>
#include <string_view>

namespace gateway::mapping {

// Text (LF) with its soft line breaks and space-stuffing undone: a paragraph is one line again.
// Quoted paragraphs keep ">".
[[nodiscard]] std::string unflowed(std::string_view text, bool del_sp);

// Whether text (LF) is worth sending as format=flowed: it has lines beyond 78, and a reader gets
// exactly it back.
[[nodiscard]] bool worth_flowing(std::string_view text);

}  // namespace gateway::mapping
