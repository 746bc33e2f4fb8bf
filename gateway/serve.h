// serve: puts the services of one process together: who listens where, and what stands behind.
#pragma once

#include "gateway/runtime.h"

namespace gateway {

// Blocks until SIGTERM or SIGINT; the exit code. Throws when it cannot start.
int serve(const Settings& settings, Runtime::Reload reload);

}  // namespace gateway
