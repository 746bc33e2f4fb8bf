// verifier: SCRAM's keys by OpenSSL.
#include "gateway/accounts/verifier.h"

#include "gateway/accounts/limits.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <gsasl.h>
#include <memory>
#include <stdexcept>

namespace gateway::accounts {

namespace {

constexpr std::string_view scheme = "SCRAM-SHA-256$";
constexpr std::size_t digest = 32;  // octets of SHA-256

const unsigned char* octets(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string prepared(std::string_view password)
{
    char* out = nullptr;
    const std::string zero_ended(password);
    if (gsasl_saslprep(zero_ended.c_str(), GSASL_ALLOW_UNASSIGNED, &out, nullptr) != GSASL_OK) return zero_ended;
    const std::unique_ptr<char, decltype(&gsasl_free)> owned(out, gsasl_free);
    return out;
}

std::string sha256(std::string_view text)
{
    std::string result(digest, '\0');
    EVP_Digest(
        text.data(), text.size(), reinterpret_cast<unsigned char*>(result.data()), nullptr, EVP_sha256(), nullptr);
    return result;
}

// RFC 5802 3: SaltedPassword, ClientKey, StoredKey, ServerKey.
Verifier derive(std::string_view password, std::string salt, int iterations)
{
    const auto plain = prepared(password);
    std::string salted(digest, '\0');
    const int done =
        PKCS5_PBKDF2_HMAC(plain.data(), static_cast<int>(plain.size()), octets(salt), static_cast<int>(salt.size()),
            iterations, EVP_sha256(), static_cast<int>(digest), reinterpret_cast<unsigned char*>(salted.data()));
    if (done != 1) throw std::runtime_error("accounts: PBKDF2 failed");
    return {iterations, std::move(salt), sha256(hmac(salted, "Client Key")), hmac(salted, "Server Key")};
}

}  // namespace

std::string Verifier::text() const
{
    return fmt::format("{}{}:{}${}:{}", scheme, iterations, base64(salt), base64(stored_key), base64(server_key));
}

std::optional<Verifier> parse_verifier(std::string_view text)
{
    if (!text.starts_with(scheme)) return std::nullopt;
    text.remove_prefix(scheme.size());
    const auto dollar = text.find('$');
    const auto first_colon = text.find(':');
    const auto last_colon = text.rfind(':');
    if (dollar == text.npos || first_colon > dollar || last_colon < dollar) return std::nullopt;
    Verifier verifier;
    const auto [end, error] = std::from_chars(text.data(), text.data() + first_colon, verifier.iterations);
    const auto salt = from_base64(text.substr(first_colon + 1, dollar - first_colon - 1));
    const auto stored = from_base64(text.substr(dollar + 1, last_colon - dollar - 1));
    const auto server = from_base64(text.substr(last_colon + 1));
    if (error != std::errc{} || end != text.data() + first_colon || verifier.iterations < 1) return std::nullopt;
    if (!salt || !stored || !server || stored->size() != digest || server->size() != digest) return std::nullopt;
    verifier.salt = *salt;
    verifier.stored_key = *stored;
    verifier.server_key = *server;
    return verifier;
}

std::string make_verifier(std::string_view password)
{
    return derive(password, random_octets(salt_octets), iterations).text();
}

bool verify(std::string_view password, std::string_view verifier)
{
    const auto known = parse_verifier(verifier);
    if (!known) return false;
    const auto given = derive(password, known->salt, known->iterations);
    return CRYPTO_memcmp(given.stored_key.data(), known->stored_key.data(), digest) == 0;
}

std::string base64(std::string_view text)
{
    std::string result(4 * ((text.size() + 2) / 3) + 1, '\0');  // EVP writes a zero behind
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()), octets(text), static_cast<int>(text.size()));
    result.resize(static_cast<std::size_t>(size));
    return result;
}

std::optional<std::string> from_base64(std::string_view text)
{
    if (text.size() % 4 != 0) return std::nullopt;
    std::string result(text.size() / 4 * 3, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(result.data()), octets(text), static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    const auto padding = text.ends_with("==") ? 2U : text.ends_with("=") ? 1U : 0U;
    result.resize(static_cast<std::size_t>(size) - padding);
    return result;
}

std::string random_octets(std::size_t count)
{
    std::string result(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(result.data()), static_cast<int>(count)) != 1)
        throw std::runtime_error("accounts: no randomness");
    return result;
}

std::string hmac(std::string_view key, std::string_view message)
{
    std::string result(digest, '\0');
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(message), message.size(),
        reinterpret_cast<unsigned char*>(result.data()), nullptr);
    return result;
}

}  // namespace gateway::accounts
