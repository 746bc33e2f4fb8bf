// section: what a BODY[…] names within a mail, RFC 3501 6.4.5.
//
// Pure.
#pragma once

#include "imap/command.h"
#include "mime/outline.h"

#include <string>
#include <string_view>

namespace imap {

struct Extent {
    bool exists = false;  // false: NIL
    bool picked = false;  // only some fields of `range`, a header, are wanted: see pick_fields()
    mime::Range range;    // of the mail; a partial is applied unless `picked`
};

// `size`: octets of the whole mail.
[[nodiscard]] Extent locate(const command::Section& section, const mime::Outline& outline, std::uint64_t size);

// The fields of `header` that HEADER.FIELDS or HEADER.FIELDS.NOT wants, and the empty line; the
// partial applied.
[[nodiscard]] std::string pick_fields(const command::Section& section, std::string_view header);

}  // namespace imap
