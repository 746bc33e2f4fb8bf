// hash: SHA-256 as the store uses it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gateway::store {

[[nodiscard]] std::string sha256(std::string_view octets);        // 32 octets
[[nodiscard]] std::string to_hex(std::string_view octets);        // lower case
[[nodiscard]] std::string from_hex(std::string_view hex);         // "" when it is no hex
[[nodiscard]] std::int64_t message_id_hash(std::string_view id);  // msgid.hash of a Message-ID without brackets
[[nodiscard]] std::string random_token();                         // 32 characters a-z2-7, from the system's generator

}  // namespace gateway::store
