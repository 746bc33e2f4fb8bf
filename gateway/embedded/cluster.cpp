// cluster: initdb, settings as measured for the store, and the rules for what a crash leaves
// behind.
//
// The server names its folder /proc/self/cwd: whoever it runs as need not be able to walk there (a
// checkout below /root).
#include "gateway/embedded/cluster.h"

#include "gateway/embedded/limits.h"

#include <fmt/format.h>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace gateway::embedded {

namespace fs = std::filesystem;

namespace {

constexpr auto own_folder = "/proc/self/fd/3";
static_assert(folder_descriptor == 3);
constexpr auto socket_name = ".s.PGSQL.5432";
constexpr std::uint64_t megabyte = 1024 * 1024;

std::string first_line(const fs::path& file)
{
    std::string line;
    std::getline(std::ifstream(file), line);
    return line;
}

// The programs of the version that made the cluster; for a new one, of the newest version.
fs::path find_programs(const fs::path& cluster)
{
    const auto version = first_line(cluster / "PG_VERSION");
    fs::path best;
    int best_version = 0;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", missing)) {
        const auto programs = entry.path() / "bin";
        const auto name = entry.path().filename().string();
        if (!fs::exists(programs / "postgres") || (!version.empty() && name != version)) continue;
        if (const int number = std::atoi(name.c_str()); number > best_version) {
            best_version = number;
            best = programs;
        }
    }
    if (!best.empty()) return best;
    throw std::runtime_error(
        fmt::format("embedded database: no PostgreSQL {}under /usr/lib/postgresql; install the package "
                    "postgresql-{}, or set store.url",
            version.empty() ? "" : version + " ", version.empty() ? "15" : version));
}

std::uint64_t memory()
{
    return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t free_disk(const fs::path& folder)
{
    struct statvfs facts{};

    if (::statvfs(folder.c_str(), &facts) != 0) return 0;
    return static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
}

std::string quoted(const std::string& value)
{
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

}  // namespace

Cluster::Cluster(const fs::path& data, Size size) : size_(size), identity_(database_identity())
{
    fs::create_directories(data);
    data_ = fs::canonical(data);
    folder_ = data_ / "postgres";
    log_ = data_ / "postgres.log";
    programs_ = find_programs(folder_);
    // The server must be able to walk from its folder to the sockets' beside it.
    if (identity_.other) fs::permissions(data_, fs::perms::others_exec, fs::perm_options::add);
    choose_socket_folder();
}

// DATA/run, or where its name is too long for a socket a private folder with a short name that is
// always the same.
void Cluster::choose_socket_folder()
{
    sockets_ = data_ / "run";
    if ((sockets_ / socket_name).native().size() > socket_path) {
        const auto hash = std::hash<std::string>{}(data_.native());
        // Not in a place that is swept of old files, where there is a choice.
        const fs::path parent = identity_.other && fs::exists("/run") ? "/run" : "/tmp";
        sockets_ = parent / fmt::format("e2-{}-{:016x}", identity_.user, hash);
    }
}

// For the database's user alone. One that somebody else has put there is refused.
void Cluster::make_folder(const fs::path& folder) const
{
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        throw std::system_error(errno, std::generic_category(), folder);

    struct stat facts{};

    if (::lstat(folder.c_str(), &facts) != 0) throw std::system_error(errno, std::generic_category(), folder);
    const bool ours = facts.st_uid == identity_.user || facts.st_uid == ::geteuid();
    if (!S_ISDIR(facts.st_mode) || !ours)
        throw std::runtime_error("embedded database: " + folder.string() + " belongs to somebody else");
    if (::chmod(folder.c_str(), 0700) != 0 || ::lchown(folder.c_str(), identity_.user, identity_.group) != 0)
        throw std::system_error(errno, std::generic_category(), folder);
}

Program Cluster::program(const std::string& name, const fs::path& folder) const
{
    return {{programs_ / name}, folder, log_, "", identity_};
}

void Cluster::create()
{
    make_folder(sockets_);
    if (fs::exists(folder_ / "PG_VERSION")) return;
    const auto unfinished = data_ / "postgres.new";
    fs::remove_all(unfinished);
    make_folder(unfinished);
    auto initdb = program("initdb", unfinished);
    for (const auto* argument : {"-D", own_folder, "-U", "email2", "-A", "trust", "-E", "UTF8", "--locale=C"})
        initdb.arguments.emplace_back(argument);
    if (size_ == Size::test) initdb.arguments.emplace_back("--no-sync");
    if (!run(initdb)) throw std::runtime_error("embedded database: initdb failed, see " + log_.string());
    auto single = program("postgres", unfinished);
    for (const auto* argument : {"--single", "-D", own_folder, "template1"}) single.arguments.emplace_back(argument);
    single.input = "create database email2;\n";
    if (!run(single)) throw std::runtime_error("embedded database: creating failed, see " + log_.string());
    fs::rename(unfinished, folder_);
}

void Cluster::clear_remains() const
{
    std::error_code ignored;
    if (fs::file_size(log_, ignored) > log_size && !ignored) fs::resize_file(log_, 0, ignored);
    const auto pid_file = folder_ / "postmaster.pid";
    const auto wait_for_all = [&](std::chrono::milliseconds patience) {
        const auto end = std::chrono::steady_clock::now() + patience;
        while (!working_in(folder_, "postgres").empty() && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(look_again);
        return working_in(folder_, "postgres");
    };
    const auto tell = [](const std::vector<pid_t>& processes, int signal) {
        for (const auto process : processes) ::kill(process, signal);
    };
    auto left = working_in(folder_, "postgres");
    const auto postmaster = static_cast<pid_t>(std::atol(first_line(pid_file).c_str()));
    if (std::find(left.begin(), left.end(), postmaster) != left.end()) {
        ::kill(postmaster, SIGINT);  // a gateway that was killed has left a sound server: it stops cleanly
        left = wait_for_all(until_stopped);
    }
    // Backends without their postmaster are lost in any case, and hold the shared memory.
    tell(left, SIGQUIT);
    left = left.empty() ? left : wait_for_all(until_dropped);
    tell(left, SIGKILL);
    if (!left.empty()) wait_for_all(until_dropped);
    // Nobody works here now. The server removes the file by itself unless the number has become
    // another process's.
    if (postmaster > 0 && alive(postmaster)) fs::remove(pid_file, ignored);
}

void Cluster::remove_socket_folder() const
{
    std::error_code not_empty_or_gone;
    if (sockets_.parent_path() != data_) fs::remove(sockets_, not_empty_or_gone);
}

Program Cluster::server() const
{
    auto server = program("postgres", folder_);
    server.arguments.insert(server.arguments.end(), {"-D", own_folder});
    for (const auto& setting : settings()) server.arguments.insert(server.arguments.end(), {"-c", setting});
    return server;
}

std::vector<std::string> Cluster::settings() const
{
    const auto in_data = sockets_ == data_ / "run";
    std::vector<std::string> list = {
        "listen_addresses=",
        "unix_socket_directories=" + (in_data ? "../run" : sockets_.string()),
        "unix_socket_permissions=0700",
        "max_connections=60",
        "synchronous_commit=on",
        "full_page_writes=on",
        "wal_level=minimal",
        "max_wal_senders=0",
        "wal_compression=lz4",
        "default_toast_compression=lz4",
        "checkpoint_timeout=30min",
        "checkpoint_completion_target=0.9",
        "random_page_cost=1.1",
        "jit=off",
        "work_mem=16MB",
        "timezone=UTC",
        "log_timezone=UTC",
        "log_line_prefix=%m [%p] ",
        "log_min_messages=warning",
        "log_checkpoints=off",
        // Mailbox counters are updated with every message: dead row versions are swept early.
        "autovacuum_naptime=10s",
    };
    if (size_ == Size::test) {
        list.insert(list.end(),
            {"fsync=off", "shared_buffers=64MB", "max_wal_size=512MB"});  // tests kill processes, not machines
        return list;
    }
    list.emplace_back("fsync=on");
    const auto buffers = std::clamp<std::uint64_t>(memory() / 8 / megabyte, 128, 2048);
    const auto log = std::clamp<std::uint64_t>(free_disk(data_) / 8 / megabyte, 256, 8192);
    list.push_back(fmt::format("shared_buffers={}MB", buffers));
    list.push_back(fmt::format("effective_cache_size={}MB", std::max<std::uint64_t>(256, memory() / 2 / megabyte)));
    list.push_back(fmt::format("maintenance_work_mem={}MB", std::clamp<std::uint64_t>(buffers / 8, 64, 256)));
    list.push_back(fmt::format("max_wal_size={}MB", log));
    return list;
}

bool Cluster::ready(pid_t server) const
{
    std::ifstream file(folder_ / "postmaster.pid");
    std::string line;
    std::getline(file, line);
    if (std::atol(line.c_str()) != server) return false;
    for (int number = 2; number <= 8; ++number)  // the eighth line is the state
        std::getline(file, line);
    return line.starts_with("ready");
}

std::string Cluster::url() const
{
    return fmt::format("host={} user=email2 dbname=email2", quoted(sockets_.string()));
}

}  // namespace gateway::embedded
