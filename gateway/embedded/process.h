// process: starting a program as somebody else, and looking for what an earlier run has left.
// Linux.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace gateway::embedded {

// Who the database runs as: never root.
struct Identity {
    uid_t user = 0;
    gid_t group = 0;
    bool other = false;  // not who this process is: privileges are dropped
};

// `postgres` or else `nobody` when this process is root; otherwise itself. Throws
// std::runtime_error when neither exists.
Identity database_identity();

// In a started program: whatever it runs as, it reaches its folder by /proc/self/fd/3 without
// having to be able to walk there.
inline constexpr int folder_descriptor = 3;

struct Program {
    std::vector<std::string> arguments;  // [0] is the path
    std::filesystem::path folder;        // its working directory, entered before privileges are dropped
    std::filesystem::path output;        // both outputs, appended
    std::string input;                   // all of its standard input; short (a pipe's worth)
    Identity identity;
};

// Its process id. It begins in /, gets an own session (Ctrl-C is not for it) and none of our
// descriptors, and is asked to stop (SIGINT) when the calling *thread* ends. Throws
// std::system_error.
pid_t spawn(const Program& program);
// Starts and waits; true when it exited with 0.
bool run(const Program& program);

// The processes named `name` that work in `folder`.
std::vector<pid_t> working_in(const std::filesystem::path& folder, const std::string& name);
bool alive(pid_t process);

}  // namespace gateway::embedded
