// attachments: who may have which attachment, and its octets: stored once as a blob, or within the mail that brought
// it.
#pragma once

#include "gateway/store/session.h"

#include <cstdint>
#include <optional>
#include <string>

namespace gateway::store {

struct AttachmentRow {
    std::string digest;   // 32 octets
    bool stored = false;  // as a blob of `size` octets; else within a mail
    std::uint64_t size = 0;
    std::int64_t message = 0;  // one that has it and may be seen; 0: an own upload
};

// An attachment that a message which the actor may read has, or an upload of theirs; nullopt when there is none.
[[nodiscard]] std::optional<AttachmentRow> find_attachment(
    Session& session, std::int32_t actor, const std::string& sha256_hex);
// All its octets.
[[nodiscard]] std::string read_attachment(Session& session, const AttachmentRow& attachment);

// Both at once: for what is composed in memory.
[[nodiscard]] std::optional<std::string> attachment(
    Session& session, std::int32_t actor, const std::string& sha256_hex);

}  // namespace gateway::store
