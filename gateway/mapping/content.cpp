// content: a mail's content as an email2 document, and its attachments as blobs. email2.md "The
// XML".

#include "gateway/mapping/content_tree.h"
#include "gateway/mapping/mail_in.h"

namespace gateway::mapping {
namespace {

// Octets a line, when `encoded` is base64 as encode_base64_lines writes it.
std::uint32_t canonical_line_length(std::string_view encoded, std::string_view octets)
{
    const auto end = encoded.find("\r\n");
    auto length = end == std::string_view::npos ? encoded.size() : end;
    if (encoded.empty()) length = 76;
    if (length == 0 || length % 4 != 0 || length > UINT32_MAX) return 0;
    const auto line_length = static_cast<std::uint32_t>(length);
    return encode_base64_lines(octets, line_length) == encoded ? line_length : 0;
}

// What is wrong with the header's own values: RFC 5322 3.6 demands a date and an author.
void note_header(mime::Defects& defects, const mime::Message& message, std::string_view bytes, std::string_view subject)
{
    const auto date = mime::raw(message.root, bytes, "date"), from = mime::raw(message.root, bytes, "from");
    if (date && !mime::parse_date(*date)) mime::note(&defects, mime::Defect::bad_date);
    if (from && mime::parse_addresses(*from).empty()) mime::note(&defects, mime::Defect::bad_address);
    if (subject.find("=?") != std::string_view::npos || subject.find("\uFFFD") != std::string_view::npos)
        mime::note(&defects, mime::Defect::bad_encoded_word);
}

}  // namespace

Mapped map_content(const mime::Message& message, std::string_view bytes)
{
    ContentTree tree(bytes, ContentTree::Texts::decode, 0, {});
    Mapped mapped{
        {.subject = mime::text_of(message.root, bytes, "subject"), .body = tree.part(message.root)}, message.defects};
    for (const auto defect : tree.defects()) mime::note(&mapped.defects, defect);
    note_header(mapped.defects, message, bytes, mapped.content.subject);
    return mapped;
}

email2::Content content_of(const mime::Message& message, std::string_view bytes)
{
    return map_content(message, bytes).content;
}

std::vector<Attachment> attachments(const mime::Message& message, std::string_view bytes, std::uint64_t at_least,
    const std::function<void(const Attachment&, std::string_view decoded)>& each)
{
    std::vector<Attachment> found;
    const auto named = [&](const NamedLeaf& leaf) {
        Attachment attachment{
            .sha256 = leaf.sha256, .size = leaf.octets.size(), .encoded = leaf.encoded, .encoding = leaf.encoding};
        if (leaf.encoding == mime::TransferEncoding::base64)
            attachment.line_length = canonical_line_length(leaf.encoded.of(bytes), leaf.octets);
        each(attachment, leaf.octets);
        found.push_back(std::move(attachment));
    };
    ContentTree tree(bytes, ContentTree::Texts::leave, at_least, named);
    (void)tree.part(message.root);
    return found;
}

std::string encode_base64_lines(std::string_view octets, std::uint32_t line_length)
{
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string lines;
    lines.reserve((octets.size() + 2) / 3 * 4 + (line_length == 0 ? 0 : octets.size() / 3 * 4 / line_length * 2 + 4));
    std::uint32_t column = 0;
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        if (line_length != 0 && column == line_length) {
            lines += "\r\n";
            column = 0;
        }
        const auto left = octets.size() - i;
        const auto octet = [&](std::size_t k) {
            return k < left ? static_cast<std::uint32_t>(static_cast<unsigned char>(octets[i + k])) : 0U;
        };
        const auto bits = octet(0) << 16 | octet(1) << 8 | octet(2);
        lines += digits[bits >> 18];
        lines += digits[bits >> 12 & 63];
        lines += left > 1 ? digits[bits >> 6 & 63] : '=';
        lines += left > 2 ? digits[bits & 63] : '=';
        column += 4;
    }
    return lines;
}

}  // namespace gateway::mapping
