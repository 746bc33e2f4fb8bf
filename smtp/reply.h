// reply: an SMTP reply as a value, RFC 5321 4.2 with the enhanced status codes of RFC 3463.
#pragma once

#include <string>
#include <string_view>

namespace smtp {

struct Reply {
    int code = 250;
    std::string status;  // "2.1.0"; "" where a reply has none (greeting, EHLO, 334, 354)
    std::string text;    // one or more lines, separated by LF

    [[nodiscard]] bool positive() const { return code < 400; }
    // As sent: every line "250-2.1.0 text\r\n", the last with a space.
    [[nodiscard]] std::string encoded() const;
    bool operator==(const Reply&) const = default;
};

}  // namespace smtp
