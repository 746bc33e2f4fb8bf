// verbs_preview: what an edit, a change of a list or a withdrawal would do, told by doing it and taking it back.
// email2.md "Verbs".
//
// The same code acts and previews: its transaction is looked at and rolled back where it would be committed; so the two
// cannot drift apart. What it wrote is found by the transaction's id on the rows.
#include "gateway/mapping/mail_in.h"
#include "gateway/store/follow_ups_sql.h"
#include "gateway/store/outbox_make.h"
#include "gateway/store/report_limits.h"
#include "gateway/store/store.h"

#include <fmt/format.h>

namespace gateway::store {

namespace {

// Whoever would be told the same: of one kind, knowing the same revision, under the subject of the same first one, in
// one language.
struct Group {
    QueuedMail first;
    std::uint32_t recipients = 0;
    std::uint32_t waiting = 0;  // of them, for the daily summary
};

email2::EventKind event_of(Mail kind)
{
    if (kind == Mail::edited) return email2::EventKind::edited;
    return kind == Mail::withdrawn ? email2::EventKind::withdrawn : email2::EventKind::to_changed;
}

std::string first_of_type(const email2::Part& part, std::string_view type)
{
    if (part.parts.empty()) return part.type == type ? part.text : std::string{};
    for (const auto& each : part.parts)
        if (auto text = first_of_type(each, type); !text.empty()) return text;
    return {};
}

email2::PreviewMail shown(const std::string& bytes, const std::string& language, Mail kind)
{
    const auto content = mapping::content_of(mime::parse(bytes), bytes);
    return {.kind = event_of(kind),
        .language = language,
        .subject = content.subject,
        .text = first_of_type(content.body, "text/plain"),
        .html = first_of_type(content.body, "text/html")};
}

std::string counted(std::uint32_t n, std::string_view one, std::string_view many)
{
    return fmt::format("{} {}", n, n == 1 ? one : many);
}

std::string sentence(const email2::Preview& preview)
{
    auto text = counted(preview.mailboxes, "mailbox changes", "mailboxes change") + ", " +
                counted(preview.mails, "correspondent gets a mail", "correspondents get a mail");
    if (preview.summaries > 0)
        text += ", " + counted(preview.summaries, "correspondent is told by the daily summary",
                           "correspondents are told by the daily summary");
    if (preview.notices > 0) text += ", " + counted(preview.notices, "account gets a notice", "accounts get a notice");
    if (preview.unsent > 0) text += ", " + counted(preview.unsent, "mail has not left yet", "mails have not left yet");
    return text + ".";
}

}  // namespace

// How many a notice is for, as far as the actor may know of them.
std::uint32_t PostgresStore::shown_recipients(const NewMessage& notice, const Seen& seen)
{
    std::vector<std::string> addresses;
    for (const auto& recipient : notice.recipients) addresses.push_back(recipient.address);
    return static_cast<std::uint32_t>(session_
            .query(
                "select count(*)::int from person p where p.address = any($1::text[]) "
                "and ($2 or not exists (select from entry b where b.list_id = any($3::int8[]) and b.person_id = p.id and b.role = 2))",
                addresses, seen.facts.originator == seen.person.id, seen.facts.holders)
            .integer(0, 0));
}

email2::Preview PostgresStore::preview_of(const Seen& seen)
{
    email2::Preview preview;
    const bool blind_too = seen.facts.originator == seen.person.id;
    preview.mailboxes = static_cast<std::uint32_t>(session_
            .query(
                "select count(distinct b.user_id)::int from mailbox b where b.xmin = pg_current_xact_id()::xid and b.user_id <> $1 and b.use <> 7 "
                "and ($2 or not exists (select from entry e where e.list_id = any($3::int8[]) and e.person_id = b.user_id and e.role = 2))",
                seen.person.id, blind_too, seen.facts.holders)
            .integer(0, 0));
    preview_mails(preview, seen);
    preview.summary = sentence(preview);
    return preview;
}

void PostgresStore::preview_mails(email2::Preview& preview, const Seen& seen)
{
    // What this transaction queued, or held back; an edit also goes into the mails about earlier ones that have not
    // left.
    const auto rows = session_.query(R"(
select e.id, e.message_id, e.person_id, e.kind, e.event, e.queued, p.address, d.revision,
  e.kind = 0 unsent, p.language, p.muted & (1 << $5) <> 0 no_summary,
  coalesce((select v.revision from event v where v.message_id = e.message_id and v.person_id = e.person_id and v.kind = $6 order by v.seq limit 1), 0) got
from egress e join person p on p.id = e.person_id join message m on m.id = e.message_id left join delivery d on d.message_id = e.message_id and d.person_id = e.person_id
where e.message_id in ($1, $2) and p.muted & (1 << e.kind) = 0 and not )" DEAD("e", "m", "p", "$7", "$8") R"(
 and (e.xmin = pg_current_xact_id()::xid or (e.message_id = $1 and e.owner = 0 and e.kind in (0, 1)
   and exists (select from revision v where v.message_id = $1 and v.xmin = pg_current_xact_id()::xid)))
 and ($3 or not exists (select from entry b where b.list_id = any($4::int8[]) and b.person_id = p.id and b.role = 2))
order by e.person_id)",
        seen.facts.id, seen.facts.list, seen.facts.originator == seen.person.id, seen.facts.holders,
        static_cast<std::int32_t>(Mail::summary), static_cast<std::int16_t>(email2::EventKind::delivered),
        static_cast<std::int16_t>(limits::bounces_of_the_dead), static_cast<std::int32_t>(limits::dead_for.count()));
    const auto held = session_.query(
        "select count(*)::int from delivery where message_id = $1 and state = 5 and xmin = pg_current_xact_id()::xid",
        seen.facts.id);
    preview.unsent = static_cast<std::uint32_t>(held.integer(0, 0));
    std::vector<std::int64_t> queued;
    for (std::size_t i = 0; i < rows.size(); ++i) queued.push_back(rows.integer(i, 0));
    const auto waiting = would_wait(session_, settings_.make, queued);
    std::map<std::tuple<Mail, std::int32_t, std::int64_t, std::string>, Group> groups;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows.boolean(i, 8)) {
            ++preview.unsent;
            continue;
        }
        if (waiting.contains(rows.integer(i, 0)) && rows.boolean(i, 10)) continue;  // nor do they want a summary
        QueuedMail mail;
        mail.id = rows.integer(i, 0);
        mail.message = rows.integer(i, 1);
        mail.person = static_cast<std::int32_t>(rows.integer(i, 2));
        mail.kind = static_cast<Mail>(rows.integer(i, 3));
        mail.event = rows.integer(i, 4);
        mail.queued = rows.time(i, 5);
        mail.recipient = rows.text(i, 6);
        if (!rows.null(i, 7)) mail.known = static_cast<std::int32_t>(rows.integer(i, 7));
        auto& group = groups[{mail.kind, mail.known.value_or(0), rows.integer(i, 11), rows.text(i, 9)}];
        if (waiting.contains(mail.id)) ++group.waiting;
        if (group.recipients++ == 0) group.first = std::move(mail);
    }
    for (const auto& [key, group] : groups) {
        const auto made = make_mail(session_, settings_.make, group.first, Making::to_preview);
        if (!made) continue;
        for (const auto& notice : made->notices) preview.notices += shown_recipients(notice, seen);
        if (!made->notices.empty()) continue;
        const auto at_once = group.recipients - group.waiting;
        preview.mails += at_once;
        preview.summaries += group.waiting;
        if (at_once == 0) continue;
        auto mail = shown(made->bytes, made->language, group.first.kind);
        mail.recipients = at_once;
        preview.follow_ups.push_back(std::move(mail));
    }
}

template <class Verb>
email2::Result<email2::Preview> PostgresStore::previewed(const std::string& actor, const email2::Name& id, Verb verb)
{
    const auto seen = look(actor, id);
    if (!seen) return tl::unexpected(seen.error());
    email2::Preview preview;
    preview.summary = sentence(preview);  // of a verb that changes nothing
    session_.look_instead_of_commit([&] { preview = preview_of(*seen); });
    const std::shared_ptr<void> ends(nullptr, [this](void*) { session_.look_instead_of_commit(nullptr); });
    if (auto done = verb(); !done) return tl::unexpected(done.error());
    return preview;
}

email2::Result<email2::Preview> PostgresStore::preview_edit(
    const std::string& actor, const email2::Name& id, std::uint32_t replaces, const email2::Content& content)
{
    return previewed(actor, id, [&] { return edit(actor, id, replaces, content, std::nullopt); });
}

email2::Result<email2::Preview> PostgresStore::preview_change(
    const std::string& actor, const email2::Name& id, const email2::ListChange& change)
{
    return previewed(actor, id, [&] { return change_list(actor, id, change); });
}

email2::Result<email2::Preview> PostgresStore::preview_withdraw(const std::string& actor, const email2::Name& id)
{
    return previewed(actor, id, [&] { return withdraw(actor, id); });
}

}  // namespace gateway::store
