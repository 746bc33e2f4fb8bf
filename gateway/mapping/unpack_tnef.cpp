// unpack_tnef: what Outlook packed in a winmail.dat, shown beside it: its texts, its files, and
// messages within, which are TNEF again.

#include "gateway/mapping/content_tree.h"
#include "gateway/mapping/sha256.h"
#include "mime/rtf.h"
#include "mime/tnef.h"
#include "mime/utf8.h"

namespace gateway::mapping {
namespace {

constexpr std::string_view ordinary_class = "IPM.Note", old_ordinary_class = "IPM.Microsoft Mail.Note";

std::string header_of(const mime::Tnef& tnef, bool within)
{
    std::string text;
    if (within && !tnef.subject.empty()) text += "Subject: " + tnef.subject + "\n";
    const auto& name = tnef.message_class;
    if (!name.empty() && name != ordinary_class && name != old_ordinary_class) text += "Message-Class: " + name + "\n";
    return text;
}

}  // namespace

// The rich text counts only where nothing else says the same.
void ContentTree::read_rich_text(mime::Tnef& tnef, std::string_view octets)
{
    if (tnef.rtf.length == 0 || !tnef.text.empty() || !tnef.html.empty()) return;
    if (rich_text_ >= limits::rich_text) return;
    const auto rtf = mime::decompressed_rtf(tnef.rtf.of(octets));
    if (!rtf) return mime::note(&defects_, mime::Defect::bad_tnef);
    rich_text_ += rtf->size();
    auto read = mime::read_rtf(*rtf);
    tnef.text = std::move(read.text);
    tnef.html = std::move(read.html);
}

void ContentTree::unpack(email2::Part& into, std::string_view octets, std::uint64_t at, std::size_t depth)
{
    if (depth + 1 >= limits::document_depth || unpacked_ >= limits::tnef_depth) return;
    auto tnef = mime::read_tnef(octets);
    if (!tnef || tnef->damaged) mime::note(&defects_, mime::Defect::bad_tnef);
    if (!tnef) return;
    const bool within = unpacked_++ > 0;
    // Whether the texts are wanted or not: what is spent decides what is named.
    read_rich_text(*tnef, octets);
    const auto add = [&](std::string_view type, std::string text) {
        if (!text.empty() && spend(text.size())) into.parts.push_back(inline_text(std::string(type), std::move(text)));
    };
    add("text/rfc822-headers", header_of(*tnef, within));
    add("text/plain", std::move(tnef->text));
    add("text/html", std::move(tnef->html));
    for (const auto& file : tnef->files) {
        if (++files_ > limits::tnef_files) {
            mime::note(&defects_, mime::Defect::bad_tnef);
            break;
        }
        const auto content = file.content.of(octets);
        auto& part = into.parts.emplace_back();
        part.type = file.type.empty() ? "application/octet-stream" : file.type;
        if (part.type.starts_with("multipart/") || part.type.starts_with("message/"))
            part.type = "application/octet-stream";
        part.disposition = "attachment";
        if (spend(file.name.size() + file.content_id.size())) {
            part.name = mime::cut_utf8(file.name, limits::part_name);
            if (file.content_id.size() <= limits::message_id) part.content_id = file.content_id;
        }
        name(part, {{at, 0}, mime::TransferEncoding::binary, sha256_hex(content), content});
        if (part.type == "application/ms-tnef") unpack(part, content, at, depth + 1);
    }
    --unpacked_;
}

}  // namespace gateway::mapping
