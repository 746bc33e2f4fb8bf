// inner_words: where the words end that scripts write without spaces between them: Chinese, Japanese, Thai, Lao, Khmer,
// Burmese. UAX #29, ICU's dictionaries.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace gateway::mapping {

// Offsets within `run`, which has no white space, at which a word ends and another begins; none in other scripts.
[[nodiscard]] std::vector<std::size_t> inner_words(std::string_view run);

}  // namespace gateway::mapping
