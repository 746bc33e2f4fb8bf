// command_table: which commands there are, when they may be given, and what else may be told in
// their answer.
//
// Pure. The rows are the only place that decides this: RFC 3501 3 (states) and 7.4.1 (EXPUNGE).
#pragma once

#include "imap/command.h"
#include "imap/grammar/cursor.h"

#include <tl/expected.hpp>

#include <span>
#include <string>
#include <string_view>

namespace imap {

enum class State : unsigned { not_authenticated = 1, authenticated = 2, selected = 4 };

// What the session may tell about the selected mailbox at a command's end, beside the command's own
// answer.
enum class News {
    none,            // the session or the mailbox has just been left
    flags,           // sequence numbers must stand still: FETCH, STORE, SEARCH
    flags_expunges,  // but not new mail, which some clients overlook in other commands' answers
    all,
};

struct CommandRow {
    std::string_view name;  // "UID FETCH" and so on for the UID commands
    unsigned states;        // State bits
    News news;
    Command (*arguments)(grammar::Cursor&);
};

[[nodiscard]] std::span<const CommandRow> command_table();
[[nodiscard]] const CommandRow* find_command(std::string_view upper_name);

struct Parsed {
    std::string tag;
    const CommandRow* row = nullptr;
    Command command;
};

struct SyntaxError {
    std::string tag;  // "*" when not even that could be read
    std::string text;
};

// Reads a whole command: its lines and literals, without the last line end.
[[nodiscard]] tl::expected<Parsed, SyntaxError> parse_command(std::string_view text);

}  // namespace imap
