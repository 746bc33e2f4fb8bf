// schema: the RELAX NG schema of email2/schema/email2.rng inside the program. Private to email2.
#pragma once

#include <string_view>

namespace email2 {

[[nodiscard]] std::string_view schema_text();

}  // namespace email2
