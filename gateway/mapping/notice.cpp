// notice: see notice.h. RFC 3834 (Auto-Submitted), RFC 2369 and 8058 (List-Unsubscribe), RFC
// 5322 3.6.4 (threading).

#include "gateway/mapping/notice.h"

#include "email2/told.h"
#include "gateway/mapping/html.h"
#include "gateway/mapping/limits.h"
#include "gateway/mapping/list_fields.h"
#include "gateway/mapping/part_out.h"
#include "gateway/mapping/thread_index.h"

#include <fmt/format.h>

namespace gateway::mapping {
namespace {

// Whose answers its own are.
const email2::Name& answered_by_reply(const FollowUpContext& context)
{
    return context.answers ? *context.answers : context.message.id;
}

// Who did it, as long as the address is one of ours: nobody else may stand in From (mapping.md
// "Mail out").
mime::Address sender_of(const FollowUpContext& context, Sender sender)
{
    const auto& message = context.message;
    const auto daemon = [&](std::string name) {
        return mime::Address{
            .display_name = std::move(name), .local_part = "mailer-daemon", .domain = message.id.server, .group = {}};
    };
    if (sender == Sender::server) return daemon(message.id.server);
    if (sender == Sender::message && message.list)  // what is written to a list goes to everybody
        return daemon(message.content.subject);
    const auto& name = answered_by_reply(context);
    const mime::Address from_message{
        .display_name = message.id.server, .local_part = name.guid, .domain = name.server, .group = {}};
    if (sender == Sender::message) return from_message;
    const auto actor = mime::parse_addresses(context.actor);
    if (!actor.empty()) {
        const bool author = actor.front().spec() == message.from.address && message.from.kind == email2::Class::native;
        if (author || actor.front().domain == message.id.server) return actor.front();
    }
    return message.from.kind == email2::Class::native ? address_of(message.from) : from_message;
}

// The event for another gateway, and what it needs to apply an edit: the files are those that the mail brings, or it
// has.
std::string event_xml(const FollowUpContext& context, email2::EventKind kind)
{
    const auto actor = mime::parse_addresses(context.actor);
    email2::ToldEvent told{{.sequence = context.event,
                               .message = context.message.id,
                               .revision = context.message.revision,
                               .kind = kind,
                               .actor = actor.empty() ? std::string{} : actor.front().spec(),
                               .at = context.now},
        std::nullopt};
    if (kind != email2::EventKind::edited) return email2::write(told);
    told.content = context.message.content;
    auto xml = email2::write(told);
    if (xml.size() <= limits::told_content) return xml;
    told.content.reset();
    return email2::write(told);
}

// Spaces at line ends would read as soft breaks; only the signature's mark has one, RFC 3676 4.3.
std::string tidy(std::string_view text)
{
    std::string result;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        while (line != "-- " && (line.ends_with(' ') || line.ends_with('\t') || line.ends_with('\r')))
            line.remove_suffix(1);
        result.append(line).append("\n");
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

mime::Composed text_part(const Filled& body, const Filled& footer, std::string_view language)
{
    const auto text = body.text + (footer.text.empty() ? "" : "\n-- \n" + footer.text);
    const auto html = fmt::format("<!DOCTYPE html>\n<html lang=\"{}\"><head><meta "
                                  "charset=\"utf-8\"></head><body>\n{}{}</body></html>\n",
        escaped_html(language), body.html, footer.html.empty() ? "" : "<hr>\n" + footer.html);
    return multipart("alternative", {plain_text(tidy(text)), html_text(html)});
}

FieldList header_of(
    const FollowUpContext& context, const Texts& texts, const Notice& notice, const std::string& message_id)
{
    FieldList fields;
    fields.date("Date", context.now);
    fields.addresses("From", {sender_of(context, notice.sender)});
    fields.addresses("To", {address_of(context.recipient)});
    if (notice.reply == Reply::everybody)
        fields.addresses("Cc", {address_of(context.mailing_list.value_or(email2::Person{
                                   .address = answered_by_reply(context).str(), .name = texts.word("everybody")}))});
    const auto subject = notice.subject.empty() ? texts.word("subject.none") : notice.subject;
    const bool answers = notice.thread == Thread::answers;
    fields.text("Subject", answers ? answer_subject(subject) : subject);
    fields.ids("Message-ID", {message_id});
    if (answers) fields.conversation(thread_index(context.thread_index, context.message.id), subject);
    if (answers && !notice.parent.empty()) {
        fields.ids("In-Reply-To", {notice.parent});
        fields.ids("References", reference_chain(notice.references, notice.parent));
    }
    fields.raw("Auto-Submitted", notice.reason == Reason::action ? "auto-replied" : "auto-generated");
    for (const auto& [name, value] : notice.fields) fields.raw(name, value);
    fields.raw("MIME-Version", "1.0");
    return fields;
}

// Why it came and how not to get the like again; nothing where there is no choice.
Filled footer_of(const FollowUpContext& context, const Texts& texts, const Notice& notice)
{
    Values values;
    if (notice.can_leave) {
        values[context.mailing_list ? "leave_list_url" : "leave_url"] = link_value(context.leave_url);
        values["leave_address"] = link_value(context.leave_address);
    }
    values["mute_url"] = link_value(context.mute_url);
    const bool choice =
        std::any_of(values.begin(), values.end(), [](const auto& value) { return !value.second.text.empty(); });
    if (!choice) return {};
    if (context.mailing_list) values["mailing_list"] = inline_value(context.mailing_list->address);
    values["recipient"] = inline_value(context.recipient.address);
    return texts.footer("footer", values);
}

}  // namespace

FollowUp composed_notice(const FollowUpContext& context, const Texts& texts, Notice notice)
{
    const auto& id = answered_by_reply(context);
    FollowUp result{.message_id = context.own_id.empty() ? fmt::format("{}.e{}@{}", id.guid, context.event, id.server)
                                                         : context.own_id,
        .null_sender = notice.reason == Reason::action};
    const auto footer = footer_of(context, texts, notice);
    std::vector<mime::Composed> parts{text_part(notice.body, footer, context.language)};
    std::move(notice.enclosed.begin(), notice.enclosed.end(), std::back_inserter(parts));
    if (notice.kind)
        parts.push_back({.type = {.type = "application", .subtype = "email2+xml", .parameters = {}},
            .disposition = "inline",
            .filename = "event.xml",
            .content = event_xml(context, *notice.kind)});
    const auto body = parts.size() == 1 ? std::move(parts.front()) : multipart("mixed", std::move(parts));
    auto leaving = notice.can_leave ? unsubscribe_fields(context.leave_url, context.leave_address) : "";
    if (notice.can_leave && context.mailing_list) leaving = list_fields(*context.mailing_list) + leaving;
    result.bytes = leaving + mime::compose(header_of(context, texts, notice, result.message_id).fields(), body,
                                 result.message_id + context.recipient.address);
    return result;
}

}  // namespace gateway::mapping
