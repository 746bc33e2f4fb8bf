// part_out: see part_out.h.

#include "gateway/mapping/part_out.h"

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
    const auto type_at = [&](std::size_t i) {
        return i < parts.size() ? parts[i].type : std::string{};
    };
    const auto add = [&](std::string_view name, std::string value) {
        if (!value.empty()) type.parameters.emplace_back(name, std::move(value));
    };
    if (type.subtype == "related")
        add("type", type_at(0));
    else if (type.subtype == "signed")
        add("protocol", type_at(1));
    else if (type.subtype == "encrypted")
        add("protocol", type_at(0));
    else if (type.subtype == "report" && type_at(1).starts_with("message/"))
        add("report-type", type_at(1).substr(8));
}

mime::Composed composed_of(const email2::Part& part, const BlobSource& blobs, std::size_t depth)
{
    mime::Composed composed{
        .type = type_of(part.type),
        .disposition = part.disposition,
        .filename = part.name,
        .content_id = part.content_id};
    if (!part.parts.empty() && depth < limits::part_depth) {
        if (composed.type.type != "multipart") composed.type = type_of("multipart/mixed");
        add_parameters(composed.type, part.parts);
        for (const auto& each : part.parts)
            composed.parts.push_back(composed_of(each, blobs, depth + 1));
        return composed;
    }
    if (composed.type.type == "multipart")
        composed.type = type_of("text/plain");  // one without parts
    if (composed.type.is("text", "plain")) {
        auto text = plain_text(part.text);
        composed.type = std::move(text.type);
        composed.content = std::move(text.content);
    } else if (composed.type.type == "text")
        composed.content = part.text;
    else if (!part.sha256.empty())
        composed.content = blobs(part.sha256);
    if (composed.type.type == "text" && !composed.type.is("text", "plain"))
        composed.type.parameters.emplace_back("charset", "utf-8");
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

mime::Composed composed_of(const email2::Part& part, const BlobSource& blobs)
{
    return composed_of(part, blobs, 0);
}

}  // namespace gateway::mapping
