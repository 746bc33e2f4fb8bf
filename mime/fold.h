// fold: text as it is compared and searched: NFC, full case folding (RFC 5051 in spirit), white space runs as one
// space.
#pragma once

#include "mime/message.h"

#include <string>
#include <string_view>

namespace mime {

// Folded UTF-8. Idempotent. fold(a) contains fold(b) is how SEARCH compares.
[[nodiscard]] std::string fold(std::string_view utf8);

struct SearchText {
    std::string headers;  // folded "\x01subject\x01from\x01to\x01cc\x01bcc\x01ids\x01" decoded (SEARCH SUBJECT, FROM,
                          // TO, CC, BCC); ids: Message-ID, In-Reply-To, each only where the field stands more than once
    std::string
        text;  // folded: all decoded headers of the top, then all text parts (HTML as text), at most `limit` octets
    std::size_t body_at = 0;  // octet in `text` where the body text begins (SEARCH BODY)
    std::string preview;  // RFC 8970: at most 200 characters of the first text part, quotes and white space squeezed
};
[[nodiscard]] SearchText search_text(const Message& message, std::string_view bytes, std::size_t limit = 1 << 20);

// HTML as readable plain text (UTF-8, LF): links in <>, lists with "- ", no script, no style.
[[nodiscard]] std::string html_to_text(std::string_view html);

}  // namespace mime
