// relayed: a correspondent's post on its way to other correspondents: when its From may stay, and how it is rewritten
// where it may not. mapping.md "Mail out", RFC 7489 (DMARC), RFC 6376 3.5 (h=).
#pragma once

#include "mime/header.h"
#include "mime/message.h"

#include <set>
#include <string>
#include <string_view>

namespace gateway::mapping {

// Whether a DKIM signature of exactly that domain, or of one above or below it, still holds when fields of the `added`
// names (lower case) are put on top: none of them is signed, not even as absent.
[[nodiscard]] bool signature_survives(
    const mime::Message& message, std::string_view bytes, std::string_view domain, const std::set<std::string>& added);

// "Carol via Announce" <relay>: who wrote it stays readable, and answers reach them.
[[nodiscard]] mime::Address via(const mime::Address& author, std::string_view list, const mime::Address& relay);

// The mail with `from` as its author. The one it had becomes Reply-To, unless there is one; signatures that cannot hold
// any more go.
[[nodiscard]] std::string with_from(const mime::Message& message, std::string_view bytes, const mime::Address& from);

}  // namespace gateway::mapping
