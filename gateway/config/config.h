// config: reads the configuration: the defaults, then the file, then the environment.
#pragma once

#include "gateway/config/settings.h"

#include <tl/expected.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::config {

struct Problem {
    int line = 0;      // of the file; 0: the environment, or the whole
    std::string text;  // "egress.undo: \"10 apples\" is no duration, …"
    bool operator==(const Problem&) const = default;
};

using Environment = std::function<std::optional<std::string>(const std::string& variable)>;

// The process's own.
Environment process_environment();

// `text` is the file's content. All problems at once, by line.
tl::expected<Settings, std::vector<Problem>> parse(std::string_view text, const Environment& environment);

// Relative file names in the file are relative to the file's folder, except server.data, which is
// relative to the working directory. `path` "": the defaults and the environment. A file that
// cannot be read is a problem of line 0.
tl::expected<Settings, std::vector<Problem>> load(const std::string& path, const Environment& environment);

// "conf/gateway.toml:12: egress.undo: …", one a line.
std::string described(const std::string& path, const std::vector<Problem>& problems);

}  // namespace gateway::config
