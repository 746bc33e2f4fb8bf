// downgrade: see downgrade.h.

#include "gateway/mapping/downgrade.h"

#include "email2/text.h"
#include "gateway/mapping/fields.h"
#include "mime/transfer_encoding.h"

#include <algorithm>
#include <set>

namespace gateway::mapping {
namespace {

bool eight_bit(std::string_view text)
{
    return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 127; });
}

bool any_header(const mime::Part& part, std::string_view bytes)
{
    const auto in_field = [&](const mime::Field& field) { return eight_bit(field.whole.of(bytes)); };
    return std::any_of(part.fields.begin(), part.fields.end(), in_field) ||
           std::any_of(
               part.parts.begin(), part.parts.end(), [&](const mime::Part& each) { return any_header(each, bytes); });
}

// Copies a mail from its beginning to its end with pieces replaced, in order.
class Rewriter {
public:
    explicit Rewriter(std::string_view bytes) : bytes_(bytes) {}

    void replace(const mime::Range& range, std::string_view by)
    {
        out_.append(bytes_.substr(done_, range.offset - done_)).append(by);
        done_ = range.end();
    }

    std::string take() { return std::move(out_.append(bytes_.substr(done_))); }

private:
    std::string_view bytes_;
    std::string out_;
    std::size_t done_ = 0;
};

bool is_text(const mime::Part& part)
{
    return part.type.type == "text" || part.type.type == "multipart";
}

std::string encoded_body(const mime::Part& part, std::string_view body)
{
    std::string out;
    if (is_text(part)) mime::append_quoted_printable(out, body);
    else mime::append_base64_lines(out, body);
    if (!body.ends_with('\n') && out.ends_with("\r\n")) out.resize(out.size() - 2);
    return out;
}

// A field of the part's own replaced, or put after the others when it has none.
void set_encoding(Rewriter& rewriter, const mime::Part& part, std::string_view bytes, std::string_view encoding)
{
    const auto field = "Content-Transfer-Encoding: " + std::string(encoding) + "\r\n";
    if (const auto* found = mime::find(part, bytes, "content-transfer-encoding")) {
        rewriter.replace(found->whole, field);
        return;
    }
    const auto end = part.fields.empty() ? part.header.offset : part.fields.back().whole.end();
    const bool versioned = mime::find(part, bytes, "mime-version") != nullptr || part.header.offset != 0;
    rewriter.replace({end, 0}, (versioned ? "" : "MIME-Version: 1.0\r\n") + field);
}

void convert(Rewriter& rewriter, const mime::Part& part, std::string_view bytes)
{
    const auto body = part.body.of(bytes);
    const bool composite = !part.parts.empty();
    if (!eight_bit(body)) {
        // "8bit" said of what is 7-bit is refused by some where 8BITMIME is not offered.
        const bool says_so =
            part.encoding == mime::TransferEncoding::eight_bit || part.encoding == mime::TransferEncoding::binary;
        if (says_so) set_encoding(rewriter, part, bytes, "7bit");
        return;
    }
    if (composite) {
        if (mime::find(part, bytes, "content-transfer-encoding") != nullptr)
            set_encoding(rewriter, part, bytes, "7bit");
        for (const auto& each : part.parts) convert(rewriter, each, bytes);
        return;
    }
    set_encoding(rewriter, part, bytes, is_text(part) ? "quoted-printable" : "base64");
    rewriter.replace(part.body, encoded_body(part, mime::decoded(part, bytes)));
}

const std::set<std::string>& address_fields()
{
    static const std::set<std::string> names{"from", "sender", "reply-to", "to", "cc", "bcc", "resent-from",
        "resent-to", "resent-cc", "resent-sender", "disposition-notification-to", "mail-followup-to"};
    return names;
}

// An address that ASCII cannot carry stays readable: its text names an empty group (RFC 6857 3.1.7).
std::string ascii_addresses(std::string_view name, std::string_view value)
{
    FieldList fields;
    std::string groups;
    std::vector<mime::Address> plain;
    for (auto& each : mime::parse_addresses(value)) {
        if (!eight_bit(each.local_part) && !eight_bit(each.domain)) {
            plain.push_back(std::move(each));
            continue;
        }
        if (!groups.empty()) groups += ",\r\n ";
        groups += mime::encode_text(display_of(each), name.size() + 2) + " :;";
    }
    fields.addresses(name, plain);
    const auto& listed = fields.fields().front().second;
    return listed.empty() ? groups : groups.empty() ? listed : listed + ",\r\n " + groups;
}

std::string ascii_field(const mime::Field& field, std::string_view bytes)
{
    const auto name = field.name.of(bytes);
    const auto value = field.value.of(bytes);
    const bool addresses = address_fields().contains(email2::ascii_lower(name));
    return std::string(name) + ": " +
           (addresses ? ascii_addresses(name, value) : mime::encode_text(mime::decode_text(value), name.size() + 2)) +
           "\r\n";
}

void ascii_headers(Rewriter& rewriter, const mime::Part& part, std::string_view bytes)
{
    for (const auto& field : part.fields)
        if (eight_bit(field.whole.of(bytes))) rewriter.replace(field.whole, ascii_field(field, bytes));
    for (const auto& each : part.parts) ascii_headers(rewriter, each, bytes);
}

}  // namespace

bool has_eight_bit_header(const mime::Message& message, std::string_view bytes)
{
    return any_header(message.root, bytes);
}

bool is_signed(const mime::Message& message, std::string_view bytes)
{
    const auto& type = message.root.type;
    return mime::find(message.root, bytes, "dkim-signature") != nullptr || type.is("multipart", "signed") ||
           (type.type == "application" && type.subtype.ends_with("pkcs7-mime"));
}

std::string in_seven_bits(const mime::Message& message, std::string_view bytes)
{
    if (message.root.fields.empty()) return std::string(bytes);  // no header to say it in
    Rewriter rewriter(bytes);
    convert(rewriter, message.root, bytes);
    return rewriter.take();
}

std::string with_ascii_header(const mime::Message& message, std::string_view bytes)
{
    Rewriter rewriter(bytes);
    ascii_headers(rewriter, message.root, bytes);
    return rewriter.take();
}

}  // namespace gateway::mapping
