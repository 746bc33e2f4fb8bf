// describe: ENVELOPE and BODYSTRUCTURE of a mail, RFC 3501 7.4.2.
#include "imap/describe.h"

#include "imap/envelope_address.h"
#include "imap/text.h"

namespace imap {

namespace {

using mime::Part;
using std::string_view;

constexpr string_view no_envelope = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";
constexpr string_view empty_text = R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL))";

std::string addresses(const Part& part, string_view bytes, string_view field)
{
    const auto raw = mime::raw(part, bytes, field);
    return raw ? envelope_addresses(*raw) : "NIL";
}

void put_field(std::string& out, const Part& part, string_view bytes, string_view field)
{
    put_header_text(out, mime::raw(part, bytes, field));
}

// env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc
// SP env-in-reply-to SP env-message-id
void put_envelope(std::string& out, const Part& part, string_view bytes)
{
    const auto from = addresses(part, bytes, "from");
    const auto or_from = [&](string_view field) {
        auto list = addresses(part, bytes, field);
        return list == "NIL" ? from : list;
    };
    out += '(';
    put_field(out, part, bytes, "date");
    out += ' ';
    put_field(out, part, bytes, "subject");
    out += ' ' + from + ' ' + or_from("sender") + ' ' + or_from("reply-to");
    for (const auto* field : {"to", "cc", "bcc"}) out += ' ' + addresses(part, bytes, field);
    out += ' ';
    put_field(out, part, bytes, "in-reply-to");
    out += ' ';
    put_field(out, part, bytes, "message-id");
    out += ')';
}

// body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
void put_parameters(std::string& out, const mime::Parameters& parameters)
{
    if (parameters.empty()) {
        out += "NIL";
        return;
    }
    char before = '(';
    for (const auto& [name, value] : parameters) {
        out += before;
        put_header_text(out, string_view{name});
        out += ' ';
        put_header_text(out, string_view{value});
        before = ' ';
    }
    out += ')';
}

// body-fld-dsp = "(" string SP body-fld-param ")" / nil
void put_disposition(std::string& out, const Part& part)
{
    if (part.disposition.kind.empty()) {
        out += "NIL";
        return;
    }
    out += '(';
    put_header_text(out, string_view{part.disposition.kind});
    out += ' ';
    put_parameters(out, part.disposition.parameters);
    out += ')';
}

// body-fld-lang = nstring / "(" string *(SP string) ")"
void put_language(std::string& out, const Part& part, string_view bytes)
{
    const auto raw = mime::raw(part, bytes, "content-language");
    std::string tags;
    for (string_view rest = raw.value_or(""); !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        string_view tag = rest.substr(0, comma);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        tag.remove_prefix(std::min(tag.find_first_not_of(" \t\r\n"), tag.size()));
        tag = tag.substr(0, tag.find_first_of(" \t\r\n("));
        if (tag.empty()) continue;
        if (!tags.empty()) tags += ' ';
        put_header_text(tags, tag);
    }
    out += tags.empty() ? "NIL" : "(" + tags + ")";
}

// [SP body-fld-dsp SP body-fld-lang SP body-fld-loc], the tail of both body-ext-1part and
// body-ext-mpart
void put_extension_tail(std::string& out, const Part& part, string_view bytes)
{
    out += ' ';
    put_disposition(out, part);
    out += ' ';
    put_language(out, part, bytes);
    out += ' ';
    put_field(out, part, bytes, "content-location");
}

// The token as the mail has it: it may be one that we do not know.
void put_encoding(std::string& out, const Part& part, string_view bytes)
{
    auto raw = mime::raw(part, bytes, "content-transfer-encoding").value_or("");
    raw.remove_prefix(std::min(raw.find_first_not_of(" \t\r\n"), raw.size()));
    raw = raw.substr(0, raw.find_first_of(" \t\r\n;("));
    put_header_text(out, raw.empty() ? string_view{"7bit"} : raw);
}

void put_body(std::string& out, const Part& part, string_view bytes);

void put_multipart(std::string& out, const Part& part, string_view bytes)
{
    out += '(';
    for (const auto& child : part.parts) put_body(out, child, bytes);
    if (part.parts.empty()) out += empty_text;  // the grammar wants one body at least
    out += ' ';
    put_header_text(out, string_view{part.type.subtype});
    out += ' ';
    put_parameters(out, part.type.parameters);
    put_extension_tail(out, part, bytes);
    out += ')';
}

// body-type-msg: envelope SP body SP body-fld-lines
void put_enclosed(std::string& out, const Part& part, string_view bytes)
{
    out += ' ';
    if (part.parts.empty()) {  // too deep to be parsed: its body is shown as opaque text
        out += no_envelope;
        out += ' ';
        out += empty_text;
    } else {
        put_envelope(out, part.parts.front(), bytes);
        out += ' ';
        put_body(out, part.parts.front(), bytes);
    }
    out += ' ';
    put_number(out, part.lines);
}

void put_single(std::string& out, const Part& part, string_view bytes)
{
    static const mime::Parameters ascii{{"charset", "us-ascii"}};
    const bool typed = mime::find(part, bytes, "content-type") != nullptr;
    const auto& type = part.type;
    out += '(';
    put_header_text(out, string_view{type.type});
    out += ' ';
    put_header_text(out, string_view{type.subtype});
    out += ' ';
    put_parameters(out, !typed && type.is("text", "plain") && type.parameters.empty() ? ascii : type.parameters);
    for (const auto* field : {"content-id", "content-description"}) {
        out += ' ';
        put_field(out, part, bytes, field);
    }
    out += ' ';
    put_encoding(out, part, bytes);
    out += ' ';
    put_number(out, part.body.length);
    if (type.type == "text") {
        out += ' ';
        put_number(out, part.lines);
    } else if (type.is("message", "rfc822")) {
        put_enclosed(out, part, bytes);
    }
    out += ' ';
    put_field(out, part, bytes, "content-md5");
    put_extension_tail(out, part, bytes);
    out += ')';
}

void put_body(std::string& out, const Part& part, string_view bytes)
{
    if (part.type.type == "multipart") {
        put_multipart(out, part, bytes);
    } else {
        put_single(out, part, bytes);
    }
}

}  // namespace

std::string envelope(const mime::Message& message, std::string_view bytes)
{
    std::string out;
    put_envelope(out, message.root, bytes);
    return out;
}

std::string body_structure(const mime::Message& message, std::string_view bytes)
{
    std::string out;
    put_body(out, message.root, bytes);
    return out;
}

}  // namespace imap
