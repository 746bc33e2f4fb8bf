// readable: see readable.h.

#include "gateway/mapping/readable.h"

#include "gateway/mapping/sha256.h"
#include "mime/fold.h"

#include <algorithm>

namespace gateway::mapping {
namespace {

// What people read. An invitation is for their calendars: for people it is a file.
bool is_text(const email2::Part& part)
{
    return part.type.starts_with("text/") && part.disposition != "attachment" && part.type != "text/calendar";
}

std::string joined(const std::vector<std::string>& texts)
{
    std::string result;
    for (const auto& text : texts) {
        if (text.empty()) continue;
        if (!result.empty() && !result.ends_with('\n')) result += '\n';
        result += text;
    }
    return result;
}

void collect(const email2::Part& part, std::vector<AttachmentLine>& lines)
{
    if (is_envelope(part)) return;
    if (part.type == "multipart/signed" && !part.parts.empty()) return collect(part.parts.front(), lines);
    if (part.sha256.empty() || part.type != "message/rfc822")  // a message is one thing, whatever is in it
        for (const auto& each : part.parts) collect(each, lines);
    if (part.sha256.empty() && (!part.parts.empty() || is_text(part) || part.type.starts_with("multipart/"))) return;
    const bool inline_text = part.sha256.empty();
    lines.push_back({part.name.empty() ? part.type : part.name, inline_text ? part.text.size() : part.size,
        inline_text ? sha256_hex(part.text) : part.sha256});
}

template <class Same>
void take_matches(std::vector<AttachmentLine>& before, std::vector<AttachmentLine>& after, Same same,
    std::vector<AttachmentChange>* changes)
{
    for (auto old = before.begin(); old != before.end();) {
        const auto found =
            std::find_if(after.begin(), after.end(), [&](const AttachmentLine& each) { return same(*old, each); });
        if (found == after.end()) {
            ++old;
            continue;
        }
        if (changes != nullptr) changes->push_back({*old, *found});
        after.erase(found);
        old = before.erase(old);
    }
}

}  // namespace

std::string readable_text(const email2::Part& body, Prefer prefer)
{
    if (body.parts.empty()) {
        if (!is_text(body)) return {};
        return body.type == "text/html" ? mime::html_to_text(body.text) : body.text;
    }
    std::vector<std::string> texts;
    for (const auto& each : body.parts) texts.push_back(readable_text(each, prefer));
    if (body.type != "multipart/alternative") return joined(texts);
    // Alternatives stand from the plainest to the richest, RFC 2046 5.1.4.
    if (prefer == Prefer::html) std::reverse(texts.begin(), texts.end());
    const auto first = std::find_if(texts.begin(), texts.end(), [](const std::string& text) { return !text.empty(); });
    return first == texts.end() ? std::string{} : *first;
}

bool is_envelope(const email2::Part& part)
{
    return part.type == "multipart/encrypted" || part.type == "application/pkcs7-mime" ||
           part.type == "application/x-pkcs7-mime";
}

Sealing sealing_of(const email2::Part& body)
{
    if (is_envelope(body)) return Sealing::envelope;
    if (body.type == "multipart/signed") return Sealing::signature;
    if (!body.type.starts_with("multipart/")) return Sealing::none;
    auto found = Sealing::none;
    for (const auto& each : body.parts) found = std::max(found, sealing_of(each));
    return found;
}

std::vector<AttachmentLine> attachment_lines(const email2::Part& body)
{
    std::vector<AttachmentLine> lines;
    collect(body, lines);
    return lines;
}

std::vector<AttachmentChange> attachment_changes(const email2::Part& before, const email2::Part& after)
{
    auto old_lines = attachment_lines(before), new_lines = attachment_lines(after);
    std::vector<AttachmentChange> changes;
    take_matches(old_lines, new_lines, [](const auto& a, const auto& b) { return a == b; }, nullptr);
    take_matches(old_lines, new_lines, [](const auto& a, const auto& b) { return a.name == b.name; }, &changes);
    for (auto& line : old_lines) changes.push_back({std::move(line), std::nullopt});
    for (auto& line : new_lines) changes.push_back({std::nullopt, std::move(line)});
    return changes;
}

}  // namespace gateway::mapping
