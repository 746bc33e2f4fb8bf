// limits: what the mapping core spends at most on one mail, so that nobody's content decides its
// cost.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gateway::mapping::limits {

// Word diffs. Edits (words taken away plus words put in) that are looked for before the diff falls
// back to whole lines: the search costs their square, 1,000 of them some 3 ms.
inline constexpr std::size_t diff_edits = 1'000;
// The same within one changed group of lines, and for the lines themselves.
inline constexpr std::size_t diff_edits_in_lines = 300;
inline constexpr std::size_t diff_line_edits = 1'000;
// Words that a change is moved by at most to begin with a line.
inline constexpr std::size_t diff_slide = 100;
// Octets of a text whose script has no spaces between words that is cut into words by a dictionary: some 100 ns each.
inline constexpr std::size_t segmented_text = 256 * 1024;
// Lines shown around a change, and words around it within a long line.
inline constexpr std::size_t diff_context_lines = 2;
inline constexpr std::size_t diff_context_words = 12;

// Ids named in References: the first and the newest ones; long chains break header limits of old
// MTAs.
inline constexpr std::size_t references = 20;
// Octets of a Message-ID that is worth indexing (RFC 5322 2.1.1: a line has at most 998).
inline constexpr std::size_t message_id = 900;
// Marks of servers like ours that are read of one mail: it goes round once with each, and Received ends it soon after.
inline constexpr std::size_t loop_marks = 100;
// Content. Octets of text, as they stand in the mail, and of names, that are put into a document: decoded and escaped
// they stay below what email2/limits.h takes in one text (8 MB) and in a document (32 MB). What is more is named by
// SHA-256.
inline constexpr std::uint64_t inline_text = 2 << 20;
// Octets of a file name, and of one word of a media type (RFC 6838 4.2).
inline constexpr std::size_t part_name = 255;
inline constexpr std::size_t type_name = 127;
// Parts nested in a document; email2/limits.h takes 64 elements. Deeper ones are named whole.
inline constexpr std::size_t document_depth = 48;
// Messages in messages that are opened, and TNEF in TNEF: each of them is hashed whole, so the work is the mail's size
// so many times.
inline constexpr std::size_t enclosed_messages = 8;
inline constexpr std::size_t tnef_depth = 4;
// Files that are shown of all TNEF in a mail, and octets of rich text that are read: both may be packed into little.
inline constexpr std::size_t tnef_files = 1'000;
inline constexpr std::uint64_t rich_text = 8 << 20;
// Octets of an application/email2+xml part, encoded: an event takes some 400, the content of an edit is told up to
// `told_content` octets of XML.
inline constexpr std::size_t event_part = 256 * 1024;
inline constexpr std::size_t told_content = 128 * 1024;
// Octets of a winmail.dat that is looked into for Outlook's recall, encoded: a recall has some hundred words and no
// files.
inline constexpr std::size_t recall_part = 512 * 1024;
// Octets of an original that a DSN gives back in full, RFC 3461 6.3.
inline constexpr std::size_t dsn_original = 64 * 1024;
// Octets of one word in a field of a report: what is longer is broken, so that no line exceeds RFC
// 5322 2.1.1.
inline constexpr std::size_t report_word = 900;
// Octets of text that a bounce without RFC 3464 parts is read from, and recipients taken from any
// bounce.
inline constexpr std::size_t bounce_text = 256 * 1024;
inline constexpr std::size_t bounce_recipients = 1'000;
// Octets of attachments that a follow-up about an edit brings along: what is more is only told.
inline constexpr std::uint64_t attached = 10 * 1024 * 1024;
// Places in a mail at which a quote of what it edits is looked for.
inline constexpr std::size_t quotes_tried = 20;
// Octets of a text that its language is guessed from.
inline constexpr std::size_t language_text = 8 * 1024;
// Words that a moved paragraph has at least: fewer are the same by chance.
inline constexpr std::size_t moved_words = 5;
// Parts nested deeper than this in native content are rendered flat; mail itself is bounded by
// mime/limits.h.
inline constexpr std::size_t part_depth = 100;

}  // namespace gateway::mapping::limits
