// sha256: see sha256.h.

#include "gateway/mapping/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <new>

namespace gateway::mapping {

std::string sha256_hex(std::string_view octets)
{
    std::array<unsigned char, 32> digest{};
    if (EVP_Digest(octets.data(), octets.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
        throw std::bad_alloc();
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(64);
    for (const auto octet : digest) {
        hex += digits[octet >> 4];
        hex += digits[octet & 15];
    }
    return hex;
}

}  // namespace gateway::mapping
