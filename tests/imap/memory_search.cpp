// memory_search: SEARCH over mails in memory, each parsed anew: slow, and easily seen to be right.
#include "memory_search.h"

#include "mime/ascii.h"
#include "mime/fold.h"
#include "mime/header.h"
#include "mime/message.h"

#include <algorithm>

namespace imap::test {

namespace {

bool contains(std::string_view text, std::string_view part)
{
    return text.find(mime::fold(part)) != std::string_view::npos;
}

bool in_field(const mime::Message& message, std::string_view bytes, std::string_view field, std::string_view value)
{
    for (const auto& f : message.root.fields) {
        if (mime::equal_ignoring_case(f.name.of(bytes), field) &&
            contains(mime::fold(mime::decode_text(f.value.of(bytes))), value))
            return true;
    }
    return false;
}

bool in_body(const mime::Part& part, std::string_view bytes, std::string_view value)
{
    if (part.parts.empty()) return part.type.type == "text" && contains(mime::fold(mime::text(part, bytes)), value);
    return std::ranges::any_of(part.parts, [&](const auto& child) { return in_body(child, bytes, value); });
}

bool in_headers(const mime::Part& part, std::string_view bytes, std::string_view value)
{
    return contains(mime::fold(mime::decode_text(part.header.of(bytes))), value);
}

bool matches_day(const ContentKey& key, std::chrono::sys_days day)
{
    using K = ContentKey::Kind;
    if (key.kind == K::before || key.kind == K::sent_before) return day < key.day;
    if (key.kind == K::on || key.kind == K::sent_on) return day == key.day;
    return day >= key.day;
}

}  // namespace

bool matches_key(const ContentKey& key, const StoredMail& mail)
{
    using K = ContentKey::Kind;
    const auto& bytes = *mail.bytes;
    const auto message = mime::parse(bytes);
    switch (key.kind) {
    case K::text: return in_headers(message.root, bytes, key.value) || in_body(message.root, bytes, key.value);
    case K::body: return in_body(message.root, bytes, key.value);
    case K::subject: return in_field(message, bytes, "subject", key.value);
    case K::from: return in_field(message, bytes, "from", key.value);
    case K::to: return in_field(message, bytes, "to", key.value);
    case K::cc: return in_field(message, bytes, "cc", key.value);
    case K::bcc: return in_field(message, bytes, "bcc", key.value);
    case K::header: return in_field(message, bytes, key.field, key.value);
    case K::before:
    case K::on:
    case K::since: return matches_day(key, std::chrono::floor<std::chrono::days>(mail.date));
    case K::sent_before:
    case K::sent_on:
    case K::sent_since: {
        const auto sent = mime::parse_date(mime::raw(message.root, bytes, "date").value_or(""));
        return sent && matches_day(key, std::chrono::floor<std::chrono::days>(*sent));
    }
    case K::larger: return bytes.size() > key.size;
    case K::smaller: return bytes.size() < key.size;
    case K::email_id: return key.value == "E" + std::to_string(bytes.size());
    case K::thread_id: return key.value == "T1";
    }
    return false;
}

}  // namespace imap::test
