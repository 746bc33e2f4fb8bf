// common: rules that several commands share, RFC 3501 9.
#pragma once

#include "imap/command.h"
#include "imap/grammar/cursor.h"

#include <chrono>
#include <string>
#include <vector>

namespace imap::grammar {

struct FlagList {
    Flags flags = 0;
    std::vector<std::string> keywords;
};

SequenceSet sequence_set(Cursor& in);
SequenceSet known_set(Cursor& in);  // without "*"
// "(" [flag *(SP flag)] ")"; \Recent, which clients cannot set, is passed over.
FlagList flag_list(Cursor& in);
// The same, or flags without parentheses as STORE allows.
FlagList store_flags(Cursor& in);
std::chrono::sys_days date(Cursor& in);             // "1-Feb-1994", quoted or not
std::chrono::sys_seconds date_time(Cursor& in);     // "17-Jul-1996 02:44:25 -0700", quoted
void fetch_items(Cursor& in, command::Fetch& out);  // "(" fetch-att *(SP fetch-att) ")"
unsigned status_items(Cursor& in);                  // "(" status-att *(SP status-att) ")"
SpecialUse use_attribute(Cursor& in);               // \Sent, \Trash, …

}  // namespace imap::grammar
