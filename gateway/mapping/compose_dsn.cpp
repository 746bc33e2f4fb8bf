// compose_dsn: a delivery status notification for an author, RFC 3461 6, RFC 3464, RFC 6522; RFC
// 6533 for international addresses.

#include "email2/text.h"
#include "gateway/mapping/bounce.h"
#include "gateway/mapping/fields.h"
#include "gateway/mapping/limits.h"
#include "gateway/mapping/part_out.h"
#include "gateway/mapping/texts.h"

#include <algorithm>
#include <charconv>

namespace gateway::mapping {
namespace {

struct Form {  // how an action is called
    BounceAction action;
    std::string_view name, default_status;
};

constexpr std::array<Form, 5> forms{{{BounceAction::failed, "failed", "5.0.0"},
    {BounceAction::delayed, "delayed", "4.0.0"}, {BounceAction::delivered, "delivered", "2.0.0"},
    {BounceAction::relayed, "relayed", "2.0.0"}, {BounceAction::expanded, "expanded", "2.0.0"}}};

const Form& form_of(BounceAction action)
{
    return *std::find_if(forms.begin(), forms.end(), [&](const Form& form) { return form.action == action; });
}

// RFC 3461 4: "+2B" is '+'.
std::string from_xtext(std::string_view text)
{
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char octet = 0;
        const auto* end = text.data() + std::min(i + 3, text.size());
        if (text[i] == '+' && std::from_chars(text.data() + i + 1, end, octet, 16).ptr == text.data() + i + 3) {
            result += static_cast<char>(octet);
            i += 2;
        } else result += text[i];
    }
    return result;
}

// A field of the report: one line of visible characters, folded at words, so that nothing a server
// said adds a field.
void add(std::string& to, std::string_view name, std::string_view value)
{
    if (value.empty()) return;
    std::string line = std::string(name) + ":";
    std::size_t at = 0;
    while (at < value.size()) {
        const auto is_gap = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
        while (at < value.size() && is_gap(value[at])) ++at;
        const auto from = at;
        while (at < value.size() && !is_gap(value[at]) && at - from < limits::report_word) ++at;
        if (at == from) break;
        if (line.size() + 1 + at - from > 76 && !line.ends_with(':')) {
            to += line + "\r\n";
            line.clear();
        }
        line.append(" ").append(value.substr(from, at - from));
    }
    to += line + "\r\n";
}

// RFC 3464 2.1: fields are ASCII; what servers say often is not.
std::string ascii_only(std::string text)
{
    std::replace_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 126; }, '?');
    return text;
}

std::string type_of(std::string_view address)
{
    return email2::is_ascii(address) ? "rfc822; " : "utf-8; ";
}

std::string status_part(const DsnFacts& facts)
{
    std::string part;
    add(part, "Original-Envelope-Id", from_xtext(facts.envid));
    add(part, "Reporting-MTA", "dns; " + facts.hostname);
    if (facts.arrived != email2::Time{})
        add(part, "Arrival-Date", mime::format_date(std::chrono::floor<std::chrono::seconds>(facts.arrived)));
    for (const auto& recipient : facts.recipients) {
        part += "\r\n";
        const auto& form = form_of(recipient.action);
        const auto semicolon = recipient.orcpt.find(';');
        if (semicolon != std::string::npos)
            add(part, "Original-Recipient",
                recipient.orcpt.substr(0, semicolon) + "; " +
                    from_xtext(std::string_view(recipient.orcpt).substr(semicolon + 1)));
        add(part, "Final-Recipient", type_of(recipient.address) + recipient.address);
        add(part, "Action", form.name);
        add(part, "Status", recipient.failure.status.empty() ? form.default_status : recipient.failure.status);
        if (!recipient.failure.remote.empty()) add(part, "Remote-MTA", "dns; " + recipient.failure.remote);
        if (!recipient.failure.text.empty())
            add(part, "Diagnostic-Code", ascii_only(recipient.failure.transport + "; " + recipient.failure.text));
        add(part, "Last-Attempt-Date", mime::format_date(std::chrono::floor<std::chrono::seconds>(facts.now)));
    }
    return part;
}

// What the author can do, by the subject of the status code, RFC 3463 3.
std::string_view advice(std::string_view status)
{
    const auto code = status.size() > 2 ? status.substr(2) : std::string_view{};
    if (status.starts_with("4.4") || code.starts_with("4.")) return "advice.network";
    if (code == "1.1" || code == "1.2" || code == "1.3" || code == "1.6" || code == "1.10") return "advice.address";
    if (code == "2.3" || code == "3.4") return "advice.size";
    if (code.starts_with("2.")) return "advice.mailbox";
    if (code.starts_with("7.")) return "advice.refused";
    return "advice.other";
}

std::string one_line(std::string_view text)
{
    std::string line;
    for (const char c : text) line += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    return line;
}

std::string recipient_lines(const FailedRecipient& recipient, const Texts& texts)
{
    std::string lines = "- " + recipient.address + "\n";
    const auto& failure = recipient.failure;
    if (failure.text.empty()) return lines;
    const auto* key = failure.remote.empty() ? "report.text" : "report.said";
    return lines + "  " + texts.word(key, {{"remote", failure.remote}, {"text", one_line(failure.text)}}) + "\n";
}

std::string human_part(const DsnFacts& facts, const Texts& texts)
{
    std::string text;
    for (const auto& form : forms) {
        std::string lines;
        std::string_view advised;
        for (const auto& recipient : facts.recipients) {
            if (recipient.action != form.action) continue;
            lines += recipient_lines(recipient, texts);
            if (advised.empty()) advised = advice(recipient.failure.status);
        }
        if (lines.empty()) continue;
        const auto filled = texts.fill("report-" + std::string(form.name),
            {{"recipients", block_value(lines)}, {"advice", inline_value(texts.word(advised))}});
        text += (text.empty() ? "" : "\n") + filled.text;
    }
    const auto subject = facts.subject.empty() ? texts.word("no.subject") : one_line(facts.subject);
    return text + "\n" + texts.word("report.about", {{"subject", subject}}) + "\n";
}

std::string subject_of(const DsnFacts& facts, const Texts& texts)
{
    const auto has = [&](BounceAction action) {
        return std::any_of(
            facts.recipients.begin(), facts.recipients.end(), [&](const auto& each) { return each.action == action; });
    };
    const auto* key = has(BounceAction::failed)    ? "report.subject.failed"
                      : has(BounceAction::delayed) ? "report.subject.delayed"
                                                   : "report.subject.delivered";
    return texts.word(key, {{"subject", facts.subject.empty() ? texts.word("no.subject") : facts.subject}});
}

mime::Composed original_part(const DsnFacts& facts)
{
    if (facts.full && facts.original.size() <= limits::dsn_original)
        return {
            .type = {.type = "message", .subtype = "rfc822", .parameters = {}}, .content = std::string(facts.original)};
    const auto header = mime::parse(facts.original).root.header.of(facts.original);
    return {.type = {.type = "text", .subtype = "rfc822-headers", .parameters = {}}, .content = std::string(header)};
}

}  // namespace

std::string compose_dsn(const DsnFacts& facts)
{
    const Texts texts(facts.language);
    FieldList fields;
    fields.date("Date", facts.now);
    fields.addresses("From", {{.display_name = "Mail Delivery System",
                                 .local_part = "mailer-daemon",
                                 .domain = facts.hostname,
                                 .group = {}}});
    fields.addresses("To", {address_of({.address = facts.to})});
    fields.text("Subject", subject_of(facts, texts));
    fields.ids("Message-ID", {facts.id.str()});
    if (!facts.message_id.empty()) {
        fields.ids("In-Reply-To", {facts.message_id});
        fields.ids("References", reference_chain(facts.references, facts.message_id));
    }
    fields.raw("Auto-Submitted", "auto-replied");
    fields.raw("MIME-Version", "1.0");

    const bool global = std::any_of(facts.recipients.begin(), facts.recipients.end(),
        [](const auto& each) { return !email2::is_ascii(each.address); });
    mime::Composed status{
        .type = {.type = "message", .subtype = global ? "global-delivery-status" : "delivery-status", .parameters = {}},
        .content = status_part(facts)};
    auto report = multipart("report", {plain_text(human_part(facts, texts)), std::move(status), original_part(facts)});
    report.type.parameters.emplace_back("report-type", "delivery-status");
    return mime::compose(fields.fields(), report, facts.id.str());
}

}  // namespace gateway::mapping
