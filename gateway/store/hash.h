// hash: SHA-256 as the store uses it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace gateway::store {

[[nodiscard]] std::string sha256(std::string_view octets);  // 32 octets
// The same of what comes piece by piece.
class Sha256 {
public:
    Sha256();
    void add(std::string_view octets);
    [[nodiscard]] std::string digest();  // 32 octets; the last call

private:
    std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

[[nodiscard]] std::string to_hex(std::string_view octets);        // lower case
[[nodiscard]] std::string from_hex(std::string_view hex);         // "" when it is no hex
[[nodiscard]] std::int64_t message_id_hash(std::string_view id);  // msgid.hash of a Message-ID without brackets
[[nodiscard]] std::string random_token();                         // 32 characters a-z2-7, from the system's generator

}  // namespace gateway::store
