// keys: hashes, signatures and keys, by OpenSSL.
#include "gateway/authentication/keys.h"

#include "gateway/authentication/limits.h"
#include "gateway/authentication/tags.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <stdexcept>

namespace gateway::authentication {
namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* thing) const
    {
        Free(thing);
    }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using MdContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

constexpr std::size_t ed25519_octets = 32;  // RFC 8032 5.1.5

const EVP_MD* of(Hash hash)
{
    return hash == Hash::sha1 ? EVP_sha1() : EVP_sha256();
}
const unsigned char* octets_of(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets_of(std::string& text)
{
    return reinterpret_cast<unsigned char*>(text.data());
}

std::shared_ptr<EVP_PKEY> owned(EVP_PKEY* key)
{
    ERR_clear_error();  // a key that cannot be read is no news for whoever looks at the queue later
    return {key, EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> read_rsa(std::string_view der)
{
    const auto* at = octets_of(der);
    if (auto key = owned(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()))))
        return EVP_PKEY_is_a(key.get(), "RSA") == 1 ? key : nullptr;
    at = octets_of(der);
    return owned(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
}

int exponent_bits(EVP_PKEY* key)
{
    BIGNUM* exponent = nullptr;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) return INT_MAX;
    const int bits = BN_num_bits(exponent);
    BN_free(exponent);
    return bits;
}

std::string text_of(const Bio& bio)
{
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

}  // namespace

std::string_view name_of(KeyType type)
{
    return type == KeyType::rsa ? "rsa" : "ed25519";
}

Digest::Digest(Hash hash) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free)
{
    if (context_ == nullptr || EVP_DigestInit_ex(context_.get(), of(hash), nullptr) != 1) throw std::bad_alloc();
}

void Digest::update(std::string_view octets)
{
    EVP_DigestUpdate(context_.get(), octets.data(), octets.size());
}

std::string Digest::finish()
{
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    EVP_DigestFinal_ex(context_.get(), octets_of(digest), &length);
    digest.resize(length);
    return digest;
}

std::string encode_base64(std::string_view octets)
{
    std::string text((octets.size() + 2) / 3 * 4 + 1, '\0');  // and the zero that OpenSSL writes
    EVP_EncodeBlock(octets_of(text), octets_of(octets), static_cast<int>(octets.size()));
    text.pop_back();
    return text;
}

std::optional<std::string> decode_base64(std::string_view text)
{
    const auto packed = without_spaces(text);
    if (packed.size() % 4 != 0 || packed.size() > INT_MAX / 2) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < packed.size() && packed[packed.size() - 1 - padding] == '=') ++padding;
    if (packed.find('=') < packed.size() - padding) return std::nullopt;
    std::string octets(packed.size() / 4 * 3, '\0');
    if (EVP_DecodeBlock(octets_of(octets), octets_of(packed), static_cast<int>(packed.size())) < 0) return std::nullopt;
    octets.resize(octets.size() - padding);
    return octets;
}

tl::expected<PublicKey, std::string> PublicKey::read(KeyType type, std::string_view octets)
{
    PublicKey read;
    read.type_ = type;
    if (type == KeyType::ed25519) {
        if (octets.size() == ed25519_octets)
            read.key_ = owned(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets_of(octets), octets.size()));
    } else {
        read.key_ = read_rsa(octets);
    }
    if (!read.key_) return tl::unexpected("the key is no " + std::string(name_of(type)) + " key");
    if (type == KeyType::rsa &&
        (read.bits() > limits::longest_rsa || exponent_bits(read.key_.get()) > limits::rsa_exponent))
        return tl::unexpected(std::string("the key is too long"));
    return read;
}

int PublicKey::bits() const
{
    return EVP_PKEY_get_bits(key_.get());
}

bool PublicKey::verifies(Hash hash, std::string_view digest, std::string_view signature) const
{
    bool good = false;
    if (type_ == KeyType::ed25519) {  // of the digest, by "PureEdDSA": RFC 8463 3
        const MdContext context(EVP_MD_CTX_new());
        good = context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
               EVP_DigestVerify(
                   context.get(), octets_of(signature), signature.size(), octets_of(digest), digest.size()) == 1;
    } else {
        const PkeyContext context(EVP_PKEY_CTX_new(key_.get(), nullptr));
        good = context && EVP_PKEY_verify_init(context.get()) == 1 &&
               EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(context.get(), of(hash)) == 1 &&
               EVP_PKEY_verify(
                   context.get(), octets_of(signature), signature.size(), octets_of(digest), digest.size()) == 1;
    }
    ERR_clear_error();
    return good;
}

tl::expected<PrivateKey, std::string> PrivateKey::read(std::string_view pem)
{
    const Bio text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const auto no_password = [](char*, int, int, void*) { return -1; };
    PrivateKey read;
    read.key_ = owned(PEM_read_bio_PrivateKey(text.get(), nullptr, no_password, nullptr));
    if (!read.key_) return tl::unexpected(std::string("it is no private key in PEM, or it is encrypted"));
    if (EVP_PKEY_is_a(read.key_.get(), "ED25519") == 1) read.type_ = KeyType::ed25519;
    else if (EVP_PKEY_is_a(read.key_.get(), "RSA") != 1)
        return tl::unexpected(std::string("it is neither an RSA nor an Ed25519 key"));
    else if (EVP_PKEY_get_bits(read.key_.get()) < limits::shortest_rsa)
        return tl::unexpected(std::string("it is too short"));
    return read;
}

PrivateKey PrivateKey::make(KeyType type)
{
    constexpr unsigned rsa_bits = 2048;  // RFC 8301 3.2; longer ones do not fit well into the DNS
    PrivateKey made;
    made.type_ = type;
    made.key_ = owned(type == KeyType::rsa ? EVP_RSA_gen(rsa_bits) : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    if (!made.key_) throw std::runtime_error("OpenSSL makes no key");
    return made;
}

std::string PrivateKey::pem() const
{
    const Bio text(BIO_new(BIO_s_mem()));
    PEM_write_bio_PKCS8PrivateKey(text.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(text);
}

std::string PrivateKey::public_octets() const
{
    if (type_ == KeyType::ed25519) {
        std::string octets(ed25519_octets, '\0');
        auto length = octets.size();
        EVP_PKEY_get_raw_public_key(key_.get(), octets_of(octets), &length);
        return octets;
    }
    unsigned char* der = nullptr;
    const int length = i2d_PUBKEY(key_.get(), &der);
    std::string octets(reinterpret_cast<const char*>(der), static_cast<std::size_t>(std::max(length, 0)));
    OPENSSL_free(der);
    return octets;
}

std::string PrivateKey::sign(std::string_view sha256) const
{
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    auto length = signature.size();
    bool good = false;
    if (type_ == KeyType::ed25519) {
        const MdContext context(EVP_MD_CTX_new());
        good = context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
               EVP_DigestSign(context.get(), octets_of(signature), &length, octets_of(sha256), sha256.size()) == 1;
    } else {
        const PkeyContext context(EVP_PKEY_CTX_new(key_.get(), nullptr));
        good = context && EVP_PKEY_sign_init(context.get()) == 1 &&
               EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1 &&
               EVP_PKEY_sign(context.get(), octets_of(signature), &length, octets_of(sha256), sha256.size()) == 1;
    }
    if (!good) throw std::runtime_error("OpenSSL does not sign");
    signature.resize(length);
    return signature;
}

}  // namespace gateway::authentication
