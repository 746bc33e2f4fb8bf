// fetch: the FETCH response without sections, RFC 3501 7.4.2.
#pragma once

#include "imap/command.h"
#include "imap/sequence_set.h"

#include <span>
#include <string>

namespace imap::response {

struct FetchLine {
    Position place = 0;
    MessageState state;
    bool recent = false;
    const Metadata* metadata = nullptr;  // nullptr where none of `items` needs it
};

// "* 3 FETCH (UID 7 FLAGS (…) …", without the closing parenthesis. `items` of command::fetch_item,
// not none.
void put_fetch(std::string& out, const FetchLine& line, unsigned items, std::span<const std::string> keywords);

// "17-Jul-1996 02:44:25 +0000", quoted
void put_date_time(std::string& out, std::chrono::sys_seconds time);

}  // namespace imap::response
