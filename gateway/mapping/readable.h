// readable: what a person sees of a content: its text and the list of its attachments.
#pragma once

#include "email2/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gateway::mapping {

enum class Prefer { plain, html };  // which alternative

// The inline text, HTML as text; "" when there is none.
[[nodiscard]] std::string readable_text(const email2::Part& body, Prefer prefer);

// Whether what is said is signed, or cannot be read here since it is encrypted (or signed within a cipher's envelope):
// PGP/MIME, S/MIME.
enum class Sealing { none, signature, envelope };
[[nodiscard]] Sealing sealing_of(const email2::Part& body);
[[nodiscard]] bool is_envelope(const email2::Part& part);  // that part itself

struct AttachmentLine {
    std::string name;  // file name, else the type
    std::uint64_t size = 0;
    std::string sha256;
    bool operator==(const AttachmentLine&) const = default;
};

// Signatures, and what stands for an encrypted content, are none.
[[nodiscard]] std::vector<AttachmentLine> attachment_lines(const email2::Part& body);

struct AttachmentChange {  // one side empty: added, removed
    std::optional<AttachmentLine> before, after;
};

// Matched by content, then by name; what is the same on both sides is left out.
[[nodiscard]] std::vector<AttachmentChange> attachment_changes(const email2::Part& before, const email2::Part& after);

}  // namespace gateway::mapping
