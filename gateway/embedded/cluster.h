// cluster: the files of the private PostgreSQL: where they lie, how they are made, with which
// settings it runs.
#pragma once

#include "gateway/embedded/process.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gateway::embedded {

enum class Size { production, test };  // test: little memory, files made without waiting for the disk

// DATA/postgres is the cluster, DATA/run has the socket, DATA/postgres.log what it says.
class Cluster {
public:
    // `data` is made when it is missing. Throws std::runtime_error and std::system_error in
    // sentences.
    Cluster(const std::filesystem::path& data, Size size);

    // Makes the cluster with its one database unless it is there. One that was interrupted is begun
    // again.
    void create();
    // Clears away what a run that ended badly has left: its processes first, then its pid file if
    // its number now means another process.
    void clear_remains() const;
    // After a stop: the sockets' folder, where it had to lie outside DATA.
    void remove_socket_folder() const;
    [[nodiscard]] Program server() const;
    // The server says that it takes connections.
    [[nodiscard]] bool ready(pid_t server) const;
    // In libpq's keyword form: host, user, dbname.
    [[nodiscard]] std::string url() const;

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

    [[nodiscard]] const std::filesystem::path& log() const { return log_; }

    [[nodiscard]] const std::filesystem::path& data() const { return data_; }

private:
    [[nodiscard]] Program program(const std::string& name, const std::filesystem::path& folder) const;
    [[nodiscard]] std::vector<std::string> settings() const;
    void make_folder(const std::filesystem::path& folder) const;
    void choose_socket_folder();

    std::filesystem::path data_, folder_, sockets_, log_, programs_;
    Size size_;
    Identity identity_;
};

}  // namespace gateway::embedded
