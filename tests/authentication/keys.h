// keys: keys made once for all tests, and the records that publish them.
#pragma once

#include "gateway/authentication/sign.h"

namespace authentication_test {

inline constexpr std::chrono::sys_seconds moment{std::chrono::seconds(1'790'000'000)};

inline gateway::authentication::SigningKey rsa(const std::string& domain = "one.test")
{
    static const auto key = gateway::authentication::PrivateKey::make(gateway::authentication::KeyType::rsa);
    return {domain, "r", key};
}

inline gateway::authentication::SigningKey ed25519(const std::string& domain = "one.test")
{
    static const auto key = gateway::authentication::PrivateKey::make(gateway::authentication::KeyType::ed25519);
    return {domain, "e", key};
}

inline std::string record_of(const gateway::authentication::SigningKey& key)
{
    return "v=DKIM1; k=" + std::string(name_of(key.key.type())) +
           "; p=" + gateway::authentication::encode_base64(key.key.public_octets());
}

}  // namespace authentication_test
