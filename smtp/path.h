// path: the grammar of paths in MAIL and RCPT, RFC 5321 4.1.2, RFC 6531 3.3.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace smtp {

struct Path {
    std::string mailbox;     // "" is the null path
    std::size_t length = 0;  // octets read from the text
};

// The path at the start of `text`. Source routes are read and ignored, <Postmaster> stands without
// a domain. The local part is kept as sent, but for quotes that it does not need. nullopt when
// there is none.
[[nodiscard]] std::optional<Path> read_path(std::string_view text);

}  // namespace smtp
