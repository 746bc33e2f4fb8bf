// content: a mail's MIME tree as email2's part tree, and its attachments as blobs. RFC 2045-2049,
// email2.md "The XML".

#include "email2/text.h"
#include "gateway/mapping/flowed.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/sha256.h"

namespace gateway::mapping {
namespace {

bool is_text(const mime::Part& part)
{
    return part.type.type == "text" || (part.type.type == "multipart" && part.parts.empty());
}

std::string content_id(const mime::Part& part, std::string_view bytes)
{
    const auto value = mime::raw(part, bytes, "content-id");
    if (!value) return {};
    const auto ids = mime::parse_message_ids(*value);
    return ids.empty() ? std::string{} : ids.front();
}

std::string disposition(const mime::Part& part)
{
    if (part.disposition.kind.empty() || part.disposition.kind == "inline")
        return part.disposition.kind;
    return "attachment";  // RFC 2183 2.8: unrecognised kinds are treated as attachment
}

std::string text_of(const mime::Part& part, std::string_view bytes)
{
    auto text = mime::text(part, bytes);
    if (part.type.subtype != "plain" ||
        email2::ascii_lower(part.type.parameter("format")) != "flowed")
        return text;
    return unflowed(text, email2::ascii_lower(part.type.parameter("delsp")) == "yes");
}

email2::Part part_of(const mime::Part& part, std::string_view bytes)
{
    email2::Part result;
    result.type = part.type.type + "/" + part.type.subtype;
    result.name = part.filename;
    result.disposition = disposition(part);
    result.content_id = content_id(part, bytes);
    if (part.multipart()) {
        for (const auto& each : part.parts)
            result.parts.push_back(part_of(each, bytes));
    } else if (is_text(part)) {
        if (part.type.type != "text")
            result.type = "text/plain";  // a multipart without parts: what a reader would see of it
        result.text = text_of(part, bytes);
    } else {
        const auto octets = mime::decoded(part, bytes);
        result.size = octets.size();
        result.sha256 = sha256_hex(octets);
    }
    return result;
}

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

class Collector {
public:
    Collector(
        std::string_view bytes,
        std::uint64_t at_least,
        const std::function<void(const Attachment&, std::string_view)>& each
    )
        : bytes_(bytes), at_least_(at_least), each_(each)
    {
    }

    void part(const mime::Part& part)
    {
        if (part.multipart()) {
            for (const auto& inner : part.parts)
                this->part(inner);
        } else if (!is_text(part) && part.body.length >= at_least_)
            leaf(part);
    }

    std::vector<Attachment> take() { return std::move(found_); }

private:
    void leaf(const mime::Part& part)
    {
        const auto octets = mime::decoded(part, bytes_);
        Attachment attachment{
            .sha256 = sha256_hex(octets),
            .size = octets.size(),
            .encoded = part.body,
            .encoding = part.encoding};
        if (part.encoding == mime::TransferEncoding::base64)
            attachment.line_length = canonical_line_length(part.body.of(bytes_), octets);
        each_(attachment, octets);
        found_.push_back(std::move(attachment));
    }

    std::string_view bytes_;
    std::uint64_t at_least_;
    const std::function<void(const Attachment&, std::string_view)>& each_;
    std::vector<Attachment> found_;
};

}  // namespace

email2::Content content_of(const mime::Message& message, std::string_view bytes)
{
    return {
        .subject = mime::text_of(message.root, bytes, "subject"),
        .body = part_of(message.root, bytes)};
}

std::vector<Attachment> attachments(
    const mime::Message& message,
    std::string_view bytes,
    std::uint64_t at_least,
    const std::function<void(const Attachment&, std::string_view decoded)>& each
)
{
    Collector collector(bytes, at_least, each);
    collector.part(message.root);
    return collector.take();
}

std::string encode_base64_lines(std::string_view octets, std::uint32_t line_length)
{
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string lines;
    lines.reserve(
        (octets.size() + 2) / 3 * 4 +
        (line_length == 0 ? 0 : octets.size() / 3 * 4 / line_length * 2 + 4)
    );
    std::uint32_t column = 0;
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        if (line_length != 0 && column == line_length) {
            lines += "\r\n";
            column = 0;
        }
        const auto left = octets.size() - i;
        const auto octet = [&](std::size_t k) {
            return k < left ? static_cast<std::uint32_t>(static_cast<unsigned char>(octets[i + k]))
                            : 0U;
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
