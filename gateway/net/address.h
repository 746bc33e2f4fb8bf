// address: "host:port" as it stands in the configuration.
#pragma once

#include <tl/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace gateway::net {

struct HostPort {
    std::string host;  // a name, "127.0.0.1", "::1" (without brackets), or "*"
    std::uint16_t port = 0;
    [[nodiscard]] std::string text() const;  // brackets put back
    bool operator==(const HostPort&) const = default;
};

// "127.0.0.1:25", "[::1]:25", "mail.one.test:25", "*:25" (every address). The error is a sentence.
// Port 0: any free one.
tl::expected<HostPort, std::string> host_port(std::string_view text);

}  // namespace gateway::net
