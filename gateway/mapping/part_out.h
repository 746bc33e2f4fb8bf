// part_out: email2's part tree as parts of a mail.
#pragma once

#include "email2/message.h"
#include "gateway/mapping/mail_out.h"
#include "mime/compose.h"

namespace gateway::mapping {

// Text as a text/plain part: format=flowed where that pays.
[[nodiscard]] mime::Composed plain_text(std::string_view text);
[[nodiscard]] mime::Composed html_text(std::string_view html);
[[nodiscard]] mime::Composed multipart(std::string_view subtype, std::vector<mime::Composed> parts);

// The tree, its blobs fetched, `kept` (or nullptr) as it stands. Several parts under a type that is
// no multipart become multipart/mixed.
[[nodiscard]] mime::Composed composed_of(
    const email2::Part& part, const BlobSource& blobs, const KeptPart* kept = nullptr);

}  // namespace gateway::mapping
