// keep_files: see the header.
#include "gateway/store/keep_files.h"

#include "gateway/mapping/mail_in.h"

namespace gateway::store {

email2::Result<void> keep_files(
    PostgresStore& verbs, const std::string& account, const mime::Message& message, std::string_view bytes)
{
    email2::Result<void> kept;
    (void)mapping::attachments(message, bytes, 0, [&](const mapping::Attachment& attachment, std::string_view decoded) {
        if (!kept) return;
        if (const auto put = verbs.put_blob(account, attachment.sha256, decoded); !put)
            kept = tl::unexpected(put.error());
    });
    return kept;
}

}  // namespace gateway::store
