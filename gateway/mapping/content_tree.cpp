// content_tree: see content_tree.h. RFC 2045-2049, email2.md "The XML".

#include "gateway/mapping/content_tree.h"

#include "email2/text.h"
#include "gateway/mapping/flowed.h"
#include "gateway/mapping/sha256.h"
#include "mime/header.h"
#include "mime/utf8.h"

#include <array>

namespace gateway::mapping {
namespace {

constexpr std::string_view unknown_type = "application/octet-stream";

bool is_text(const mime::Part& part)
{
    // A multipart without parts: what a reader would see of it.
    return part.type.type == "text" || (part.type.type == "multipart" && part.parts.empty());
}

std::string type_of(const mime::Part& part)
{
    if (part.type.type == "multipart" && part.parts.empty()) return "text/plain";
    if (part.type.type.size() > limits::type_name || part.type.subtype.size() > limits::type_name)
        return part.type.type == "text" ? "text/plain" : std::string(unknown_type);
    return part.type.type + "/" + part.type.subtype;
}

std::string content_id(const mime::Part& part, std::string_view bytes)
{
    const auto value = mime::raw(part, bytes, "content-id");
    if (!value) return {};
    auto ids = mime::parse_message_ids(*value);
    return ids.empty() || ids.front().size() > limits::message_id ? std::string{} : std::move(ids.front());
}

std::string disposition(const mime::Part& part)
{
    if (part.disposition.kind.empty() || part.disposition.kind == "inline") return part.disposition.kind;
    return "attachment";  // RFC 2183 2.8: unrecognised kinds are treated as attachment
}

std::string text_of(const mime::Part& part, std::string_view bytes, mime::Defects* defects)
{
    auto text = mime::text(part, bytes, defects);
    if (part.type.subtype != "plain" || email2::ascii_lower(part.type.parameter("format")) != "flowed") return text;
    return unflowed(text, email2::ascii_lower(part.type.parameter("delsp")) == "yes");
}

bool is_tnef(const mime::Part& part)
{
    return part.type.is("application", "ms-tnef") || part.type.is("application", "vnd.ms-tnef") ||
           (part.type.type == "application" && email2::ascii_lower(part.filename) == "winmail.dat");
}

// What a reader of an enclosed message is shown of its header.
std::string shown_header(const mime::Part& part, std::string_view bytes)
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> names{
        {{"from", "From: "}, {"to", "To: "}, {"cc", "Cc: "}, {"subject", "Subject: "}, {"date", "Date: "}}};
    std::string text;
    for (const auto& [name, label] : names)
        if (const auto value = mime::text_of(part, bytes, name); !value.empty())
            text.append(label).append(value).append("\n");
    return text;
}

}  // namespace

ContentTree::ContentTree(
    std::string_view bytes, Texts texts, std::uint64_t at_least, std::function<void(const NamedLeaf&)> named)
    : bytes_(bytes), texts_(texts), at_least_(at_least), named_(std::move(named))
{
}

email2::Part ContentTree::part(const mime::Part& part)
{
    return this->part(part, 0, 0);
}

email2::Part ContentTree::part(const mime::Part& part, std::size_t depth, std::size_t messages)
{
    email2::Part result;
    describe(result, part);
    if (part.multipart() && depth < limits::document_depth) {
        result.parts.reserve(part.parts.size());
        for (const auto& each : part.parts) result.parts.push_back(this->part(each, depth + 1, messages));
    } else if (is_text(part) && spend(part.body.length)) text(result, part);
    else {
        leaf(result, part, depth);
        if (part.enclosed_message()) message(result, part, depth, messages);
    }
    return result;
}

void ContentTree::describe(email2::Part& into, const mime::Part& part)
{
    into.type = type_of(part);
    into.disposition = disposition(part);
    if (part.fields.empty()) return;
    auto id = content_id(part, bytes_);
    if (!spend(part.filename.size() + id.size())) return;
    into.name = mime::cut_utf8(part.filename, limits::part_name);
    into.content_id = std::move(id);
}

bool ContentTree::spend(std::uint64_t octets)
{
    if (octets > room_) return false;
    room_ -= octets;
    return true;
}

void ContentTree::text(email2::Part& into, const mime::Part& part)
{
    if (texts_ == Texts::decode) into.text = text_of(part, bytes_, &defects_);
}

void ContentTree::leaf(email2::Part& into, const mime::Part& part, std::size_t depth)
{
    if (part.multipart()) into.type = unknown_type;  // nested too deeply to be shown
    const bool tnef = is_tnef(part);
    if (part.body.length < at_least_ && !tnef) return;
    // A text that is too long to stand in a document is named in the form in which it would stand
    // there.
    const bool text = is_text(part);
    const bool encoded =
        part.encoding == mime::TransferEncoding::base64 || part.encoding == mime::TransferEncoding::quoted_printable;
    std::string made;
    if (text) made = text_of(part, bytes_, &defects_);
    else if (encoded) made = mime::decoded(part, bytes_, &defects_);
    const auto octets = text || encoded ? std::string_view(made) : part.body.of(bytes_);
    const auto encoding = text ? mime::TransferEncoding::binary : part.encoding;
    if (part.body.length >= at_least_) name(into, {part.body, encoding, sha256_hex(octets), octets});
    if (tnef) unpack(into, octets, part.body.offset, depth);
}

void ContentTree::name(email2::Part& into, const NamedLeaf& leaf)
{
    into.size = leaf.octets.size();
    into.sha256 = leaf.sha256;
    if (named_) named_(leaf);
}

// A message within is named, and shown: the fields that people read, then its body.
void ContentTree::message(email2::Part& into, const mime::Part& part, std::size_t depth, std::size_t messages)
{
    if (messages >= limits::enclosed_messages || depth + 1 >= limits::document_depth) return;
    const auto& enclosed = part.parts.front();
    if (auto header = shown_header(enclosed, bytes_); !header.empty() && spend(header.size()))
        into.parts.push_back(inline_text("text/rfc822-headers", std::move(header)));
    into.parts.push_back(this->part(enclosed, depth + 1, messages + 1));
}

email2::Part ContentTree::inline_text(std::string type, std::string text)
{
    email2::Part part;
    part.type = std::move(type);
    if (texts_ == Texts::decode) part.text = std::move(text);
    return part;
}

}  // namespace gateway::mapping
