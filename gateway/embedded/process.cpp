// process: fork, drop, exec; and /proc.
#include "gateway/embedded/process.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <grp.h>
#include <pwd.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace gateway::embedded {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

struct Descriptor {
    explicit Descriptor(int number) : number(number) {}

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    ~Descriptor()
    {
        if (number >= 0) ::close(number);
    }

    int number;
};

// In the child, between fork and exec: only calls that are safe after the fork of a threaded
// process.
[[noreturn]] void become(char* const* arguments, char* const* environment, int folder, int input, int output,
    const Identity& identity, pid_t parent)
{
    ::setsid();
    // The descriptors may have any number, 3 too: so first those that go to 0 to 2.
    const bool placed = ::dup2(input, 0) == 0 && ::dup2(output, 1) == 1 && ::dup2(output, 2) == 2 &&
                        (folder == folder_descriptor ? ::fcntl(folder, F_SETFD, 0) == 0
                                                     : ::dup2(folder, folder_descriptor) == folder_descriptor);
    if (!placed || ::chdir("/") != 0) ::_exit(126);
    ::syscall(SYS_close_range, static_cast<unsigned>(folder_descriptor) + 1, ~0U, 0U);
    if (identity.other) {
        if (::setgroups(0, nullptr) != 0 || ::setgid(identity.group) != 0 || ::setuid(identity.user) != 0) ::_exit(126);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGINT);  // after setuid, which forgets it
    if (::getppid() != parent) ::_exit(126);
    ::signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(arguments[0], arguments, environment);
    ::_exit(127);
}

int pipe_with(const std::string& input)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
    const Descriptor writing(ends[1]);
    if (::write(ends[1], input.data(), input.size()) != static_cast<ssize_t>(input.size())) {
        ::close(ends[0]);
        fail("pipe");
    }
    return ends[0];
}

}  // namespace

Identity database_identity()
{
    if (::geteuid() != 0) return {::geteuid(), ::getegid(), false};
    for (const auto* name : {"postgres", "nobody"}) {
        if (const auto* entry = ::getpwnam(name)) return {entry->pw_uid, entry->pw_gid, true};
    }
    throw std::runtime_error("embedded database: run as root, and there is neither a user postgres nor nobody");
}

pid_t spawn(const Program& program)
{
    std::vector<char*> arguments;
    for (const auto& argument : program.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    std::string variables[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"};
    char* environment[] = {variables[0].data(), variables[1].data(), variables[2].data(), nullptr};

    const Descriptor folder(::open(program.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.number < 0) fail(program.folder);
    const Descriptor output(::open(program.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (output.number < 0) fail(program.output);
    const Descriptor input(pipe_with(program.input));
    const auto parent = ::getpid();
    const auto child = ::fork();
    if (child < 0) fail("fork");
    if (child == 0)
        become(arguments.data(), environment, folder.number, input.number, output.number, program.identity, parent);
    return child;
}

bool run(const Program& program)
{
    const auto child = spawn(program);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) fail("waitpid");
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::vector<pid_t> working_in(const fs::path& folder, const std::string& name)
{
    std::vector<pid_t> found;
    std::error_code gone;  // processes come and go while one looks
    for (const auto& entry : fs::directory_iterator("/proc", gone)) {
        const auto number = entry.path().filename().string();
        pid_t process = 0;
        const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), process);
        if (error != std::errc{} || end != number.data() + number.size()) continue;
        std::string command;
        std::getline(std::ifstream(entry.path() / "comm"), command);
        if (command != name) continue;
        std::error_code unreadable;
        if (fs::equivalent(entry.path() / "cwd", folder, unreadable) && !unreadable) found.push_back(process);
    }
    return found;
}

bool alive(pid_t process)
{
    if (::kill(process, 0) != 0 && errno == ESRCH) return false;
    // A zombie answers signals too; it holds nothing any more.
    std::string state;
    std::getline(std::ifstream("/proc/" + std::to_string(process) + "/stat"), state);
    const auto name_end = state.rfind(')');
    return name_end == state.npos || state.substr(name_end + 1, 2) != " Z";
}

}  // namespace gateway::embedded
