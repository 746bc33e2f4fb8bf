// language: which language a person reads, as far as their mail tells. RFC 3282 (Content-Language).
#pragma once

#include "mime/message.h"

#include <string>
#include <string_view>

namespace gateway::mapping {

// "de", "en", …: of the languages that there are templates for; "" when nothing tells. In this order: Content-Language,
// the words of the text, the country of the author's domain.
[[nodiscard]] std::string language_of(const mime::Message& message, std::string_view bytes, std::string_view author);
// Of a text by its most common words; "" when these do not tell.
[[nodiscard]] std::string language_of_text(std::string_view text);
// Of an address by the country of its domain; "" when it has none with one language.
[[nodiscard]] std::string language_of_domain(std::string_view address);

}  // namespace gateway::mapping
