// new_text: see new_text.h.

#include "gateway/mapping/new_text.h"

#include "email2/text.h"
#include "gateway/mapping/quoted_original.h"
#include "gateway/mapping/readable.h"

#include <algorithm>

namespace gateway::mapping {
namespace {

constexpr std::string_view edit_mark = "\u270f\ufe0f";  // a pencil, as an emoji

bool is_text(const email2::Part& part)
{
    return part.type.starts_with("text/") && part.sha256.empty() && part.disposition != "attachment" &&
           part.type != "text/calendar";
}

// What a reader takes for the text of a message: one part, or its alternatives; with the pictures that its HTML shows.
bool shows_text(const email2::Part& part)
{
    if (is_text(part)) return true;
    const bool one = part.type == "multipart/alternative" || part.type == "multipart/related";
    return one && std::any_of(part.parts.begin(), part.parts.end(), shows_text);
}

bool is_signed(const email2::Part& part)
{
    return part.type == "multipart/signed" && !part.parts.empty();
}

// Nothing that stands in an envelope is taken for a text: whoever opens it reads another.
const email2::Part* text_part(const email2::Part& part)
{
    if (is_envelope(part)) return nullptr;
    if (shows_text(part)) return &part;
    if (!part.type.starts_with("multipart/")) return nullptr;
    for (const auto& each : part.parts)
        if (const auto* found = text_part(each)) return found;
    return nullptr;
}

// True when it was there.
bool replace(email2::Part& part, const email2::Part& text)
{
    if (is_signed(part)) {  // no longer, once something in it is another
        auto content = std::move(part.parts.front());
        part = std::move(content);
        return replace(part, text);
    }
    if (is_envelope(part) ||
        shows_text(part)) {  // what an envelope holds is known to be a text by nobody but its readers
        part = text;
        return true;
    }
    if (!part.type.starts_with("multipart/")) return false;
    return std::any_of(part.parts.begin(), part.parts.end(), [&](auto& each) { return replace(each, text); });
}

}  // namespace

std::optional<email2::Part> with_text_of(const email2::Part& body, const email2::Part& mail)
{
    const auto* text = is_envelope(mail) ? &mail : text_part(mail);
    if (text == nullptr) return std::nullopt;
    if (is_signed(mail)) text = &mail;
    auto result = body;
    if (replace(result, *text)) return result;
    // A message of files alone: the text comes before them.
    if (result.type == "multipart/mixed") {
        result.parts.insert(result.parts.begin(), *text);
        return result;
    }
    return email2::Part{.type = "multipart/mixed", .parts = {*text, std::move(result)}};
}

std::optional<KeptPart> sealed_part(const mime::Message& message, std::string_view bytes, const email2::Part& body)
{
    const auto& root = message.root;
    if (!is_signed(body) && !is_envelope(body)) return std::nullopt;
    KeptPart kept{.part = body, .fields = {}, .body = std::string(root.body.of(bytes))};
    for (const auto& field : root.fields) {
        const auto name = field.name.of(bytes);
        auto value = field.value.of(bytes);
        if (!email2::ascii_lower(name).starts_with("content-")) continue;
        while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
        kept.fields.emplace_back(name, value);
    }
    return kept;
}

email2::Part without_edit_mark(email2::Part body)
{
    if (is_signed(body) || is_envelope(body)) return body;
    if (body.text.starts_with(edit_mark)) body.text.erase(0, edit_mark.size());
    for (auto& part : body.parts)
        if (shows_text(part)) part = without_edit_mark(std::move(part));
    return body;
}

email2::Part without_quote(const email2::Part& mail, const email2::Part& original)
{
    const auto* text = text_part(mail);
    if (text == nullptr || sealing_of(mail) != Sealing::none) return mail;
    const auto written = before_quote(readable_text(*text, Prefer::plain), readable_text(original, Prefer::plain));
    return written ? email2::Part{.type = "text/plain", .text = *written} : mail;
}

bool has_text(const email2::Part& body)
{
    const auto text = readable_text(body, Prefer::plain);
    return text.find_first_not_of(" \t\r\n\u00a0") != std::string::npos;
}

}  // namespace gateway::mapping
