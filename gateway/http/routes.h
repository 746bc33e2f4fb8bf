// routes: which handler answers which method at which path.
#pragma once

#include "gateway/http/call.h"

#include <string>
#include <vector>

namespace gateway::http {

enum class Access { everyone, account };

struct Route {
    std::string_view method;
    std::string_view pattern;  // "/v1/messages/{id}": a segment in braces takes anything but ""
    Handler handler;
    Access access;
};

struct Match {
    const Route* route = nullptr;
    std::vector<std::string> arguments;
    std::string allowed;  // no such method here, but these: "GET, HEAD, PUT"; "" when nothing is here
};

// HEAD is answered as GET where there is no HEAD of its own.
[[nodiscard]] Match find_route(std::string_view method, const std::vector<std::string>& path);

}  // namespace gateway::http
