// mail_out: email2 as mail: renditions of content, traces, egress fields. mapping.md "Mail out".
#pragma once

#include "email2/message.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::mapping {

// Gives the octets of a blob by its SHA-256 (hex).
using BlobSource = std::function<std::string(const std::string& sha256)>;

// A part of a content whose octets stay as they came, since they are signed.
struct KeptPart {
    email2::Part part;                                        // as the content has it
    std::vector<std::pair<std::string, std::string>> fields;  // Content-*
    std::string body;
};

struct RenderSettings {
    std::size_t to_max = 50;  // people shown in To and Cc at most; beyond: the message's address
};

// Everything a rendition of native content shows, fixed at its revision.
struct Rendering {
    email2::Name id;
    std::string message_id;  // of the message, without brackets: its first one for all revisions
    std::uint32_t revision = 1;
    email2::Person from;
    std::vector<email2::Entry> list;             // effective at this revision; blind and left are not shown
    std::optional<email2::Person> mailing_list;  // it goes to one: its alias and name, shown instead of the subscribers
    email2::Time date{};                         // of the message
    std::vector<std::string> parent_message_ids;  // of the parents, in order, without brackets
    std::vector<std::string> references;          // the first parent's own References and Message-ID, oldest first
    std::string parent_thread_index;              // the first parent's Thread-Index, "" when it has none
    email2::Content content;
    std::optional<KeptPart> kept;  // where the content has it
};
// The bytes of the rendition: deterministic.
[[nodiscard]] std::string render(const Rendering& rendering, const RenderSettings& settings, const BlobSource& blobs);
// The addresses that a rendition shows (From, To, Cc), normalised ones as they are in `list`; empty when it shows the
// message's or a list's address only.
[[nodiscard]] std::vector<std::string> shown(const Rendering& rendering, const RenderSettings& settings);

// The trace of taking a mail in: Return-Path, Authentication-Results (when known), Received; CRLF at the end of each
// field.
struct Arrival {
    std::string reverse_path;            // "" for the null sender
    std::string greeting, peer;          // "mx.legacy.test", "192.0.2.1"
    std::string hostname;                // ours
    std::string with;                    // "ESMTPSA", RFC 3848
    std::string tls;                     // summary, "" without
    std::string id;                      // the message's guid
    std::string single_recipient;        // "for" only when there is exactly one, else ""
    std::string authentication_results;  // value, "" when there is none
    email2::Time at{};
};
[[nodiscard]] std::string trace(const Arrival& arrival);

}  // namespace gateway::mapping
