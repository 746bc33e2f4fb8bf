// cli: the command line. Exit codes: 0, 1 (failed), 2 (usage).
#pragma once

#include "gateway/admin.h"
#include "gateway/config/settings.h"
#include "gateway/runtime.h"

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace gateway::cli {

// What stands behind the commands. A command whose part is empty does not exist.
struct Parts {
    // Serves until it is told to stop.
    std::function<int(const Settings&, Runtime::Reload)> serve;
    // Opens the store at libpq's connection string, its schema brought up to date. Throws when it
    // cannot.
    std::function<std::unique_ptr<Admin>(const Settings&, const std::string& database_url)> admin;
};

struct Streams {
    std::istream& in;
    std::ostream& out;
    std::ostream& error;
};

// `arguments` without the program's name.
int run(std::vector<std::string> arguments, const Parts& parts, const Streams& streams);

}  // namespace gateway::cli
