// mailbox_renditions: what a FETCH asks of renditions: their metadata, their bytes, a range of
// their bytes. store.md 4.
#pragma once

#include "gateway/store/session.h"
#include "imap/mailboxes.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gateway::store {

struct RenditionMetadata {
    std::int64_t rendition = 0;
    bool import = false;      // of an imported message
    imap::Metadata metadata;  // uid is left 0
};

// In no order; those that are gone left out. What it returns never changes, but for the thread of
// an import in Sent.
[[nodiscard]] std::vector<RenditionMetadata> metadata_of(Session& session, const std::vector<std::int64_t>& renditions);

// The whole bytes by rendition, trace first.
[[nodiscard]] std::unordered_map<std::int64_t, std::string> bytes_of(
    Session& session, const std::vector<std::int64_t>& renditions);
// Octets [offset, offset + length) of one rendition, less at its end. Reads the segments, and of
// blobs the chunks, that it needs.
[[nodiscard]] std::string bytes_of(
    Session& session, std::int64_t rendition, std::uint64_t offset, std::uint64_t length);

// RFC 8474.
[[nodiscard]] std::string email_id(std::int64_t rendition);
[[nodiscard]] std::string thread_id(std::int64_t thread);
[[nodiscard]] std::string mailbox_id(std::int32_t mailbox);
[[nodiscard]] std::optional<std::int32_t> mailbox_number(std::string_view mailbox_id);  // and back

}  // namespace gateway::store
