// signer: the port by which outgoing mail is signed.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gateway::egress {

class Signer {
public:
    virtual ~Signer() = default;
    // The header field to put on top, CRLF at its end; "" when there is no key for `domain`, or the
    // mail is no mail. `pieces` joined are the mail. CPU only (about a millisecond); safe to call
    // from several threads.
    [[nodiscard]] virtual std::string
    sign(std::string_view domain, std::span<const std::string_view> pieces) const = 0;
};

}  // namespace gateway::egress
