// keys: hashes, signatures and keys of DKIM and ARC: rsa-sha256 and ed25519-sha256, RFC 6376 3.3, RFC 8301, RFC 8463.
#pragma once

#include <tl/expected.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;
struct evp_pkey_st;

namespace gateway::authentication {

enum class Hash { sha256, sha1 };
enum class KeyType { rsa, ed25519 };

[[nodiscard]] std::string_view name_of(KeyType type);  // "rsa", "ed25519", as in k= and in front of "-sha256"

// A hash in the making. Throws std::bad_alloc when OpenSSL has no memory.
class Digest {
public:
    explicit Digest(Hash hash);
    void update(std::string_view octets);
    [[nodiscard]] std::string finish();  // once

private:
    std::shared_ptr<evp_md_ctx_st> context_;
};

[[nodiscard]] std::string encode_base64(std::string_view octets);
// White space is skipped; nullopt for anything else that is no base64.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

class PublicKey {
public:
    // Of p= in a key record, RFC 6376 3.6.1, RFC 8463 4: SubjectPublicKeyInfo or RSAPublicKey, or the 32 octets of
    // Ed25519. What is wrong with it, for people.
    [[nodiscard]] static tl::expected<PublicKey, std::string> read(KeyType type, std::string_view octets);

    [[nodiscard]] int bits() const;
    [[nodiscard]] KeyType type() const { return type_; }
    // Whether `signature` signs data with that digest.
    [[nodiscard]] bool verifies(Hash hash, std::string_view digest, std::string_view signature) const;

private:
    KeyType type_ = KeyType::rsa;
    std::shared_ptr<evp_pkey_st> key_;
};

class PrivateKey {
public:
    // From PEM, PKCS#1 or PKCS#8. What is wrong with it, for people.
    [[nodiscard]] static tl::expected<PrivateKey, std::string> read(std::string_view pem);
    [[nodiscard]] static PrivateKey make(KeyType type);  // RSA with 2048 bits. Throws std::runtime_error.

    [[nodiscard]] KeyType type() const { return type_; }
    [[nodiscard]] std::string pem() const;                          // PKCS#8
    [[nodiscard]] std::string public_octets() const;                // as p= has them
    [[nodiscard]] std::string sign(std::string_view sha256) const;  // safe from several threads

private:
    KeyType type_ = KeyType::rsa;
    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace gateway::authentication
