// dkim: a Signer with the keys of our domains: rsa-sha256 and ed25519-sha256, relaxed/relaxed, RFC 6376, RFC 8301, RFC
// 8463.
#pragma once

#include "gateway/egress/signer.h"

#include <vector>

namespace gateway::egress {

class DkimSigner final : public Signer {
public:
    explicit DkimSigner(std::vector<authentication::SigningKey> keys) : keys_(std::move(keys)) {}

    std::string sign(std::string_view domain, std::span<const std::string_view> pieces) const override;
    // By the RSA key where there is one: more verifiers know it, and a set has one signature only.
    std::string seal(std::string_view domain, std::span<const std::string_view> pieces,
        const authentication::Sealing& sealing) const override;

private:
    std::vector<authentication::SigningKey> keys_;
};

}  // namespace gateway::egress
