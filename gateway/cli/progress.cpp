#include "gateway/cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <unistd.h>

namespace gateway::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto bar_every = 200ms;
constexpr auto line_every = 10s;
constexpr std::uint64_t width = 30;  // characters of the bar

}  // namespace

Progress::Progress(std::ostream& out, Look look, std::string what, std::string things)
    : out_(out)
    , look_(look)
    , what_(std::move(what))
    , things_(std::move(things))
    , begun_(std::chrono::steady_clock::now())
    , shown_(begun_)
{
}

Progress::~Progress()
{
    clear();
}

void Progress::clear()
{
    if (drawn_) out_ << "\r\x1b[K" << std::flush;
    drawn_ = false;
}

void Progress::at(std::uint64_t done, std::uint64_t total, std::uint64_t mails)
{
    if (first_) before_ = done;
    const auto now = std::chrono::steady_clock::now();
    const bool due = look_ == Look::bar ? first_ || now - shown_ >= bar_every : now - shown_ >= line_every;
    first_ = false;
    if (!due) return;
    shown_ = now;
    show(std::min(done, total), total, mails);
}

void Progress::show(std::uint64_t done, std::uint64_t total, std::uint64_t mails)
{
    const auto seconds = std::chrono::duration<double>(shown_ - begun_).count();
    const auto rate = seconds > 0 ? static_cast<double>(mails) / seconds : 0;
    const auto share = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
    const auto moved = static_cast<double>(done - std::min(before_, done));
    const auto left = moved > 0 ? seconds / moved * static_cast<double>(total - done) : 0;
    const auto figures =
        fmt::format("{:3.0f} %, {} {}, {:.0f}/s, {:.0f} s left", share * 100, mails, things_, rate, left);
    if (look_ == Look::lines) {
        out_ << what_ << ": " << figures << std::endl;
        return;
    }
    const auto filled = static_cast<std::size_t>(share * width);
    out_ << fmt::format(
                "\r\x1b[K[{}{}] {} {}", std::string(filled, '#'), std::string(width - filled, '-'), figures, what_)
         << std::flush;
    drawn_ = true;
}

Progress::Look look_of(const std::ostream& out)
{
    return &out == &std::cerr && ::isatty(STDERR_FILENO) == 1 ? Progress::Look::bar : Progress::Look::lines;
}

}  // namespace gateway::cli
