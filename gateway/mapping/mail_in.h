// mail_in: what a mail says, read for email2: its people, its parents, its content. mapping.md "Mail in".
//
// Pure: values in, values out. Whether an address exists or a parent is known is asked by the caller and given here as
// facts.
#pragma once

#include "email2/message.h"
#include "mime/header.h"
#include "mime/message.h"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::mapping {

// The field that marks a mail as already sent: by which domain, as a post of which mailing list ("" for none), to whom.
// Egress puts it on everything that leaves, so that whoever sent it knows it when it comes back: "X-Email2-Delivered:
// by=one.test; to=bob@two.test".
inline constexpr std::string_view loop_mark_field = "X-Email2-Delivered";
struct LoopMark {
    std::string by, list, address;  // lower case; `by` is "" in marks that do not say
    bool operator==(const LoopMark&) const = default;
};
// The field, CRLF at its end.
[[nodiscard]] std::string loop_mark(const LoopMark& mark);

struct MailFacts {
    std::string message_id;                // without brackets, "" when there is none (or none that is usable)
    std::vector<std::string> in_reply_to;  // ids without brackets, in order
    std::vector<std::string> references;
    std::vector<mime::Address> from, to, cc, bcc;
    std::string subject;  // decoded
    std::optional<std::chrono::sys_seconds> date;
    std::string thread_index;            // Outlook's, as it stands; "" when absent
    std::string auto_submitted;          // lower-case keyword; "" when absent or "no"
    std::size_t received = 0;            // Received fields
    std::vector<std::string> edits;      // ids that it wants to replace: Supersedes, Chat-Edit
    std::vector<std::string> withdraws;  // ids that it wants to take back: Chat-Delete
    std::vector<LoopMark> loop_marks;    // where this mail has left a server like ours
};
[[nodiscard]] MailFacts read_facts(const mime::Message& message, std::string_view bytes);

// Parents in order of precedence, as ids to look up: In-Reply-To (all), then the last of References; duplicates
// dropped.
[[nodiscard]] std::vector<std::string> parent_ids(const MailFacts& facts);

// The event that another gateway's follow-up carries in its application/email2+xml part; nullopt when there is none
// that is valid.
[[nodiscard]] std::optional<email2::Event> enclosed_event(const mime::Message& message, std::string_view bytes);

// Our own Message-ID forms: "guid@server", "guid.eSEQ@server" (no brackets) -> the message's name; else nullopt.
[[nodiscard]] std::optional<email2::Name> own_message_id(std::string_view id);

// The content as an email2 document: the part tree, text decoded to Unicode, everything else by SHA-256 and size. A
// message in the mail and TNEF are both named and shown: README.md says what each becomes.
[[nodiscard]] email2::Content content_of(const mime::Message& message, std::string_view bytes);
// The same, and all that was found to be wrong with the mail on the way: its structure's defects and its contents'.
struct Mapped {
    email2::Content content;
    mime::Defects defects;
};
[[nodiscard]] Mapped map_content(const mime::Message& message, std::string_view bytes);

// Where a leaf that content_of names by SHA-256 lies in the mail, so that it can be stored once per server and given
// out as a blob.
struct Attachment {
    std::string sha256;      // of the decoded octets, lower-case hex
    std::uint64_t size = 0;  // decoded
    mime::Range encoded;     // its body in the mail; empty for what is packed in another one (TNEF)
    mime::TransferEncoding encoding = mime::TransferEncoding::base64;
    // Octets of base64 a line (a multiple of 4) when encoding the decoded octets with CRLF line ends gives exactly the
    // bytes of `encoded` again; 0 when it does not.
    std::uint32_t line_length = 0;
};
// Leaves of at least `at_least` encoded octets (what is packed in another one: all); `each` gets the decoded octets in
// order (they are not kept).
[[nodiscard]] std::vector<Attachment> attachments(const mime::Message& message, std::string_view bytes,
    std::uint64_t at_least, const std::function<void(const Attachment&, std::string_view decoded)>& each);
// Octets as base64 in lines of `line_length` closed by CRLF, except that the last line has no line end.
[[nodiscard]] std::string encode_base64_lines(std::string_view octets, std::uint32_t line_length);

// The bytes without every top-level field of those names (lower case).
[[nodiscard]] std::string without_fields(
    const mime::Message& message, std::string_view bytes, const std::set<std::string>& names);

// The bytes below what servers put on top on the way: the same for each copy of one mail, whichever way it takes.
[[nodiscard]] std::string_view below_trace(std::string_view bytes);

// Submitted bytes as they are kept: Bcc and Resent-Bcc cut, Date, Message-ID and From (`author`, an address) added in
// front when they are missing or cannot be read (RFC 6409 8).
[[nodiscard]] std::string as_submitted(const mime::Message& message, std::string_view bytes, const MailFacts& facts,
    const email2::Name& id, email2::Time now, std::string_view author);
// Submitted bytes that are a message's next revision, as they are kept: by the message's first Message-ID (without
// brackets), as mapping.md "Mail out" has it for all revisions, and without the Supersedes that would then name itself.
// What is signed or encrypted in them stays as it is.
[[nodiscard]] std::string as_edit(
    const mime::Message& message, std::string_view bytes, const std::string& message_id, email2::Time now);

// One parent as the store knows it.
struct ParentFacts {
    std::vector<std::set<std::string>> shown;  // addresses that each rendition has shown (From, To, Cc)
    std::set<std::string> not_counted;         // blind, left and removed of its effective list
};
struct ListQuestion {
    std::string originator;            // normalised addresses throughout
    std::set<std::string> envelope;    // recipients, message and list addresses taken out
    std::set<std::string> header;      // To and Cc, likewise
    bool to_message_address = false;   // it went to the message's or the list's own address
    std::vector<ParentFacts> parents;  // known and visible ones, in order
};
// "Own list or inherited?": true for inherited.
[[nodiscard]] bool inherits(const ListQuestion& question);

// How each person of an own list is shown and reached.
struct Addressee {
    std::string address;
    std::string name;
    email2::Role role = email2::Role::to;
    bool in_envelope = false;  // false: `elsewhere`
};
// To, then Cc, then blind (in the envelope only), duplicates dropped, the originator left out unless in the envelope.
[[nodiscard]] std::vector<Addressee> addressees(const MailFacts& facts, const std::string& originator,
    const std::vector<std::string>& envelope,
    const std::function<std::optional<std::string>(const mime::Address&)>& normalise);

}  // namespace gateway::mapping
