// envelope_address: address fields as ENVELOPE shows them, RFC 3501 7.4.2 and RFC 5322 3.4.
//
// Pure and total. Unlike mime::parse_addresses it keeps encoded words, source routes and groups as
// they stand.
#pragma once

#include <string>
#include <string_view>

namespace imap {

// "((name adl mailbox host)...)" or "NIL" when no address can be read from the raw field value.
[[nodiscard]] std::string envelope_addresses(std::string_view raw);

}  // namespace imap
