// sasl: the port behind AUTH, RFC 4954 and RFC 4422. Who knows passwords stands behind it.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtp {

// One authentication exchange, base64 already undone.
class SaslExchange {
public:
    virtual ~SaslExchange() = default;
    // The next server challenge for the client's response (nullopt: no initial response was sent);
    // nullopt when the exchange is over: then see user().
    virtual boost::asio::awaitable<std::optional<std::string>> step(std::optional<std::string> response) = 0;
    // The authenticated account's address once it has succeeded; "" when it failed.
    [[nodiscard]] virtual std::string user() const = 0;
    // Why it failed, when it was not the password ("account suspended"); may be empty.
    [[nodiscard]] virtual std::string reason() const = 0;
};

class Sasl {
public:
    virtual ~Sasl() = default;
    // Mechanisms offered on such a connection, strongest first; none where plain text is not allowed.
    [[nodiscard]] virtual std::vector<std::string> mechanisms(bool encrypted, bool loopback) const = 0;
    // nullptr for a mechanism that is not offered there.
    virtual std::unique_ptr<SaslExchange> start(std::string_view mechanism, bool encrypted, bool loopback) = 0;
};

}  // namespace smtp
