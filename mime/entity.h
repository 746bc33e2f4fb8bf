// entity: character references of HTML.
#pragma once

#include <string>
#include <string_view>

namespace mime {

// The text with its numeric and named references (HTML 4's names) as UTF-8; what is no reference
// stands as it is.
[[nodiscard]] std::string without_entities(std::string_view text);

}  // namespace mime
