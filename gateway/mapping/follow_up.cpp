// follow_up: one function for each row of the degradation table that reaches correspondents.
// mapping.md "After sending".

#include "gateway/mapping/follow_up.h"

#include "gateway/mapping/limits.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/notice.h"
#include "gateway/mapping/part_out.h"
#include "gateway/mapping/readable.h"
#include "gateway/mapping/sha256.h"
#include "gateway/mapping/word_diff.h"

namespace gateway::mapping {
namespace {

Values common_values(const FollowUpContext& context, const Texts& texts, email2::Time when)
{
    Values values{{"actor", inline_value(context.actor)}, {"when", inline_value(texts.date(when))}};
    if (context.mailing_list) values["mailing_list"] = inline_value(context.mailing_list->address);
    return values;
}

// The template of that name, or the one for mailing lists.
std::string of_list(const FollowUpContext& context, const char* name)
{
    return std::string(name) + (context.mailing_list ? "-list" : "");
}

// A notice about the message, in its thread.
Notice about(const FollowUpContext& context, std::optional<email2::EventKind> kind, Filled body)
{
    Notice notice{.kind = kind,
        .subject = context.subject.value_or(context.message.content.subject),
        .parent = context.message_id,
        .references = context.references};
    notice.body = std::move(body);
    return notice;
}

// One to an account, put beside the message.
Notice inner_notice(const FollowUpContext& context, Filled body)
{
    auto notice = about(context, std::nullopt, std::move(body));
    notice.sender = Sender::message;
    notice.reply = Reply::nobody;
    notice.can_leave = false;
    return notice;
}

Value shown_text(std::string_view text, const Texts& texts)
{
    const bool blank = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
    return quoted_value(block_value(blank ? texts.word("no.text") : text));
}

struct TextChange {
    std::string before, after;
};

// The texts to compare: the plain ones, or the HTML ones when only those differ; equal ones when
// nothing did.
TextChange text_change(const email2::Part& before, const email2::Part& after)
{
    TextChange plain{readable_text(before, Prefer::plain), readable_text(after, Prefer::plain)};
    if (words_differ(plain.before, plain.after)) return plain;
    TextChange html{readable_text(before, Prefer::html), readable_text(after, Prefer::html)};
    return words_differ(html.before, html.after) ? html : plain;
}

struct EditChange {
    TextChange text;
    std::vector<AttachmentChange> attachments;
    bool text_differs = false, subject_differs = false, cipher_differs = false;

    [[nodiscard]] bool nothing() const
    {
        return !text_differs && !subject_differs && !cipher_differs && attachments.empty();
    }
};

EditChange edit_change(const email2::Content& before, const email2::Content& after)
{
    EditChange change{.text = text_change(before.body, after.body),
        .attachments = attachment_changes(before.body, after.body),
        .subject_differs = words_differ(before.subject, after.subject)};
    change.text_differs = words_differ(change.text.before, change.text.after);
    change.cipher_differs = sealing_of(after.body) == Sealing::envelope && !(before.body == after.body);
    return change;
}

// How a change is marked, shown by itself: "[-old-] {+new+}".
Value legend(const Texts& texts)
{
    const std::vector<Span> spans{{Change::removed, texts.word("changes.removed")}, {Change::same, " "},
        {Change::inserted, texts.word("changes.inserted")}};
    const auto text = as_text(spans), html = as_html(spans);
    return {text.substr(0, text.find('\n')), html.substr(0, html.find("<br>"))};
}

std::string attachment_text(const std::vector<AttachmentChange>& changes, const Texts& texts)
{
    std::string lines;
    for (const auto& [before, after] : changes) {
        const auto& shown = after ? *after : *before;
        const auto* key = !before ? "attachment.added" : !after ? "attachment.removed" : "attachment.changed";
        lines += "- " +
                 texts.word(key, {{"name", shown.name}, {"size", texts.size(shown.size)},
                                     {"before", before ? texts.size(before->size) : ""}}) +
                 "\n";
    }
    return lines;
}

// A file that is text stands in the document itself.
std::string sha256_of(const email2::Part& part)
{
    return part.sha256.empty() ? sha256_hex(part.text) : part.sha256;
}

void collect(const email2::Part& part, std::vector<const email2::Part*>& leaves)
{
    if (part.parts.empty()) leaves.push_back(&part);
    for (const auto& each : part.parts) collect(each, leaves);
}

// The attachments that are new or other than before, as long as they are small enough to send again.
std::vector<mime::Composed> brought_along(
    const std::vector<AttachmentChange>& changes, const email2::Part& body, const BlobSource& blobs)
{
    std::vector<mime::Composed> parts;
    if (!blobs) return parts;
    std::vector<const email2::Part*> leaves;
    collect(body, leaves);
    std::uint64_t sum = 0;
    for (const auto& change : changes) {
        if (!change.after || sum + change.after->size > limits::attached) continue;
        const auto found = std::find_if(
            leaves.begin(), leaves.end(), [&](const auto* leaf) { return sha256_of(*leaf) == change.after->sha256; });
        if (found == leaves.end()) continue;
        sum += change.after->size;
        auto part = composed_of(**found, blobs);
        part.disposition = "attachment";
        part.content_id.clear();
        if (part.filename.empty() && part.type.is("text", "calendar")) part.filename = "invite.ics";
        parts.push_back(std::move(part));
    }
    return parts;
}

std::string enumerated(const std::vector<std::string>& items, const Texts& texts)
{
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) text += i + 1 == items.size() ? " " + texts.word("and") + " " : ", ";
        text += items[i];
    }
    return text;
}

// A line of a summary: what happened to one message.
std::string told_line(const Told& told, const Texts& texts)
{
    const auto* key = told.kind == email2::EventKind::withdrawn    ? "told.withdrawn"
                      : told.kind == email2::EventKind::undeleted  ? "told.restored"
                      : told.kind == email2::EventKind::to_changed ? "told.removed"
                                                                   : "told.edited";
    return "- " +
           texts.word(key, {{"when", texts.date(told.at)}, {"actor", told.actor},
                               {"subject", told.subject.empty() ? texts.word("no.subject") : told.subject}}) +
           "\n";
}

struct Enclosed {  // a message to enclose, and what a list says of it
    std::string bytes, message_id, line;
    std::vector<std::string> references;
};

Enclosed enclosed(std::string_view bytes, const Texts& texts)
{
    const auto message = mime::parse(bytes);
    auto facts = read_facts(message, bytes);
    const auto subject = facts.subject.empty() ? texts.word("no.subject") : facts.subject;
    const auto from = facts.from.empty() ? std::string{} : display_of(facts.from.front());
    const auto date = facts.date ? texts.date(*facts.date) : std::string{};
    const auto* key = date.empty() ? "list.undated" : "list.line";
    return {.bytes = without_fields(message, bytes, {"bcc", "resent-bcc"}),
        .message_id = std::move(facts.message_id),
        .line = texts.word(key, {{"date", date}, {"from", from}, {"subject", subject}}),
        .references = std::move(facts.references)};
}

mime::Composed message_part(std::string bytes)
{
    return {.type = {.type = "message", .subtype = "rfc822", .parameters = {}}, .content = std::move(bytes)};
}

// Puts the messages into the notice as a digest and lets it answer the newest; gives the list of
// them.
std::string add_digest(Notice& notice, const std::vector<std::string>& messages, const Texts& texts)
{
    std::vector<mime::Composed> parts;
    std::string list;
    for (const auto& bytes : messages) {
        auto each = enclosed(bytes, texts);
        list += "- " + each.line + "\n";
        parts.push_back(message_part(std::move(each.bytes)));
        if (each.message_id.empty()) continue;
        notice.parent = std::move(each.message_id);
        notice.references = std::move(each.references);
    }
    if (!parts.empty()) notice.enclosed.push_back(multipart("digest", std::move(parts)));
    return list;
}

}  // namespace

std::optional<FollowUp> edited(const FollowUpContext& context, const std::optional<email2::Content>& before,
    const BlobSource& blobs, std::string_view bytes)
{
    const auto& after = context.message.content;
    const auto sealing = sealing_of(after.body);
    const bool whole = sealing != Sealing::none && !bytes.empty() && bytes.size() <= limits::attached;
    const Texts texts(context.language);
    auto values = common_values(context, texts, context.message.edited.value_or(context.now));
    std::vector<mime::Composed> attached;
    std::string new_text = readable_text(after.body, Prefer::plain);
    if (before) {
        const auto change = edit_change(*before, after);
        if (change.nothing()) return std::nullopt;
        new_text = change.text.after;
        if (change.subject_differs) values["subject"] = inline_value(after.subject);
        if (change.text_differs) {
            const auto spans = word_diff(change.text.before, change.text.after);
            values["changes"] = quoted_value({as_text(spans), as_html(spans)});
            values["legend"] = legend(texts);
        }
        values["attachments"] = list_value(attachment_text(change.attachments, texts));
        if (!whole) attached = brought_along(change.attachments, after.body, blobs);
    }
    values["text"] = sealing == Sealing::envelope && new_text.empty()
                         ? quoted_value(block_value(texts.word("no.text.encrypted")))
                         : shown_text(new_text, texts);
    if (whole)
        values["sealing"] =
            inline_value(texts.word(sealing == Sealing::signature ? "sealing.signed" : "sealing.encrypted"));

    auto notice = about(context, email2::EventKind::edited, texts.fill("edited", values));
    if (before && !context.subject) notice.subject = before->subject;
    notice.enclosed = std::move(attached);
    if (whole) notice.enclosed.push_back(message_part(enclosed(bytes, texts).bytes));
    notice.fields.emplace_back("Chat-Edit", "<" + context.message_id + ">");
    return composed_notice(context, texts, std::move(notice));
}

bool is_news(const email2::Content& before, const email2::Content& after)
{
    return !edit_change(before, after).nothing();
}

FollowUp added(const FollowUpContext& context, const std::vector<std::string>& thread, std::size_t older)
{
    const Texts texts(context.language);
    auto notice = about(context, email2::EventKind::to_changed, {});
    auto values = common_values(context, texts, context.now);
    values["list"] = list_value(add_digest(notice, thread, texts));
    if (older > 0) values["older"] = inline_value(std::to_string(older));
    const auto newest =
        thread.empty() ? context.message.content.body : content_of(mime::parse(thread.back()), thread.back()).body;
    values["text"] = quoted_value(block_value(readable_text(newest, Prefer::plain)));
    notice.body = texts.fill("added", values);
    return composed_notice(context, texts, std::move(notice));
}

FollowUp removed(const FollowUpContext& context)
{
    const Texts texts(context.language);
    auto notice = about(context, email2::EventKind::to_changed,
        texts.fill(of_list(context, "removed"), common_values(context, texts, context.now)));
    notice.sender = Sender::message;  // the one who did it is nobody to argue with by answering
    notice.reply = Reply::nobody;
    notice.can_leave = false;
    return composed_notice(context, texts, std::move(notice));
}

FollowUp summary(
    const FollowUpContext& context, const std::vector<Told>& told, const std::vector<std::string>& readable)
{
    const Texts texts(context.language);
    auto notice = about(context, std::nullopt, {});
    std::string list;
    for (const auto& each : told) list += told_line(each, texts);
    Values values{{"list", list_value(list)}};
    if (!readable.empty()) {
        (void)add_digest(notice, readable, texts);
        values["attached"] = inline_value(std::to_string(readable.size()));
    }
    notice.body = texts.fill("summary", values);
    notice.subject = texts.word("summary.subject");
    notice.thread = Thread::none;
    notice.sender = Sender::server;
    notice.reply = Reply::nobody;
    notice.can_leave = false;
    return composed_notice(context, texts, std::move(notice));
}

FollowUp left(const FollowUpContext& context)
{
    const Texts texts(context.language);
    auto values = common_values(context, texts, context.now);
    values["rejoin_url"] = link_value(context.rejoin_url);
    values["rejoin_address"] = link_value(context.rejoin_address);
    auto notice = about(context, email2::EventKind::left, texts.fill(of_list(context, "left"), values));
    if (context.message.list) {
        notice.thread = Thread::none;
        notice.subject = texts.word("done.unsubscribed.subject", {{"list", notice.subject}});
    }
    notice.sender = Sender::message;
    notice.reply = Reply::nobody;
    notice.reason = Reason::action;
    notice.can_leave = false;
    return composed_notice(context, texts, std::move(notice));
}

FollowUp rejoined(const FollowUpContext& context, const std::vector<std::string>& missed, std::size_t older)
{
    const Texts texts(context.language);
    auto notice = about(context, email2::EventKind::rejoined, {});
    auto values = common_values(context, texts, context.now);
    values["list"] = list_value(add_digest(notice, missed, texts));
    if (older > 0) values["older"] = inline_value(std::to_string(older));
    notice.body = texts.fill(missed.empty() ? "rejoined-nothing" : "rejoined", values);
    notice.sender = Sender::message;
    notice.reply = Reply::nobody;  // From is the message's address already
    notice.reason = Reason::action;
    return composed_notice(context, texts, std::move(notice));
}

FollowUp withdrawn(const FollowUpContext& context)
{
    const Texts texts(context.language);
    auto notice = about(
        context, email2::EventKind::withdrawn, texts.fill("withdrawn", common_values(context, texts, context.now)));
    notice.reply = Reply::nobody;
    notice.fields.emplace_back("Chat-Delete", "<" + context.message_id + ">");
    return composed_notice(context, texts, std::move(notice));
}

FollowUp restored(const FollowUpContext& context, std::string_view bytes)
{
    const Texts texts(context.language);
    auto values = common_values(context, texts, context.now);
    values["text"] = shown_text(readable_text(context.message.content.body, Prefer::plain), texts);
    auto notice = about(context, email2::EventKind::undeleted, texts.fill("restored", values));
    notice.enclosed.push_back(message_part(enclosed(bytes, texts).bytes));
    return composed_notice(context, texts, std::move(notice));
}

FollowUp answered(const FollowUpContext& context, const Answer& answer)
{
    const Texts texts(context.language);
    auto notice = about(context, std::nullopt, texts.fill("answered", {{"said", inline_value(answer.said)}}));
    notice.sender = Sender::message;
    notice.reply = Reply::nobody;
    notice.reason = Reason::action;
    notice.can_leave = false;
    if (context.message.list) notice.thread = Thread::none;  // a list is no mail
    if (!answer.subject.empty()) notice.subject = answer.subject;
    if (!answer.reply_to.empty()) notice.fields.emplace_back("Reply-To", "<" + answer.reply_to + ">");
    return composed_notice(context, texts, std::move(notice));
}

FollowUp joined(const FollowUpContext& context, const std::vector<std::string>& people)
{
    const Texts texts(context.language);
    auto values = common_values(context, texts, context.now);
    values["people"] = inline_value(enumerated(people, texts));
    return composed_notice(context, texts, inner_notice(context, texts.fill("joined", values)));
}

FollowUp skipped(const FollowUpContext& context, const std::vector<std::string>& people)
{
    const Texts texts(context.language);
    const Values values{{"people", inline_value(enumerated(people, texts))}};
    return composed_notice(context, texts, inner_notice(context, texts.fill("skipped", values)));
}

}  // namespace gateway::mapping
