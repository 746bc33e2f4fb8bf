// flowed: text/plain; format=flowed, RFC 3676.
#pragma once

#include <string>
#include <string_view>

namespace mime {

// Paragraphs (each one line of the text) become lines of at most 78 characters with a space at each
// soft break. Quoted lines (">") and the signature's "-- " stand as they are.
[[nodiscard]] std::string to_flowed(std::string_view text);

}  // namespace mime
