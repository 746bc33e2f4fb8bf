// guid: names for new messages: UUIDv7, RFC 9562 5.7.
//
// parse_name is declared in email2/message.h, beside the name it reads.
#pragma once

#include "email2/message.h"

#include <string>
#include <string_view>

namespace email2 {

// A UUIDv7 in canonical form (36 characters, lower case). Within a process each is greater than all
// before it, also when the clock stands still or goes back. Thread-safe. Throws std::system_error
// when the kernel has no random bytes.
[[nodiscard]] std::string make_guid(Time now);

// Whether `text` is a UUID in canonical form, in any case and of any version: names given by other
// servers need not be of our make.
[[nodiscard]] bool is_guid(std::string_view text);

}  // namespace email2
