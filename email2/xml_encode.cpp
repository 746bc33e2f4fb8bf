// xml_encode: values to documents.
#include "email2/names.h"
#include "email2/told.h"
#include "email2/xml.h"
#include "email2/xml_writer.h"

namespace email2 {
namespace {

using xml::Writer;

// The attributes of a person; the element is open.
void put_person(Writer& out, const Person& person)
{
    out.attribute("address", person.address);
    out.attribute("class", name_of(person.kind));
    out.optional_attribute("name", person.name);
}

void put_delivery(Writer& out, const Delivery& delivery)
{
    out.open("delivery");
    out.attribute("state", name_of(delivery.state));
    out.attribute("at", format_time(delivery.at));
    if (const auto& failure = delivery.failure) {
        out.open("failure");
        out.optional_attribute("transport", failure->transport);
        out.optional_attribute("status", failure->status);
        out.optional_attribute("remote", failure->remote);
        out.text(failure->text);
        out.close();
    }
    out.close();
}

void put_entry(Writer& out, const Entry& entry)
{
    out.open("entry");
    put_person(out, entry.person);
    out.attribute("role", name_of(entry.role));
    if (entry.membership != Membership::in) out.attribute("membership", name_of(entry.membership));
    if (entry.delivery) put_delivery(out, *entry.delivery);
    out.close();
}

void put_entries(Writer& out, const ToList& list)
{
    out.flag("inherit", list.inherit);
    for (const auto& entry : list.entries) put_entry(out, entry);
}

void put_part(Writer& out, const Part& part)
{
    out.open("part");
    out.attribute("type", part.type);
    out.optional_attribute("name", part.name);
    out.optional_attribute("disposition", part.disposition);
    out.optional_attribute("content-id", part.content_id);
    if (!part.sha256.empty()) {
        out.attribute("size", part.size);
        out.attribute("sha256", part.sha256);
    }
    for (const auto& child : part.parts) put_part(out, child);
    if (part.parts.empty()) out.text(part.text);
    out.close();
}

void put_content(Writer& out, const Content& content)
{
    out.element("subject", content.subject);
    out.open("body");
    put_part(out, content.body);
    out.close();
}

void put_auth(Writer& out, const Origin& origin)
{
    if (origin.spf.empty() && origin.dkim.empty() && origin.dmarc.empty() && origin.domain.empty()) return;
    out.open("auth");
    out.optional_attribute("spf", origin.spf);
    out.optional_attribute("dkim", origin.dkim);
    out.optional_attribute("dmarc", origin.dmarc);
    out.optional_attribute("domain", origin.domain);
    out.close();
}

void put_origin(Writer& out, const Origin& origin)
{
    out.open("origin");
    out.optional_attribute("message-id", origin.message_id);
    out.attribute("sha256", origin.sha256);
    out.attribute("size", origin.size);
    std::string defects;
    for (const auto& defect : origin.defects) defects += (defects.empty() ? "" : " ") + defect;
    out.optional_attribute("defects", defects);
    put_auth(out, origin);
    out.close();
}

void put_parents(Writer& out, const std::vector<std::string>& parents)
{
    for (const auto& parent : parents) {
        out.open("parent");
        out.attribute("ref", parent);
        out.close();
    }
}

void put_from(Writer& out, const Message& message)
{
    out.open("from");
    put_person(out, message.from);
    if (message.proof != Proof::none) out.attribute("proof", name_of(message.proof));
    out.close();
}

void put_list(Writer& out, const std::optional<MailingList>& list)
{
    if (!list) return;
    out.attribute("alias", list->alias);
    out.attribute("posting", name_of(list->posting));
}

void put_edited(Writer& out, const Message& message)
{
    if (!message.edited) return;
    out.open("edited");
    out.attribute("by", message.edited_by);
    out.text(format_time(*message.edited));
    out.close();
}

void put_new_entry(Writer& out, const char* element, const NewEntry& entry)
{
    out.open(element);
    out.attribute("address", entry.address);
    out.optional_attribute("name", entry.name);
    out.attribute("role", name_of(entry.role));
    out.close();
}

// The rest of a reference; the element is open.
void put_reference(Writer& out, const Reference& reference)
{
    out.attribute("message", reference.message.str());
    out.attribute("thread", reference.thread.str());
    out.attribute("revision", reference.revision);
    out.attribute("folder", reference.folder);
    out.attribute("created", format_time(reference.created));
    out.attribute("size", reference.size);
    out.attribute("position", reference.position);
    for (const auto& flag : reference.flags) {
        out.open("flag");
        out.attribute("name", flag);
        out.close();
    }
    out.open("from");
    put_person(out, reference.from);
    out.close();
    out.element("subject", reference.subject);
    if (!reference.preview.empty()) out.element("preview", reference.preview);
}

void put_folder(Writer& out, const Folder& folder)
{
    out.attribute("name", folder.name);
    out.optional_attribute("use", folder.use);
    out.attribute("messages", folder.messages);
    out.attribute("unseen", folder.unseen);
}

void put_event(Writer& out, const Event& event)
{
    out.attribute("sequence", event.sequence);
    out.attribute("message", event.message.str());
    out.attribute("revision", event.revision);
    out.attribute("kind", name_of(event.kind));
    out.optional_attribute("actor", event.actor);
    out.attribute("at", format_time(event.at));
}

void put_flags(Writer& out, const char* verb, const std::vector<std::string>& flags)
{
    for (const auto& flag : flags) {
        out.open("flag");
        out.attribute(verb, flag);
        out.close();
    }
}

// One that asks to be made has a name alone.
void put_token(Writer& out, const Token& token)
{
    out.attribute("name", token.name);
    if (token.id == 0) return;
    out.attribute("id", token.id);
    out.attribute("created", format_time(token.created));
    out.optional_attribute("secret", token.secret);
}

}  // namespace

std::string write(const Message& message)
{
    Writer out("message");
    out.attribute("id", message.id.str());
    out.attribute("revision", message.revision);
    out.attribute("thread", message.thread.str());
    out.flag("draft", message.draft);
    if (message.state != State::present) out.attribute("state", name_of(message.state));
    put_list(out, message.list);
    put_parents(out, message.parents);
    put_from(out, message);
    out.element("created", format_time(message.created));
    put_edited(out, message);
    out.open("to");
    put_entries(out, message.to);
    out.close();
    if (message.state != State::withdrawn) put_content(out, message.content);
    if (message.origin) put_origin(out, *message.origin);
    for (const auto& foreign : message.foreign) out.raw(foreign);
    return out.finish();
}

std::string write(const Publication& request)
{
    Writer out("message");
    out.flag("draft", request.draft);
    put_list(out, request.list);
    put_parents(out, request.parents);
    out.open("to");
    out.flag("inherit", request.inherit);
    for (const auto& entry : request.entries) put_new_entry(out, "entry", entry);
    out.close();
    put_content(out, request.content);
    for (const auto& foreign : request.foreign) out.raw(foreign);
    return out.finish();
}

std::string write(const ToList& list)
{
    Writer out("to");
    put_entries(out, list);
    return out.finish();
}

std::string write(const ListChange& change)
{
    Writer out("change");
    if (change.detach) out.element("detach", {});
    if (change.inherit) out.element("inherit", {});
    for (const auto& entry : change.add) put_new_entry(out, "add", entry);
    for (const auto& address : change.remove) {
        out.open("remove");
        out.attribute("address", address);
        out.close();
    }
    return out.finish();
}

std::string write(const History& history)
{
    Writer out("history");
    out.attribute("id", history.id.str());
    out.flag("more", history.more);
    for (const auto& revision : history.revisions) {
        out.open("revision");
        out.attribute("number", revision.number);
        out.attribute("at", format_time(revision.at));
        out.attribute("by", revision.by);
        out.flag("redacted", revision.redacted);
        if (revision.content) put_content(out, *revision.content);
        out.close();
    }
    return out.finish();
}

std::string write(const References& references)
{
    Writer out("references");
    out.flag("more", references.more);
    for (const auto& reference : references.references) {
        out.open("reference");
        put_reference(out, reference);
        out.close();
    }
    return out.finish();
}

std::string write(const Reference& reference)
{
    Writer out("reference");
    put_reference(out, reference);
    return out.finish();
}

std::string write(const Filing& filing)
{
    Writer out("reference");
    if (filing.folder) out.attribute("folder", *filing.folder);
    out.flag("whole-thread", filing.thread);
    put_flags(out, "add", filing.add_flags);
    put_flags(out, "remove", filing.remove_flags);
    return out.finish();
}

std::string write(const Folders& folders)
{
    Writer out("folders");
    out.flag("more", folders.more);
    for (const auto& folder : folders.folders) {
        out.open("folder");
        put_folder(out, folder);
        out.close();
    }
    return out.finish();
}

std::string write(const Folder& folder)
{
    Writer out("folder");
    put_folder(out, folder);
    return out.finish();
}

std::string write(const Events& events)
{
    Writer out("events");
    out.attribute("last", events.last);
    for (const auto& event : events.events) {
        out.open("event");
        put_event(out, event);
        out.close();
    }
    return out.finish();
}

std::string write(const Event& event)
{
    Writer out("event");
    put_event(out, event);
    return out.finish();
}

std::string write(const ToldEvent& told)
{
    Writer out("event");
    put_event(out, told.event);
    if (told.content) put_content(out, *told.content);
    return out.finish();
}

std::string write(const Preview& preview)
{
    Writer out("preview");
    out.attribute("mailboxes", preview.mailboxes);
    out.attribute("notices", preview.notices);
    out.attribute("mails", preview.mails);
    out.attribute("summaries", preview.summaries);
    out.attribute("unsent", preview.unsent);
    out.element("summary", preview.summary);
    for (const auto& mail : preview.follow_ups) {
        out.open("follow-up");
        out.attribute("kind", name_of(mail.kind));
        out.attribute("recipients", mail.recipients);
        out.attribute("language", mail.language);
        out.element("subject", mail.subject);
        out.element("text", mail.text);
        if (!mail.html.empty()) out.element("html", mail.html);
        out.close();
    }
    return out.finish();
}

std::string write(const Token& token)
{
    Writer out("token");
    put_token(out, token);
    return out.finish();
}

std::string write(const std::vector<Token>& tokens)
{
    Writer out("tokens");
    for (const auto& token : tokens) {
        out.open("token");
        put_token(out, token);
        out.close();
    }
    return out.finish();
}

std::string write(const Error& error)
{
    Writer out("error");
    out.attribute("code", name_of(error.code));
    out.optional_attribute("path", error.path);
    if (error.floor != 0) out.attribute("floor", error.floor);
    out.text(error.text);
    return out.finish();
}

}  // namespace email2
