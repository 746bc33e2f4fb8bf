// admin: what administrators do over HTTP: /v1/admin/. One table of resources; gateway/admin.h does the work.
#pragma once

#include "gateway/http/routes.h"

#include <span>

namespace gateway::http::admin {

[[nodiscard]] std::span<const Route> routes();

}  // namespace gateway::http::admin
