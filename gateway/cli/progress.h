// progress: how far a long command is: a bar on a terminal, a line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>

namespace gateway::cli {

class Progress {
public:
    // `what`: what is at work, a few words. Lines go to `out`.
    enum class Look { bar, lines };
    Progress(std::ostream& out, Look look, std::string what, std::string things = "mails");
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Octets of all, and mails so far. Shown no more often than anybody can read.
    void at(std::uint64_t done, std::uint64_t total, std::uint64_t mails);
    // Takes the bar away, so that a line may be written.
    void clear();

private:
    void show(std::uint64_t done, std::uint64_t total, std::uint64_t mails);

    std::ostream& out_;
    Look look_;
    std::string what_, things_;
    std::chrono::steady_clock::time_point begun_, shown_;
    std::uint64_t before_ = 0;  // done when it began: an earlier run's
    bool first_ = true, drawn_ = false;
};

// A bar when `out` is the standard error of a terminal.
[[nodiscard]] Progress::Look look_of(const std::ostream& out);

}  // namespace gateway::cli
