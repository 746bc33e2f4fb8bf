// sink: where an export goes: files in a directory, or the entries of a tar.
#pragma once

#include "gateway/boxes/mail.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::boxes {

class Sink {
public:
    virtual ~Sink() = default;
    // A directory, with those above it.
    virtual void directory(const std::string& path) = 0;
    // Whole or not at all; one that is there is written anew.
    virtual void file(const std::string& path, std::string_view bytes, Time modified) = 0;
    // Names of the files that lie in that directory from an earlier run.
    [[nodiscard]] virtual std::vector<std::string> names(const std::string& directory) = 0;
    // Called last: everything is on the disk afterwards.
    virtual void finish() = 0;
};

// Continues what is there. Throws std::system_error, std::filesystem::filesystem_error.
[[nodiscard]] std::unique_ptr<Sink> directory_sink(const std::string& path);
// POSIX.1-2001 (pax). Written beside, as "path.part", and put in its place by finish(). Throws std::runtime_error.
[[nodiscard]] std::unique_ptr<Sink> tar_sink(const std::string& path);

}  // namespace gateway::boxes
