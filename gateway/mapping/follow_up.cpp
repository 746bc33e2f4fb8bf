// follow_up: one function for each row of the degradation table that reaches correspondents.
// mapping.md "After sending".

#include "gateway/mapping/follow_up.h"

#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/notice.h"
#include "gateway/mapping/part_out.h"
#include "gateway/mapping/readable.h"
#include "gateway/mapping/word_diff.h"

namespace gateway::mapping {
namespace {

Values common_values(const FollowUpContext& context, const Texts& texts, email2::Time when)
{
    return {{"actor", inline_value(context.actor)}, {"when", inline_value(texts.date(when))}};
}

// A notice about the message, in its thread.
Notice about(const FollowUpContext& context, std::optional<email2::EventKind> kind, Filled body)
{
    Notice notice{
        .kind = kind,
        .subject = context.message.content.subject,
        .parent = context.message_id,
        .references = context.references};
    notice.body = std::move(body);
    return notice;
}

Value shown_text(std::string_view text, const Texts& texts)
{
    const bool blank = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
    return block_value(blank ? texts.word("no.text") : text);
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

std::string attachment_text(const std::vector<AttachmentChange>& changes, const Texts& texts)
{
    std::string lines;
    for (const auto& [before, after] : changes) {
        const auto& shown = after ? *after : *before;
        const auto* key = !before  ? "attachment.added"
                          : !after ? "attachment.removed"
                                   : "attachment.changed";
        lines += "- " +
                 texts.word(
                     key,
                     {{"name", shown.name},
                      {"size", texts.size(shown.size)},
                      {"before", before ? texts.size(before->size) : ""}}
                 ) +
                 "\n";
    }
    return lines;
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
    return {
        .bytes = without_fields(message, bytes, {"bcc", "resent-bcc"}),
        .message_id = std::move(facts.message_id),
        .line = texts.word("list.line", {{"date", date}, {"from", from}, {"subject", subject}}),
        .references = std::move(facts.references)};
}

mime::Composed message_part(std::string bytes)
{
    return {
        .type = {.type = "message", .subtype = "rfc822", .parameters = {}},
        .content = std::move(bytes)};
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

std::optional<FollowUp> edited(const FollowUpContext& context, const email2::Content& before)
{
    const auto& after = context.message.content;
    const auto text = text_change(before.body, after.body);
    const auto attachments = attachment_changes(before.body, after.body);
    const bool new_text = words_differ(text.before, text.after),
               new_subject = words_differ(before.subject, after.subject);
    if (!new_text && !new_subject && attachments.empty()) return std::nullopt;

    const Texts texts(context.language);
    auto values = common_values(context, texts, context.message.edited.value_or(context.now));
    values["text"] = shown_text(text.after, texts);
    if (new_subject) values["subject"] = inline_value(after.subject);
    if (new_text) {
        const auto spans = word_diff(text.before, text.after);
        values["changes"] = {as_text(spans), as_html(spans)};
    }
    values["attachments"] = block_value(attachment_text(attachments, texts));

    auto notice = about(context, email2::EventKind::edited, texts.fill("edited", values));
    notice.subject = before.subject;  // the one by which their client threads it
    notice.fields.emplace_back("Chat-Edit", "<" + context.message_id + ">");
    return composed_notice(context, texts, std::move(notice));
}

FollowUp added(const FollowUpContext& context, const std::vector<std::string>& thread)
{
    const Texts texts(context.language);
    auto notice = about(context, email2::EventKind::to_changed, {});
    auto values = common_values(context, texts, context.now);
    values["list"] = block_value(add_digest(notice, thread, texts));
    values["text"] = block_value(readable_text(context.message.content.body, Prefer::plain));
    notice.body = texts.fill("added", values);
    return composed_notice(context, texts, std::move(notice));
}

FollowUp left(const FollowUpContext& context)
{
    const Texts texts(context.language);
    auto values = common_values(context, texts, context.now);
    values["rejoin_url"] = link_value(context.rejoin_url);
    values["rejoin_address"] = link_value(context.rejoin_address);
    auto notice = about(context, email2::EventKind::left, texts.fill("left", values));
    notice.sender = Sender::message;
    notice.reply = Reply::nobody;
    notice.reason = Reason::action;
    notice.can_leave = false;
    return composed_notice(context, texts, std::move(notice));
}

FollowUp rejoined(const FollowUpContext& context, const std::vector<std::string>& missed)
{
    const Texts texts(context.language);
    auto notice = about(context, email2::EventKind::rejoined, {});
    auto values = common_values(context, texts, context.now);
    values["list"] = block_value(add_digest(notice, missed, texts));
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
        context,
        email2::EventKind::withdrawn,
        texts.fill("withdrawn", common_values(context, texts, context.now))
    );
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

FollowUp answered(const FollowUpContext& context, std::string_view said)
{
    const Texts texts(context.language);
    auto notice =
        about(context, std::nullopt, texts.fill("answered", {{"said", inline_value(said)}}));
    notice.sender = Sender::message;
    notice.reply = Reply::nobody;
    notice.reason = Reason::action;
    notice.can_leave = false;
    return composed_notice(context, texts, std::move(notice));
}

}  // namespace gateway::mapping
