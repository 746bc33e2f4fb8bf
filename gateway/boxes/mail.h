// mail: a mail as it lies in an mbox or a Maildir, and a source of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace gateway::boxes {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

// As in imap/mailboxes.h.
inline constexpr std::int64_t answered = 1, flagged = 2, deleted = 4, seen = 8, draft = 16;

struct Mail {
    std::string bytes;  // with CRLF
    std::optional<Time> delivered;
    std::int64_t flags = 0;
    std::vector<std::string> keywords;
    std::string label;    // where it stood, for people
    std::string problem;  // why it cannot be taken, a few words; "": it can
};

// A source that cannot be read at all. A sentence with the path.
struct Unreadable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The mails of one folder in a fixed order, one in memory at a time.
class Source {
public:
    virtual ~Source() = default;
    // False at the end. A mail that is broken as a file comes with its `problem`.
    virtual bool next(Mail& mail) = 0;
    // Behind the last mail given: where resume() goes on, also in another process.
    [[nodiscard]] virtual std::string position() const = 0;
    // False when the source is not what it was: it begins at its beginning then.
    virtual bool resume(const std::string& position) = 0;
    // Octets.
    [[nodiscard]] virtual std::uint64_t done() const = 0;
    [[nodiscard]] virtual std::uint64_t total() const = 0;
};

}  // namespace gateway::boxes
