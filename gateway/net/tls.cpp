// tls: certificates and the two OpenSSL contexts. Only this file and connection.cpp see OpenSSL's
// TLS.
#include "gateway/net/tls.h"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <new>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace gateway::net {

namespace {

[[noreturn]] void fail(const std::string& what)
{
    char reason[256] = "unknown reason";
    if (const auto code = ERR_get_error()) ERR_error_string_n(code, reason, sizeof reason);
    ERR_clear_error();
    throw std::runtime_error(fmt::format("tls: {}: {}", what, reason));
}

std::shared_ptr<SSL_CTX> context(const SSL_METHOD* method)
{
    std::shared_ptr<SSL_CTX> made(SSL_CTX_new(method), SSL_CTX_free);
    if (!made) throw std::bad_alloc();
    SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
    // A peer that closes without close_notify ends its stream; the protocols above have their own
    // ends.
    SSL_CTX_set_options(made.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(
        made.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return made;
}

std::shared_ptr<SSL_CTX> server_context(const CertificateFiles& files)
{
    auto made = context(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(made.get(), files.certificate.c_str()) != 1)
        fail("certificate " + files.certificate);
    if (SSL_CTX_use_PrivateKey_file(made.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) fail("key " + files.key);
    if (SSL_CTX_check_private_key(made.get()) != 1) fail("key and certificate");
    // Resumption by tickets alone: a cache would grow with every client.
    SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(made.get(), reinterpret_cast<const unsigned char*>("e2"), 2);
    SSL_CTX_set_num_tickets(made.get(), 1);
    return made;
}

std::string alternative_names(const std::vector<std::string>& names)
{
    std::string list;
    for (const auto& name : names) {
        boost::system::error_code not_an_address;
        boost::asio::ip::make_address(name, not_an_address);
        list += fmt::format("{}{}:{}", list.empty() ? "" : ",", not_an_address ? "DNS" : "IP", name);
    }
    return list;
}

void extend(X509* certificate, int kind, const std::string& value)
{
    std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()), X509_EXTENSION_free);
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) fail("certificate for " + value);
}

std::FILE* create(const std::string& path, mode_t mode)
{
    const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, mode);
    std::FILE* stream = file < 0 ? nullptr : ::fdopen(file, "w");
    if (!stream) throw std::runtime_error("tls: cannot write " + path);
    return stream;
}

void write_pem(const CertificateFiles& files, X509* certificate, EVP_PKEY* key)
{
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> secret(create(files.key, 0600), std::fclose);
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> open(create(files.certificate, 0644), std::fclose);
    if (PEM_write_PrivateKey(secret.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) fail(files.key);
    if (PEM_write_X509(open.get(), certificate) != 1) fail(files.certificate);
}

}  // namespace

void make_self_signed(const CertificateFiles& files, const std::vector<std::string>& names)
{
    namespace fs = std::filesystem;
    if (fs::exists(files.certificate) && fs::exists(files.key)) return;
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    if (!key || !certificate) fail("key generation");
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate.get()), ::time(nullptr));
    constexpr long ten_years = 10L * 365 * 24 * 3600;
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), ten_years);
    X509_set_pubkey(certificate.get(), key.get());
    auto* subject = X509_get_subject_name(certificate.get());
    const auto common_name = names.at(0).substr(0, 64);  // X.520's upper bound; the full name is in the extension
    X509_NAME_add_entry_by_txt(
        subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    extend(certificate.get(), NID_subject_alt_name, alternative_names(names));
    extend(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) fail("signing");
    write_pem(files, certificate.get(), key.get());
}

void TlsContext::Free::operator()(SSL* ssl) const
{
    SSL_free(ssl);
}

TlsContext::TlsContext(CertificateFiles files)
    : files_(std::move(files)), server_(server_context(files_)), client_(context(TLS_client_method()))
{
    SSL_CTX_set_verify(client_.get(), SSL_VERIFY_NONE, nullptr);
}

void TlsContext::reload()
{
    auto fresh = server_context(files_);
    const std::lock_guard lock(mutex_);
    server_.swap(fresh);
}

std::unique_ptr<SSL, TlsContext::Free> TlsContext::open(Side side) const
{
    const std::lock_guard lock(mutex_);
    std::unique_ptr<SSL, Free> ssl(SSL_new(side == Side::server ? server_.get() : client_.get()));
    if (!ssl) throw std::bad_alloc();
    return ssl;
}

}  // namespace gateway::net
