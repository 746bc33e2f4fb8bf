// dkim: a Signer by libopendkim: rsa-sha256, relaxed/relaxed, RFC 6376, RFC 8301.
#include "gateway/egress/dkim.h"

#include "gateway/egress/opendkim.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace gateway::egress {
namespace {

// RFC 6376 5.4.1, and RFC 8058 4 for the last two.
const char* const signed_fields[] = {
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    nullptr,
};
const char* const oversigned_fields[] = {"From", nullptr};

constexpr int shortest_key = 1024;  // bits, RFC 8301 3.2

struct Release {
    void operator()(DKIM* handle) const { dkim_free(handle); }
};

using Handle = std::unique_ptr<DKIM, Release>;

// The library's interface predates const; it changes neither names nor keys.
unsigned char* octets(const std::string& text)
{
    return reinterpret_cast<unsigned char*>(const_cast<char*>(text.c_str()));
}

void set_option(DKIM_LIB* library, dkim_opts_t option, const char* const* fields)
{
    auto* value = const_cast<char**>(fields);
    if (dkim_options(library, DKIM_OP_SETOPT, option, static_cast<void*>(value), sizeof(char**)) !=
        DKIM_STAT_OK)
        throw std::runtime_error("libopendkim refuses the list of signed fields");
}

Handle start(DKIM_LIB* library, const DkimKey& key)
{
    DKIM_STAT status = DKIM_STAT_OK;
    const std::string id = "egress";
    Handle handle(dkim_sign(
        library,
        octets(id),
        nullptr,
        octets(key.pem),
        octets(key.selector),
        octets(key.domain),
        DKIM_CANON_RELAXED,
        DKIM_CANON_RELAXED,
        DKIM_SIGN_RSASHA256,
        -1,
        &status
    ));
    return status == DKIM_STAT_OK ? std::move(handle) : nullptr;
}

// libopendkim leaks what it has read of a key that it then refuses, and says nothing of why.
bool is_rsa_key(const std::string& pem)
{
    const std::unique_ptr<BIO, decltype(&BIO_free)> text(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free
    );
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free
    );
    return key && EVP_PKEY_is_a(key.get(), "RSA") == 1 &&
           EVP_PKEY_get_bits(key.get()) >= shortest_key;
}

std::string signature_of(DKIM* handle, std::span<const std::string_view> pieces)
{
    constexpr std::string_view name = "DKIM-Signature: ";
    for (const auto piece : pieces) {
        auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data()));
        if (!piece.empty() && dkim_chunk(handle, bytes, piece.size()) != DKIM_STAT_OK) return {};
    }
    if (dkim_chunk(handle, nullptr, 0) != DKIM_STAT_OK || dkim_eom(handle, nullptr) != DKIM_STAT_OK)
        return {};
    unsigned char* value = nullptr;
    std::size_t length = 0;
    if (dkim_getsighdr_d(handle, name.size(), &value, &length) != DKIM_STAT_OK) return {};
    return std::string(name) + std::string(reinterpret_cast<const char*>(value), length) + "\r\n";
}

}  // namespace

struct DkimSigner::Library {
    Library() : handle(dkim_init(nullptr, nullptr))
    {
        if (handle == nullptr) throw std::runtime_error("libopendkim does not start");
        set_option(handle, DKIM_OPTS_SIGNHDRS, signed_fields);
        set_option(handle, DKIM_OPTS_OVERSIGNHDRS, oversigned_fields);
    }

    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    ~Library() { dkim_close(handle); }

    DKIM_LIB* handle;
};

std::string read_key_file(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file || text.empty()) throw std::runtime_error("cannot read the DKIM key " + path);
    return text;
}

DkimSigner::DkimSigner(std::vector<DkimKey> keys)
    : library_(std::make_unique<Library>()), keys_(std::move(keys))
{
    constexpr std::string_view trial = "From: a@b.test\r\n\r\n\r\n";
    for (const auto& key : keys_)
        if (!is_rsa_key(key.pem) || sign(key.domain, std::span(&trial, 1)).empty())
            throw std::runtime_error(
                "the DKIM key of " + key.domain +
                " cannot be used: it is no RSA private key in PEM, or too short"
            );
}

DkimSigner::~DkimSigner() = default;

std::string
DkimSigner::sign(std::string_view domain, std::span<const std::string_view> pieces) const
{
    const auto key = std::find_if(keys_.begin(), keys_.end(), [&](const DkimKey& k) {
        return k.domain == domain;
    });
    if (key == keys_.end()) return {};
    const auto handle = start(library_->handle, *key);
    return handle ? signature_of(handle.get(), pieces) : std::string();
}

}  // namespace gateway::egress
