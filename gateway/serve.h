// serve: puts the services of one process together: who listens where, and what stands behind.
#pragma once

#include "gateway/admin.h"
#include "gateway/runtime.h"

namespace gateway {

// Blocks until SIGTERM or SIGINT; the exit code. Throws when it cannot start.
int serve(const Settings& settings, Runtime::Reload reload);

// What the commands work on. Brings the schema up to date; throws when the database is away.
std::unique_ptr<Admin> open_admin(const Settings& settings, const std::string& database_url);

}  // namespace gateway
