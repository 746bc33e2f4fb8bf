// rendition: the bytes of a revision as a mailbox shows them, with everything that IMAP asks of them precomputed.
#pragma once

#include "gateway/mapping/mail_in.h"
#include "gateway/store/session.h"
#include "mime/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::store {

struct Indexed {
    std::int64_t size = 0;  // trace and content
    std::string trace, outline, envelope, body_structure, preview, headers, text;
    std::int32_t body_at = 0;
    std::string sha256;                            // of the content, 32 octets
    bool eight_bit = false;                        // octets over 127 in the content
    std::vector<mapping::Attachment> attachments;  // every leaf that is no text
};
// Pure; the outline counts from the first octet of the trace. `elsewhere`: attachments for which the content has only
// room.
[[nodiscard]] Indexed index_rendition(const mime::Message& message, std::string_view content, std::string trace,
    const std::vector<mapping::Attachment>& elsewhere = {});

struct RenditionRow {
    std::int64_t id = 0, message = 0;
    std::int32_t revision = 1, owner = 0;
    Time internal_date{};
    std::optional<std::vector<std::int64_t>> shown;  // persons
    const Indexed* indexed = nullptr;
    std::string_view content;
};
// Adds the rows of any number of renditions (rendition, body, search_text) to a pipeline. Contents beyond 1 MB are not
// among them: write_large() writes those, in pieces, before the pipeline runs.
void add_renditions(Session::Pipeline& pipeline, const std::vector<RenditionRow>& rows);
void write_large(Session& session, const std::vector<RenditionRow>& rows);
// One rendition, at once.
void insert_rendition(Session& session, const RenditionRow& row);

// The content (without trace) of a rendition, whole.
[[nodiscard]] std::string read_content(Session& session, std::int64_t rendition);
// A blob's octets [offset, offset + length), less at its end.
[[nodiscard]] std::string read_blob(
    Session& session, std::string_view sha256, std::uint64_t offset, std::uint64_t length);
// Whoever begins to use a blob holds it from before its use is written to the commit: what collects unused blobs skips
// those that are held, and looks for uses after it has them. False: it is not there.
bool hold_blob(Session& session, std::string_view sha256);
// Stores octets under their SHA-256 unless they are there, and holds them; true when they are new.
bool write_blob(Session& session, std::string_view sha256, std::string_view octets);
inline constexpr std::size_t chunk_size = 256 * 1024;

}  // namespace gateway::store
