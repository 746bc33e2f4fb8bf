// connection: one open connection of the runner to a next hop.
#pragma once

#include "gateway/egress/runner.h"

#include <memory>
#include <string>

namespace gateway::egress {

struct Runner::Connection {
    Connection(std::unique_ptr<smtp::Wire> wire_, smtp::ClientSettings settings, std::string host_)
        : wire(std::move(wire_)), session(*wire, std::move(settings)), host(std::move(host_))
    {
    }

    std::unique_ptr<smtp::Wire> wire;
    smtp::ClientSession session;
    std::string host;
    std::size_t mails = 0;  // sent over it
};

}  // namespace gateway::egress
