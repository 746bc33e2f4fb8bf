// new_text: a content whose text is replaced by a mail's: subject and files stay. mapping.md "Action addresses",
// "+edit". Pure.
#pragma once

#include "email2/message.h"
#include "gateway/mapping/mail_out.h"
#include "mime/message.h"

#include <optional>
#include <string>

namespace gateway::mapping {

// `body` with the text of `mail` (and its HTML, when it has one) where its own was; nullopt: the mail has no text. A
// text that is signed is taken with all that is signed along with it, and its signature; what is encrypted is taken as
// it is, and gives way as it is.
[[nodiscard]] std::optional<email2::Part> with_text_of(const email2::Part& body, const email2::Part& mail);

// That part of a mail as it stands, when all of the mail is signed (RFC 1847) or encrypted; `body`: what content_of has
// it as.
[[nodiscard]] std::optional<KeptPart> sealed_part(
    const mime::Message& message, std::string_view bytes, const email2::Part& body);

// That part of an earlier rendition which `body` has as it was there: signed or encrypted, it must not be composed
// anew. `earlier`: what content_of has that rendition as.
[[nodiscard]] std::optional<KeptPart> still_sealed(
    const mime::Message& rendition, std::string_view bytes, const email2::Part& earlier, const email2::Part& body);

// Without the signatures of `earlier` over what is another now: whoever checks them would take it for forged.
[[nodiscard]] email2::Part without_stale_signatures(email2::Part body, const email2::Part& earlier);

// Without the pencil that chat programs put before an edited text, so that old ones show it as one. Nothing that is
// signed or encrypted is changed.
[[nodiscard]] email2::Part without_edit_mark(email2::Part body);

// The text of `mail` without the quote of `original` that it ends in, for clients put one below what is written in
// answer: then a plain text; else `mail` itself. Nothing that is signed or encrypted is changed.
[[nodiscard]] email2::Part without_quote(const email2::Part& mail, const email2::Part& original);

// Whether there is anything to read in it.
[[nodiscard]] bool has_text(const email2::Part& body);
// Whether there is anything in it that its author wants somebody to have: a text, a file, what only its readers can
// open. Signatures and keys go along with everything.
[[nodiscard]] bool says_something(const email2::Part& body);

}  // namespace gateway::mapping
