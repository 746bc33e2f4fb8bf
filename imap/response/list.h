// list: the LIST, LSUB and XLIST responses, RFC 3501 7.2.2-3, RFC 5258.
#pragma once

#include "imap/mailbox_list.h"

#include <string>
#include <string_view>

namespace imap::response {

// `label`: "LIST", "LSUB" or "XLIST"
void put_list(std::string& out, std::string_view label, const ListLine& line);

}  // namespace imap::response
