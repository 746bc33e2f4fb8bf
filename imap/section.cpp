// section: what a BODY[…] names within a mail, RFC 3501 6.4.5.
#include "imap/section.h"

#include "imap/text.h"
#include "mime/ascii.h"

#include <algorithm>

namespace imap {

namespace {

using command::Section;
using mime::Outline;
using mime::Range;

// The part at `path`; nullptr when there is none. Numbers count the parts of a multipart; anything
// else, mail or enclosed message, has one part: its body.
const Outline* part_at(const Outline& mail, std::span<const std::uint32_t> path)
{
    const Outline* at = &mail;
    bool whole_message = true;  // `at` stands for a message, not for its body
    for (const auto number : path) {
        if (!whole_message && at->message && !at->parts.empty()) {
            at = &at->parts.front();
            whole_message = true;
        }
        if (at->multipart) {
            if (number > at->parts.size()) return nullptr;
            at = &at->parts[number - 1];
        } else if (!whole_message || number != 1) {
            return nullptr;
        }
        whole_message = false;
    }
    return at;
}

bool wants_fields(Section::Kind kind)
{
    return kind == Section::Kind::fields || kind == Section::Kind::fields_not;
}

// The range before any partial; nullopt: NIL.
std::optional<Range> range_of(const Section& section, const Outline& outline, std::uint64_t size)
{
    const auto* part = part_at(outline, section.path);
    if (part == nullptr) return std::nullopt;
    if (section.path.empty()) {
        if (section.kind == Section::Kind::whole) return Range{0, size};
        return section.kind == Section::Kind::text ? part->body : part->header;
    }
    if (section.kind == Section::Kind::whole) return part->body;
    if (section.kind == Section::Kind::mime) return part->header;
    if (!part->message || part->parts.empty()) return std::nullopt;  // only an enclosed message has HEADER and TEXT
    const auto& message = part->parts.front();
    return section.kind == Section::Kind::text ? message.body : message.header;
}

// A field name ends at the colon; white space before it is obsolete syntax.
std::string_view name_of(std::string_view field)
{
    auto name = field.substr(0, field.find(':'));
    while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
    return name;
}

// Takes one field with its continuation lines off `rest`.
std::string_view take_field(std::string_view& rest)
{
    std::size_t end = 0;
    do {
        const auto line_end = rest.find('\n', end);
        end = line_end == std::string_view::npos ? rest.size() : line_end + 1;
    } while (end < rest.size() && (rest[end] == ' ' || rest[end] == '\t'));
    const auto field = rest.substr(0, end);
    rest.remove_prefix(end);
    return field;
}

}  // namespace

Extent locate(const Section& section, const Outline& outline, std::uint64_t size)
{
    Extent out;
    const auto found = range_of(section, outline, size);
    if (!found) return out;
    out.exists = true;
    out.range = *found;
    // Whatever the outline says, nothing lies beyond the mail.
    out.range.offset = std::min(out.range.offset, size);
    out.range.length = std::min(out.range.length, size - out.range.offset);
    out.picked = wants_fields(section.kind);
    if (section.partial && !out.picked) {
        const auto skipped = std::min(section.partial->first, out.range.length);
        out.range.offset += skipped;
        out.range.length = std::min(out.range.length - skipped, section.partial->second);
    }
    return out;
}

std::string pick_fields(const Section& section, std::string_view header)
{
    const bool listed = section.kind == Section::Kind::fields;
    std::string out;
    while (!header.empty() && header.front() != '\r' && header.front() != '\n') {
        const auto field = take_field(header);
        const auto name = name_of(field);
        const bool named = std::ranges::any_of(
            section.fields, [&](const auto& wanted) { return mime::equal_ignoring_case(wanted, name); });
        if (named == listed) out += field;
    }
    out += "\r\n";
    if (!section.partial) return out;
    const auto skipped = std::min<std::uint64_t>(section.partial->first, out.size());
    return out.substr(skipped, section.partial->second);
}

}  // namespace imap
