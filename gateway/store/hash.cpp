#include "gateway/store/hash.h"

#include "gateway/mapping/address_forms.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace gateway::store {

std::string sha256(std::string_view octets)
{
    std::string out(32, '\0');
    unsigned length = 0;
    if (EVP_Digest(octets.data(), octets.size(), reinterpret_cast<unsigned char*>(out.data()), &length, EVP_sha256(),
            nullptr) != 1)
        throw std::runtime_error("SHA-256 failed");
    return out;
}

Sha256::Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free)
{
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 failed");
}

void Sha256::add(std::string_view octets)
{
    if (EVP_DigestUpdate(context_.get(), octets.data(), octets.size()) != 1) throw std::runtime_error("SHA-256 failed");
}

std::string Sha256::digest()
{
    std::string out(32, '\0');
    unsigned length = 0;
    if (EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()), &length) != 1)
        throw std::runtime_error("SHA-256 failed");
    return out;
}

std::string to_hex(std::string_view octets)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const unsigned char c : octets) {
        out += digits[c >> 4];
        out += digits[c & 15];
    }
    return out;
}

std::string from_hex(std::string_view hex)
{
    const auto value = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    std::string out;
    if (hex.size() % 2 != 0) return out;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const int high = value(hex[i]), low = value(hex[i + 1]);
        if (high < 0 || low < 0) return {};
        out += static_cast<char>(high << 4 | low);
    }
    return out;
}

std::int64_t message_id_hash(std::string_view id)
{
    const auto digest = sha256(id);
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(digest[static_cast<std::size_t>(i)]);
    return static_cast<std::int64_t>(value);
}

std::string random_token()
{
    std::array<unsigned char, 20> octets{};
    if (RAND_bytes(octets.data(), octets.size()) != 1) throw std::runtime_error("no random numbers");
    return mapping::token_of({reinterpret_cast<const char*>(octets.data()), octets.size()});
}

}  // namespace gateway::store
