// transcript: dialogues in files, played on sessions in memory or on a real server.
//
//   # comment                    # raw: no login, the greeting is part of it       # only ours: why
//   1 C: a1 NOOP                 a client line of connection 1 (which is the default)
//   C: a1 APPEND INBOX {+}       an empty literal is filled from the `C|` lines that follow; `C> `
//   is what comes after it S: * $n EXISTS               a server line; $name captures, or stands
//   for what it captured; `...` is anything S~ * FLAGS ...               server lines in any order
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace imap::test {

// One connection as a player sees it.
class Line {
public:
    virtual ~Line() = default;
    virtual void send(std::string_view bytes) = 0;
    // The next line without its CRLF; "" with `ended` set when none comes.
    virtual std::string receive(bool& ended) = 0;
};

struct Played {
    std::string error;  // "" when all went as written
    bool skipped = false;
};

struct Player {
    std::function<std::unique_ptr<Line>()> connect;  // greeting not read
    std::string user = "alice", password = "secret";
    bool foreign = false;  // another server: its extra untagged lines are passed over
};

[[nodiscard]] Played play(std::string_view transcript, const Player& player);
[[nodiscard]] std::vector<std::string> transcript_files();
[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace imap::test
