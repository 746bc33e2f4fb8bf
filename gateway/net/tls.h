// tls: certificates and the two OpenSSL contexts, one for listening and one for calling out. RFC
// 8996, RFC 7525.
//
// TLS 1.2 and later. Outgoing connections are opportunistic: encrypted, the peer's certificate not
// judged (RFC 3207 4.1).
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

namespace gateway::net {

enum class Side { server, client };

struct CertificateFiles {
    std::string certificate;  // PEM, the chain included, leaf first
    std::string key;          // PEM
};

// Makes a self-signed ECDSA P-256 certificate for `names` (host names and IP addresses), valid for
// ten years, and writes it with its key (mode 0600) unless both files are there. Throws
// std::runtime_error.
void make_self_signed(const CertificateFiles& files, const std::vector<std::string>& names);

// Shared by all connections. Thread-safe.
class TlsContext {
public:
    // Throws std::runtime_error, naming the file, when a file cannot be read or key and certificate
    // do not match.
    explicit TlsContext(CertificateFiles files);

    // Reads the files again; connections that exist keep what they have. On failure throws and
    // changes nothing.
    void reload();

    // A new session that holds its context. Never null; throws std::bad_alloc.
    struct Free {
        void operator()(SSL* ssl) const;
    };

    [[nodiscard]] std::unique_ptr<SSL, Free> open(Side side) const;

private:
    CertificateFiles files_;
    mutable std::mutex mutex_;
    std::shared_ptr<SSL_CTX> server_, client_;
};

}  // namespace gateway::net
