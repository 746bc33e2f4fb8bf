// status: the STATUS response, RFC 3501 7.2.4, RFC 7162, RFC 8438, RFC 8474.
#pragma once

#include "imap/command.h"

#include <string>
#include <string_view>

namespace imap::response {

// `name` in UTF-8, `items` of command::status_item.
void put_status(std::string& out, std::string_view name, const MailboxStatus& status, unsigned items);

}  // namespace imap::response
