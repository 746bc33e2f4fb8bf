// wire: what an IMAP session runs over; a socket with TLS in production, a script in tests.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace imap {

// One connection. Failures of the world (peer gone, deadline passed) are thrown as
// boost::system::system_error.
class Wire {
public:
    virtual ~Wire() = default;

    // Appends what has come (at least one octet, at most 64 KB) to `buffer`; false at the end of
    // the stream. Throws timed_out after `patience`. May be cancelled without loss while nothing
    // has come.
    virtual boost::asio::awaitable<bool> read(std::string& buffer, std::chrono::milliseconds patience) = 0;
    // Returns when all is handed to the system. Throws timed_out when the peer does not take it
    // within `patience`. `bytes` must outlive the call.
    virtual boost::asio::awaitable<void> write(std::string_view bytes, std::chrono::milliseconds patience) = 0;
    // The TLS handshake, as the side this wire is. The caller has seen to it that no plain input is
    // left (RFC 9051 6.2.1). `server_name`: of the peer, for SNI (client side only).
    virtual boost::asio::awaitable<void> start_tls(std::string server_name = {}) = 0;

    [[nodiscard]] virtual bool encrypted() const = 0;
    [[nodiscard]] virtual std::string tls_summary() const = 0;   // "TLSv1.3 TLS_AES_256_GCM_SHA384", "" without
    [[nodiscard]] virtual std::string peer_address() const = 0;  // "192.0.2.1" or "2001:db8::1"
    [[nodiscard]] virtual bool loopback() const = 0;
    virtual void close() = 0;
};

}  // namespace imap
