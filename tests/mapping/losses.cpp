// losses: see losses.h.

#include "losses.h"

#include "email2/text.h"
#include "gateway/mapping/limits.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/mail_out.h"
#include "mime/compose.h"
#include "mime/utf8.h"
#include "samples.h"

using namespace gateway::mapping;

namespace losses {
namespace {

using email2::Content;
using email2::Part;

Content with_body(Part body)
{
    return {.subject = "Subject", .body = std::move(body)};
}

Content named(std::string name)
{
    auto part = samples::blob_part("application/pdf", std::move(name), "octets");
    return with_body(std::move(part));
}

Part typed(std::string type, std::string text)
{
    auto part = samples::text_part(std::move(text));
    part.type = std::move(type);
    return part;
}

// -- what is lost --------------------------------------------------------------------------------

Part disposed(std::string disposition)
{
    auto part = samples::text_part("t\n");
    part.disposition = std::move(disposition);
    return part;
}

Part identified(std::string content_id)
{
    auto part = samples::text_part("t\n");
    part.content_id = std::move(content_id);
    return part;
}

// -- all of it, for any document -----------------------------------------------------------------

std::string declared_line(std::string text)
{
    for (char& c : text)
        if (c == '\t' || c == '\r' || c == '\n') c = ' ';
    return text;
}

// In a header's text the controls of ISO 6429 (U+0080 to U+009F) go as well.
std::string declared_subject(const std::string& text)
{
    auto line = declared_line(text);
    for (auto at = line.find("\u0085"); at != std::string::npos; at = line.find("\u0085")) line.replace(at, 2, " ");
    return line;
}

std::string declared_text(const std::string& text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') out += text[i];
    return out;
}

std::string declared_type(const Part& part)
{
    auto type = email2::ascii_lower(part.type);
    const auto slash = type.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == type.size()) type = "application/octet-stream";
    const bool multipart = type.starts_with("multipart/");
    if (!part.sha256.empty()) {
        const bool file =
            multipart || (type.starts_with("message/") && !mime::has_plain_lines(samples::blob(part.sha256)));
        return file ? "application/octet-stream" : type;
    }
    if (!part.parts.empty()) return multipart ? type : "multipart/mixed";
    return multipart ? "text/plain" : type;
}

std::string declared_content_id(const std::string& id)
{
    std::string out;
    for (const char c : id)
        if (c > 32 && c < 127 && c != '<' && c != '>') out += c;
    return out;
}

Part declared(const Part& part);

// What stands in a part that is named: what the mapping shows of its octets.
std::vector<Part> shown_in(const Part& part)
{
    return as_document(as_mail(with_body(part))).body.parts;
}

void declare_content(const Part& part, Part& out)
{
    const bool text = out.type.starts_with("text/");
    if (!part.sha256.empty()) {
        const auto octets = samples::blob(part.sha256);
        if (text) {
            out.text = declared_text(octets);
        } else {
            out.sha256 = part.sha256;
            out.size = octets.size();
            if (out.type == "message/rfc822") out.parts = shown_in(part);
        }
    } else if (!part.parts.empty()) {
        for (const auto& each : part.parts) out.parts.push_back(declared(each));
    } else if (text) {
        out.text = declared_text(part.text);
    } else {
        auto blob = samples::blob_part(out.type, "", part.text);
        if (out.type.starts_with("message/") && !mime::has_plain_lines(part.text))
            out.type = "application/octet-stream";
        out.sha256 = blob.sha256;
        out.size = blob.size;
        if (out.type == "message/rfc822") out.parts = shown_in(blob);
    }
}

Part declared(const Part& part)
{
    Part out;
    out.type = declared_type(part);
    out.name = declared_line(std::string(mime::cut_utf8(part.name, limits::part_name)));
    out.disposition = part.disposition.empty() && !part.name.empty() ? "attachment" : part.disposition;
    if (!out.disposition.empty() && out.disposition != "inline") out.disposition = "attachment";
    out.content_id = declared_content_id(part.content_id);
    declare_content(part, out);
    return out;
}

}  // namespace

std::string as_mail(const Content& content)
{
    return render(samples::rendering(content), {}, samples::blob);
}

Content as_document(const std::string& bytes)
{
    return content_of(mime::parse(bytes), bytes);
}

Content there_and_back(const Content& content)
{
    return as_document(as_mail(content));
}

const std::vector<Loss>& declared_losses()
{
    const auto blob = [](std::string type, std::string octets) {
        auto part = samples::blob_part(std::move(type), "", std::move(octets));
        return part;
    };
    auto text_by_name = blob("text/x-log", "long\n");
    auto too_deep = blob("multipart/mixed", "--b\r\n");
    auto as_octets = too_deep;
    as_octets.type = "application/octet-stream";
    auto broken_message = blob("message/rfc822", "Subject: x\nno CR\n");
    auto as_file = broken_message;
    as_file.type = "application/octet-stream";
    auto json = typed("application/json", "{}");
    auto json_blob = blob("application/json", "{}");
    json_blob.disposition = "";
    auto stranger = blob("application/pdf", "x");
    stranger.parts = {samples::text_part("not what is in it")};
    auto plain = stranger;
    plain.parts.clear();
    static const std::vector<Loss> all{
        {"controls and line ends in the subject become spaces",
            {.subject = "a\tb\r\nc\u0085d", .body = samples::text_part("t\n")},
            {.subject = "a b  c d", .body = samples::text_part("t\n")}},
        {"controls in a file name become spaces", named("a\nb.pdf"), named("a b.pdf")},
        {"a file name ends after 255 octets", named(std::string(300, 'n')), named(std::string(limits::part_name, 'n'))},
        {"a file name without a disposition makes an attachment",
            [] {
                auto content = named("a.pdf");
                content.body.disposition = "";
                return content;
            }(),
            named("a.pdf")},
        {"other dispositions than inline are attachment", with_body(disposed("form-data")),
            with_body(disposed("attachment"))},
        {"blanks, brackets and what is not ASCII go from a Content-ID", with_body(identified("<ü a@b.test>")),
            with_body(identified("a@b.test"))},
        {"types are in lower case", with_body(typed("Text/HTML", "<p>\n")), with_body(typed("text/html", "<p>\n"))},
        {"what is no type is application/octet-stream", with_body(blob("pdf", "x")),
            with_body(blob("application/octet-stream", "x"))},
        {"CRLF in a text becomes LF", with_body(samples::text_part("a\r\nb\r\n")),
            with_body(samples::text_part("a\nb\n"))},
        {"a multipart without parts is its text", with_body(typed("multipart/mixed", "t\n")),
            with_body(samples::text_part("t\n"))},
        {"parts below another type make it multipart/mixed",
            with_body({.type = "text/plain", .parts = {samples::text_part("t\n")}}),
            with_body(samples::multipart("mixed", {samples::text_part("t\n")}))},
        {"a text that was named stands inline", with_body(text_by_name),
            [&] {
                auto part = typed("text/x-log", "long\n");
                part.disposition = "attachment";
                return with_body(part);
            }()},
        {"inline text of a type that is no text is named", with_body(json), with_body(json_blob)},
        {"a multipart that is named is application/octet-stream", with_body(too_deep), with_body(as_octets)},
        {"a message with other line ends than CRLF, NUL or endless lines is a file", with_body(broken_message),
            with_body(as_file)},
        {"parts of what is named are what is in it, not what a document says", with_body(stranger), with_body(plain)},
    };
    return all;
}

Content declared(const Content& content)
{
    return {.subject = declared_subject(content.subject), .body = declared(content.body)};
}

}  // namespace losses
