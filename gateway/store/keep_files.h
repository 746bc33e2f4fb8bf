// keep_files: the files of a mail, put where its author may use them in a verb.
#pragma once

#include "gateway/store/store.h"
#include "mime/message.h"

#include <string>
#include <string_view>

namespace gateway::store {

// The files that a content of this mail names. Refusals are those of put-blob.
[[nodiscard]] email2::Result<void> keep_files(
    PostgresStore& verbs, const std::string& account, const mime::Message& message, std::string_view bytes);

}  // namespace gateway::store
