// part_out: see part_out.h.

#include "gateway/mapping/part_out.h"

#include "email2/text.h"
#include "gateway/mapping/flowed.h"
#include "gateway/mapping/limits.h"

namespace gateway::mapping {
namespace {

mime::ContentType type_of(std::string_view name)
{
    const auto slash = name.find('/');
    mime::ContentType type;
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == name.size()) {
        type.type = "application";
        type.subtype = "octet-stream";
        return type;
    }
    type.type = name.substr(0, slash);
    type.subtype = name.substr(slash + 1);
    return type;
}

// Parameters that a multipart needs and that follow from its parts: RFC 2387 3.1, RFC 1847 2.1
// and 2.2, RFC 6522 3.
void add_parameters(mime::ContentType& type, const std::vector<email2::Part>& parts)
{
    const auto type_at = [&](std::size_t i) { return i < parts.size() ? parts[i].type : std::string{}; };
    const auto add = [&](std::string_view name, std::string value) {
        if (!value.empty()) type.parameters.emplace_back(name, std::move(value));
    };
    if (type.subtype == "related") add("type", type_at(0));
    else if (type.subtype == "signed") add("protocol", type_at(1));
    else if (type.subtype == "encrypted") add("protocol", type_at(0));
    else if (type.subtype == "report" && type_at(1).starts_with("message/")) add("report-type", type_at(1).substr(8));
}

// "METHOD:REQUEST" of a calendar: its part must say the same, RFC 5546 1.4, RFC 6047 2.4.
std::string calendar_method(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at, end - at);
        if (email2::ascii_lower(line.substr(0, 7)) == "method:") {
            const auto word = line.substr(7);
            return std::string(
                word.substr(0, word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-")));
        }
        at = end + 1;
    }
    return {};
}

mime::Composed composed_of(const email2::Part& part, const BlobSource& blobs, const KeptPart* kept, std::size_t depth)
{
    if (kept != nullptr && part == kept->part)
        return {.type = type_of(part.type), .fields = kept->fields, .content = kept->body, .as_it_stands = true};
    mime::Composed composed{.type = type_of(part.type),
        .disposition = part.disposition,
        .filename = part.name,
        .content_id = part.content_id};
    // What is named stands for itself: its parts only show what is in it.
    if (!part.parts.empty() && part.sha256.empty() && depth < limits::part_depth) {
        if (composed.type.type != "multipart") composed.type = type_of("multipart/mixed");
        add_parameters(composed.type, part.parts);
        for (const auto& each : part.parts) composed.parts.push_back(composed_of(each, blobs, kept, depth + 1));
        return composed;
    }
    if (composed.type.type == "multipart")  // one without parts, or one that was too deep to be taken apart
        composed.type = type_of(part.sha256.empty() ? "text/plain" : "application/octet-stream");
    if (!part.sha256.empty()) composed.content = blobs(part.sha256);
    else composed.content = part.text;
    // A message that would break the lines of the mail around it is a file.
    if (composed.type.type == "message" && !mime::has_plain_lines(composed.content))
        composed.type = type_of("application/octet-stream");
    if (composed.type.type != "text") return composed;
    if (composed.type.is("text", "plain") && part.sha256.empty()) composed.type = plain_text(part.text).type;
    else composed.type.parameters.emplace_back("charset", "utf-8");
    if (composed.type.is("text", "calendar"))
        if (auto method = calendar_method(composed.content); !method.empty())
            composed.type.parameters.emplace_back("method", std::move(method));
    return composed;
}

}  // namespace

mime::Composed plain_text(std::string_view text)
{
    mime::Composed composed{.type = type_of("text/plain"), .content = std::string(text)};
    composed.type.parameters.emplace_back("charset", "utf-8");
    if (worth_flowing(text)) composed.type.parameters.emplace_back("format", "flowed");
    return composed;
}

mime::Composed html_text(std::string_view html)
{
    mime::Composed composed{.type = type_of("text/html"), .content = std::string(html)};
    composed.type.parameters.emplace_back("charset", "utf-8");
    return composed;
}

mime::Composed multipart(std::string_view subtype, std::vector<mime::Composed> parts)
{
    return {.type = type_of("multipart/" + std::string(subtype)), .parts = std::move(parts)};
}

mime::Composed composed_of(const email2::Part& part, const BlobSource& blobs, const KeptPart* kept)
{
    return composed_of(part, blobs, kept, 0);
}

}  // namespace gateway::mapping
