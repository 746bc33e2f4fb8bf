// signer: the port by which outgoing mail is signed and sealed.
#pragma once

#include "gateway/authentication/arc.h"

#include <span>
#include <string>
#include <string_view>

namespace gateway::egress {

// CPU only (about a millisecond); safe to call from several threads. `pieces` joined are the mail.
class Signer {
public:
    virtual ~Signer() = default;
    // The DKIM-Signature fields to put on top, one for each key of `domain`, CRLF at the end of each; "" when there is
    // no key, or the mail is no mail.
    [[nodiscard]] virtual std::string sign(std::string_view domain, std::span<const std::string_view> pieces) const = 0;
    // The ARC set to put on top of mail of somebody else that `domain` sends on, likewise; after sign(), whose fields
    // it covers.
    [[nodiscard]] virtual std::string seal(std::string_view domain, std::span<const std::string_view> pieces,
        const authentication::Sealing& sealing) const = 0;
};

}  // namespace gateway::egress
