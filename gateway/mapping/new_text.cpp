// new_text: see new_text.h.

#include "gateway/mapping/new_text.h"

#include "email2/text.h"
#include "gateway/mapping/quoted_original.h"
#include "gateway/mapping/readable.h"

#include <algorithm>
#include <iterator>

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

// More of the text, behind a file that stands between two paragraphs: Apple Mail writes plain text so. What has a name
// is a file, shown or not.
bool goes_on(const email2::Part& part)
{
    return shows_text(part) && part.name.empty();
}

// A text in several parts is one, of plain text alone; else they stay beside each other.
email2::Part together(std::vector<email2::Part> texts)
{
    if (texts.size() == 1) return std::move(texts.front());
    const auto plain = [](const email2::Part& part) { return part.type == "text/plain"; };
    if (!std::all_of(texts.begin(), texts.end(), plain)) return {.type = "multipart/mixed", .parts = std::move(texts)};
    auto whole = std::move(texts.front());
    for (auto text = texts.begin() + 1; text != texts.end(); ++text) {
        if (!whole.text.empty() && !whole.text.ends_with('\n')) whole.text += '\n';
        whole.text += text->text;
    }
    return whole;
}

// Nothing that stands in an envelope is taken for a text: whoever opens it reads another.
std::optional<email2::Part> text_part(const email2::Part& part)
{
    if (is_envelope(part)) return std::nullopt;
    if (shows_text(part)) return part;
    if (!part.type.starts_with("multipart/")) return std::nullopt;
    for (auto each = part.parts.begin(); each != part.parts.end(); ++each) {
        auto found = text_part(*each);
        if (!found) continue;
        std::vector<email2::Part> texts{std::move(*found)};
        if (part.type == "multipart/mixed")
            std::copy_if(each + 1, part.parts.end(), std::back_inserter(texts), goes_on);
        return together(std::move(texts));
    }
    return std::nullopt;
}

// What stands among the ways of showing a text without being one: the invitation itself (RFC 6047 2.4), and the files
// that one of them has between its paragraphs (a mixed within the alternative: Apple Mail's rich text). The pictures
// of HTML, in a related, go with it.
struct Beside {
    std::vector<email2::Part> ways, files;
};

void collect(const email2::Part& part, std::string_view within, Beside& beside)
{
    if (is_text(part)) return;
    if (part.type.starts_with("multipart/")) {
        for (const auto& each : part.parts) collect(each, part.type, beside);
        return;
    }
    if (within == "multipart/alternative") beside.ways.push_back(part);
    else if (within != "multipart/related") beside.files.push_back(part);
}

email2::Part with_what_stood_beside(email2::Part text, const email2::Part& old)
{
    Beside beside;
    collect(old, {}, beside);
    const auto wrap = [&](std::string_view type, std::vector<email2::Part>& more) {
        if (more.empty()) return;
        if (text.type != type) text = {.type = std::string(type), .parts = {std::move(text)}};
        std::move(more.begin(), more.end(), std::back_inserter(text.parts));
    };
    wrap("multipart/alternative", beside.ways);
    wrap("multipart/mixed", beside.files);
    return text;
}

// True when it was there.
bool replace(email2::Part& part, const email2::Part& text)
{
    if (is_signed(part)) {  // no longer, once something in it is another
        auto content = std::move(part.parts.front());
        part = std::move(content);
        return replace(part, text);
    }
    if (is_envelope(part)) {  // what it holds is known to be a text by nobody but its readers
        part = text;
        return true;
    }
    if (shows_text(part)) {
        part = with_what_stood_beside(text, part);
        return true;
    }
    if (!part.type.starts_with("multipart/")) return false;
    const auto found =
        std::find_if(part.parts.begin(), part.parts.end(), [&](auto& each) { return replace(each, text); });
    if (found == part.parts.end()) return false;
    if (part.type == "multipart/mixed")
        part.parts.erase(std::remove_if(found + 1, part.parts.end(), goes_on), part.parts.end());
    return true;
}

}  // namespace

std::optional<email2::Part> with_text_of(const email2::Part& body, const email2::Part& mail)
{
    auto text = is_envelope(mail) ? std::optional(mail) : text_part(mail);
    if (!text) return std::nullopt;
    if (is_signed(mail)) text = mail;
    auto result = body;
    if (replace(result, *text)) return result;
    // A message of files alone: the text comes before them.
    if (result.type == "multipart/mixed") {
        result.parts.insert(result.parts.begin(), *text);
        return result;
    }
    return email2::Part{.type = "multipart/mixed", .parts = {*text, std::move(result)}};
}

namespace {

KeptPart as_it_stands(const mime::Part& part, std::string_view bytes, const email2::Part& content)
{
    KeptPart kept{.part = content, .fields = {}, .body = std::string(part.body.of(bytes))};
    for (const auto& field : part.fields) {
        const auto name = field.name.of(bytes);
        auto value = field.value.of(bytes);
        if (!email2::ascii_lower(name).starts_with("content-")) continue;
        while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
        kept.fields.emplace_back(name, value);
    }
    return kept;
}

bool is_sealed(const email2::Part& part)
{
    return is_signed(part) || is_envelope(part);
}

template <class Wanted>
bool has(const email2::Part& body, const Wanted& wanted)
{
    return wanted(body) || std::any_of(body.parts.begin(), body.parts.end(),
                               [&](const email2::Part& each) { return has(each, wanted); });
}

std::optional<KeptPart> still_sealed(
    const mime::Part& part, std::string_view bytes, const email2::Part& earlier, const email2::Part& body)
{
    if (is_sealed(earlier)) {
        if (!has(body, [&](const auto& each) { return each == earlier; })) return std::nullopt;
        return as_it_stands(part, bytes, earlier);
    }
    if (!part.multipart()) return std::nullopt;
    for (std::size_t i = 0; i < std::min(part.parts.size(), earlier.parts.size()); ++i)
        if (auto kept = still_sealed(part.parts[i], bytes, earlier.parts[i], body)) return kept;
    return std::nullopt;
}

}  // namespace

std::optional<KeptPart> sealed_part(const mime::Message& message, std::string_view bytes, const email2::Part& body)
{
    if (!is_sealed(body)) return std::nullopt;
    return as_it_stands(message.root, bytes, body);
}

std::optional<KeptPart> still_sealed(
    const mime::Message& rendition, std::string_view bytes, const email2::Part& earlier, const email2::Part& body)
{
    return still_sealed(rendition.root, bytes, earlier, body);
}

email2::Part without_stale_signatures(email2::Part body, const email2::Part& earlier)
{
    if (is_signed(body)) {
        const auto& signature = body.parts.back();
        const bool fresh =
            !has(earlier, [&](const auto& each) { return is_signed(each) && each.parts.back() == signature; });
        if (fresh || has(earlier, [&](const auto& each) { return each == body; })) return body;
        auto content = std::move(body.parts.front());
        return without_stale_signatures(std::move(content), earlier);
    }
    if (body.type.starts_with("multipart/"))
        for (auto& part : body.parts) part = without_stale_signatures(std::move(part), earlier);
    return body;
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
    const auto text = text_part(mail);
    if (!text || sealing_of(mail) != Sealing::none) return mail;
    const auto written = before_quote(readable_text(*text, Prefer::plain), readable_text(original, Prefer::plain));
    return written ? email2::Part{.type = "text/plain", .text = *written} : mail;
}

bool has_text(const email2::Part& body)
{
    const auto text = readable_text(body, Prefer::plain);
    return text.find_first_not_of(" \t\r\n\u00a0") != std::string::npos;
}

bool says_something(const email2::Part& body)
{
    if (is_envelope(body)) return true;
    if (is_signed(body)) return says_something(body.parts.front());
    if (!body.parts.empty()) return std::any_of(body.parts.begin(), body.parts.end(), says_something);
    if (is_text(body)) return has_text(body);
    return !body.type.starts_with("multipart/") && body.content_id.empty() && body.type != "application/pgp-keys";
}

}  // namespace gateway::mapping
