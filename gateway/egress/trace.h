// trace: the one Received field that outgoing mail carries, without the client's address. RFC
// 5321 4.4.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace gateway::egress {

[[nodiscard]] std::string received_field(const std::string& hostname, std::int64_t id, std::chrono::sys_seconds now);

}  // namespace gateway::egress
