// flags: flags and keywords in responses, RFC 3501 7.2.6, 7.4.2.
#pragma once

#include "imap/mailboxes.h"

#include <span>
#include <string>

namespace imap::response {

enum class Recent { no, yes };

// "(\Answered \Seen $label1)"
void put_flags(std::string& out, Flags flags, std::span<const std::string> keywords, Recent recent = Recent::no);

// "* FLAGS (…)" and "* OK [PERMANENTFLAGS (…)]": the system flags, all keywords, and that new ones
// may be made.
void put_defined_flags(std::string& out, std::span<const std::string> keywords, bool read_only);

}  // namespace imap::response
