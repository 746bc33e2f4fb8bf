// mailbox_search: a plain scan over folded text; no trigram index pays (store.md 4).
#include "gateway/store/mailbox_search.h"

#include "gateway/store/mailbox_renditions.h"
#include "mime/fold.h"
#include "mime/header.h"
#include "mime/message.h"
#include "mime/outline.h"

#include <algorithm>
#include <cctype>

namespace gateway::store {

namespace {

using Kind = imap::ContentKey::Kind;
using Renditions = std::vector<std::int64_t>;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr std::size_t header_batch = 500;      // headers in memory at a time
constexpr std::int32_t first_octets = 65'536;  // of the content, read with its headers in one step;
                                               // longer headers take a step of their own

Renditions ids(const Rows& rows)
{
    Renditions out;
    out.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(rows.integer(row, 0));
    return out;
}

template <class... Ts>
Renditions select(Session& session, std::string_view sql, const Ts&... values)
{
    return ids(session.query(sql, values...));
}

Time midnight(sys_days day)
{
    return Time(day);
}

// The place between \x01 in rendition.headers, for split_part.
int place(Kind kind)
{
    switch (kind) {
    case Kind::subject: return 2;
    case Kind::from: return 3;
    case Kind::to: return 4;
    case Kind::cc: return 5;
    default: return 6;
    }
}

Renditions matching_address_or_subject(Session& session, const imap::ContentKey& key, const Renditions& renditions)
{
    return select(session,
        "select id from rendition where id = any($1) and strpos(headers, $2) > 0 and "
        "strpos(split_part(headers, chr(1), $3), $2) > 0",
        renditions, mime::fold(key.value), static_cast<std::int32_t>(place(key.kind)));
}

Renditions matching_body(Session& session, const imap::ContentKey& key, const Renditions& renditions)
{
    // The cheap test first; only what passes is looked at from the octet on where the body begins.
    return select(session,
        "select rendition_id from search_text where rendition_id = any($1) and strpos(text, $2) > 0"
        " and position(convert_to($2, 'UTF8') in substring(convert_to(text, 'UTF8') from body_at + "
        "1)) > 0",
        renditions, mime::fold(key.value));
}

// RFC 9051 6.4.4: of SENT* time and zone are disregarded, so the date counts as it is written.
std::optional<sys_days> written_day(std::string_view date)
{
    const auto colon = date.find(':');
    if (colon != std::string_view::npos) {
        auto end = colon;
        while (end < date.size() && (std::isdigit(static_cast<unsigned char>(date[end])) || date[end] == ':')) ++end;
        if (const auto local = mime::parse_date(std::string(date.substr(0, end)) + " +0000"))
            return floor<days>(*local);
    }
    const auto utc = mime::parse_date(date);
    return utc ? std::optional(floor<days>(*utc)) : std::nullopt;
}

// ENVELOPE begins with the Date field as a quoted string, or NIL.
std::string_view date_of_envelope(std::string_view envelope)
{
    if (!envelope.starts_with("(\"")) return {};
    envelope.remove_prefix(2);
    return envelope.substr(0, envelope.find('"'));
}

bool compares(Kind kind, sys_days value, sys_days day)
{
    switch (kind) {
    case Kind::sent_before: return value < day;
    case Kind::sent_on: return value == day;
    default: return value >= day;
    }
}

Renditions matching_sent(Session& session, const imap::ContentKey& key, const Renditions& renditions)
{
    const auto rows =
        session.query("select id, left(envelope, 200), internal_date from rendition where id = any($1)", renditions);
    Renditions out;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        // Without a Date that can be read, the day on which it came.
        const auto day = written_day(date_of_envelope(rows.octets(row, 1))).value_or(floor<days>(rows.time(row, 2)));
        if (compares(key.kind, day, key.day)) out.push_back(rows.integer(row, 0));
    }
    return out;
}

bool same_name(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
        [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool header_contains(std::string_view header, std::string_view name, std::string_view folded)
{
    const auto message = mime::parse(header);
    return std::any_of(message.root.fields.begin(), message.root.fields.end(), [&](const mime::Field& field) {
        return same_name(field.name.of(header), name) &&
               mime::fold(mime::decode_text(field.value.of(header))).find(folded) != std::string::npos;
    });
}

std::string header_of(Session& session, const Rows& rows, std::size_t row)
{
    const auto outline = mime::unpack(rows.octets(row, 1));
    const auto length = outline ? outline->header.end() : 0;
    std::string header = rows.text(row, 2);  // the trace
    header += rows.octets(row, 3);
    if (header.size() < length) return bytes_of(session, rows.integer(row, 0), 0, length);
    header.resize(length);
    return header;
}

// A Message-ID stands in the ENVELOPE too, where looking is cheap, and in `headers` if there are several; one with
// characters that quoting would change is looked for in full.
Renditions prefilter(Session& session, const imap::ContentKey& key, const Renditions& renditions)
{
    const bool in_envelope = same_name(key.field, "message-id") || same_name(key.field, "in-reply-to");
    const bool plain = std::all_of(key.value.begin(), key.value.end(),
        [](unsigned char c) { return c > ' ' && c < 127 && c != '"' && c != '\\'; });
    if (!in_envelope || !plain || key.value.empty()) return renditions;
    return select(session,
        "select id from rendition where id = any($1) and (strpos(lower(envelope), lower($2)) > 0 or "
        "strpos(headers, $3) > 0)",
        renditions, key.value, mime::fold(key.value));
}

Renditions matching_header(Session& session, const imap::ContentKey& key, const Renditions& renditions)
{
    const auto candidates = prefilter(session, key, renditions);
    const auto folded = mime::fold(key.value);
    Renditions out;
    for (std::size_t at = 0; at < candidates.size(); at += header_batch) {
        const Renditions batch(candidates.begin() + static_cast<std::ptrdiff_t>(at),
            candidates.begin() + static_cast<std::ptrdiff_t>(std::min(at + header_batch, candidates.size())));
        const auto rows =
            session.query("select r.id, r.outline, r.trace, coalesce(substring(b.data from 1 for $2), '')"
                          " from rendition r left join body b on b.rendition_id = r.id and b.n = 0 where r.id = "
                          "any($1)",
                batch, first_octets);
        for (std::size_t row = 0; row < rows.size(); ++row)
            if (header_contains(header_of(session, rows, row), key.field, folded)) out.push_back(rows.integer(row, 0));
    }
    return out;
}

// "T123" -> 123; -1 for what is no id of ours.
std::int64_t number_of(std::string_view id, char letter)
{
    if (id.size() < 2 || id.size() > 19 || id[0] != letter ||
        !std::all_of(id.begin() + 1, id.end(), [](unsigned char c) { return std::isdigit(c); }))
        return -1;
    return std::stoll(std::string(id.substr(1)));
}

Renditions found(Session& session, const imap::ContentKey& key, const Renditions& renditions)
{
    const auto day = midnight(key.day), next_day = midnight(key.day + days(1));
    const auto size = static_cast<std::int64_t>(std::min<std::uint64_t>(key.size, INT64_MAX));
    switch (key.kind) {
    case Kind::text:
        return select(session,
            "select rendition_id from search_text where rendition_id = any($1) and strpos(text, "
            "$2) > 0",
            renditions, mime::fold(key.value));
    case Kind::body: return matching_body(session, key, renditions);
    case Kind::subject:
    case Kind::from:
    case Kind::to:
    case Kind::cc:
    case Kind::bcc: return matching_address_or_subject(session, key, renditions);
    case Kind::header: return matching_header(session, key, renditions);
    case Kind::before:
        return select(session, "select id from rendition where id = any($1) and internal_date < $2", renditions, day);
    case Kind::on:
        return select(session,
            "select id from rendition where id = any($1) and internal_date >= $2 and internal_date "
            "< $3",
            renditions, day, next_day);
    case Kind::since:
        return select(session, "select id from rendition where id = any($1) and internal_date >= $2", renditions, day);
    case Kind::sent_before:
    case Kind::sent_on:
    case Kind::sent_since: return matching_sent(session, key, renditions);
    case Kind::larger:
        return select(session, "select id from rendition where id = any($1) and size > $2", renditions, size);
    case Kind::smaller:
        return select(session, "select id from rendition where id = any($1) and size < $2", renditions, size);
    case Kind::email_id:
        return select(
            session, "select id from rendition where id = any($1) and id = $2", renditions, number_of(key.value, 'E'));
    case Kind::thread_id:
        return select(session,
            "select r.id from rendition r join message m on m.id = r.message_id where r.id = "
            "any($1) and m.thread_id = $2",
            renditions, number_of(key.value, 'T'));
    }
    return {};
}

}  // namespace

std::vector<std::int64_t> matching(
    Session& session, const imap::ContentKey& key, const std::vector<std::int64_t>& renditions)
{
    auto out = found(session, key, renditions);
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace gateway::store
