// sha256: the name of octets, FIPS 180-4.
#pragma once

#include <string>
#include <string_view>

namespace gateway::mapping {

// 64 lower-case hex digits. Throws std::bad_alloc when OpenSSL has no memory.
[[nodiscard]] std::string sha256_hex(std::string_view octets);

}  // namespace gateway::mapping
