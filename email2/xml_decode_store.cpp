// xml_decode_store: documents about a store, a list's change, events and errors, to values.
#include "email2/told.h"
#include "email2/xml_decode.h"

#include <limits>
#include <set>

namespace email2 {
namespace xml {
namespace {

constexpr auto any = std::numeric_limits<std::uint64_t>::max();

std::uint32_t read_count(const Element& element, const char* attribute)
{
    return static_cast<std::uint32_t>(element.number(attribute, std::numeric_limits<std::uint32_t>::max()));
}

std::string text_of(const Element& element, std::string_view child)
{
    const auto found = element.child(child);
    if (!found) return {};
    found->allow({}, {});
    return found->text();
}

Reference read_reference(const Element& element)
{
    element.allow({"message", "thread", "revision", "folder", "created", "size", "position"},
        {"flag", "from", "subject", "preview"});
    Reference reference;
    reference.message = read_name(element, "message");
    reference.thread = read_name(element, "thread");
    reference.revision = read_count(element, "revision");
    reference.folder = element.need("folder");
    reference.created = read_time(element, "created");
    reference.size = element.number("size", any);
    reference.position = element.number("position", any);
    for (const auto& flag : element.children("flag")) {
        flag.allow({"name"}, {});
        reference.flags.push_back(flag.need("name"));
    }
    if (const auto from = element.child("from")) {
        from->allow({"address", "class", "name"}, {});
        reference.from = read_person(*from);
    }
    reference.subject = text_of(element, "subject");
    reference.preview = text_of(element, "preview");
    return reference;
}

References read_references(const Element& element)
{
    element.allow({"more"}, {"reference"});
    References references;
    references.more = element.flag("more");
    for (const auto& reference : element.children("reference"))
        references.references.push_back(read_reference(reference));
    return references;
}

void read_flag_change(const Element& element, Filing& filing)
{
    element.allow({"add", "remove"}, {});
    const auto add = element.find("add");
    const auto remove = element.find("remove");
    if (add.has_value() == remove.has_value()) element.fail("A flag is either added or removed.");
    else if (add.value_or(remove.value_or("")).empty()) element.fail("This flag has no name.");
    else if (add) filing.add_flags.push_back(*add);
    else filing.remove_flags.push_back(*remove);
}

Filing read_filing(const Element& element)
{
    element.allow({"folder", "whole-thread"}, {"flag"});
    Filing filing;
    filing.folder = element.find("folder");
    if (filing.folder && filing.folder->empty()) element.fail_at("folder", "This folder has no name.");
    filing.thread = element.flag("whole-thread");
    for (const auto& flag : element.children("flag")) read_flag_change(flag, filing);
    return filing;
}

Folder read_folder(const Element& element)
{
    element.allow({"name", "use", "messages", "unseen"}, {});
    Folder folder;
    folder.name = element.need("name");
    if (folder.name.empty()) element.fail_at("name", "This folder has no name.");
    folder.use = element.attribute("use");
    if (element.find("messages")) {
        folder.messages = read_count(element, "messages");
        folder.unseen = read_count(element, "unseen");
    }
    return folder;
}

Folders read_folders(const Element& element)
{
    element.allow({"more"}, {"folder"});
    Folders folders;
    folders.more = element.flag("more");
    for (const auto& folder : element.children("folder")) folders.folders.push_back(read_folder(folder));
    return folders;
}

Token read_token(const Element& element)
{
    element.allow({"name", "id", "created", "secret"}, {});
    Token token;
    token.name = element.need("name");
    if (token.name.empty()) element.fail_at("name", "This token has no name.");
    if (!element.find("id")) return token;
    token.id = element.number("id", any);
    token.created = read_time(element, "created");
    token.secret = element.attribute("secret");
    return token;
}

std::vector<Token> read_tokens(const Element& element)
{
    element.allow({}, {"token"});
    std::vector<Token> tokens;
    for (const auto& token : element.children("token")) tokens.push_back(read_token(token));
    return tokens;
}

Event read_event_attributes(const Element& element)
{
    Event event;
    event.sequence = element.number("sequence", any);
    event.message = read_name(element, "message");
    event.revision = read_count(element, "revision");
    static_cast<void>(element.need("kind"));
    event.kind = read_word(element, "kind", EventKind::published);
    event.actor = element.attribute("actor");
    event.at = read_time(element, "at");
    return event;
}

Event read_event(const Element& element)
{
    element.allow({"sequence", "message", "revision", "kind", "actor", "at"}, {});
    return read_event_attributes(element);
}

ToldEvent read_told_event(const Element& element)
{
    element.allow({"sequence", "message", "revision", "kind", "actor", "at"}, {"subject", "body"});
    ToldEvent told{read_event_attributes(element), std::nullopt};
    if (element.child("body")) told.content = read_content(element);
    return told;
}

Events read_events(const Element& element)
{
    element.allow({"last"}, {"event"});
    Events events;
    events.last = element.number("last", any);
    for (const auto& event : element.children("event")) events.events.push_back(read_event(event));
    return events;
}

std::string only_text(const Element& element, std::string_view child)
{
    const auto found = element.children(child);
    return found.empty() ? std::string{} : found.front().text();
}

PreviewMail read_preview_mail(const Element& element)
{
    element.allow({"kind", "recipients", "language"}, {"subject", "text", "html"});
    static_cast<void>(element.need("kind"));
    return {.kind = read_word(element, "kind", EventKind::edited),
        .recipients = read_count(element, "recipients"),
        .language = element.need("language"),
        .subject = only_text(element, "subject"),
        .text = only_text(element, "text"),
        .html = only_text(element, "html")};
}

Preview read_preview(const Element& element)
{
    element.allow({"mailboxes", "notices", "mails", "summaries", "unsent"}, {"summary", "follow-up"});
    Preview preview;
    preview.mailboxes = read_count(element, "mailboxes");
    preview.notices = read_count(element, "notices");
    preview.mails = read_count(element, "mails");
    preview.summaries = read_count(element, "summaries");
    preview.unsent = read_count(element, "unsent");
    preview.summary = only_text(element, "summary");
    for (const auto& mail : element.children("follow-up")) preview.follow_ups.push_back(read_preview_mail(mail));
    return preview;
}

Error read_error(const Element& element)
{
    element.allow({"code", "path", "floor"}, {});
    static_cast<void>(element.need("code"));
    Error error{read_word(element, "code", Code::invalid), element.text(), element.attribute("path")};
    if (element.find("floor")) error.floor = element.number("floor", any);
    return error;
}

void read_step(const Element& element, ListChange& change)
{
    if (element.name() == "add") {
        element.allow({"address", "name", "role"}, {});
        change.add.push_back(read_new_entry(element));
    } else if (element.name() == "remove") {
        element.allow({"address"}, {});
        change.remove.push_back(read_new_entry(element).address);
    } else {
        element.allow({}, {});
        (element.name() == "detach" ? change.detach : change.inherit) = true;
    }
}

ListChange read_change(const Element& element)
{
    element.allow({}, {"add", "remove", "detach", "inherit"});
    ListChange change;
    std::set<std::string> named;
    for (const auto& step : element.children()) {
        read_step(step, change);
        if (step.name() != "add" && step.name() != "remove") continue;
        const auto& address = step.name() == "add" ? change.add.back().address : change.remove.back();
        if (!named.insert(address).second) step.fail_at("address", "This address is named twice.");
    }
    if (change.detach && change.inherit) element.fail("Detaching and inheriting exclude each other.");
    return change;
}

}  // namespace
}  // namespace xml

Result<ListChange> read_change(std::string_view text)
{
    return xml::read_document(text, "change", &xml::read_change);
}

Result<References> read_references(std::string_view text)
{
    return xml::read_document(text, "references", &xml::read_references);
}

Result<Reference> read_reference(std::string_view text)
{
    return xml::read_document(text, "reference", &xml::read_reference);
}

Result<Filing> read_filing(std::string_view text)
{
    return xml::read_document(text, "reference", &xml::read_filing);
}

Result<Folders> read_folders(std::string_view text)
{
    return xml::read_document(text, "folders", &xml::read_folders);
}

Result<Folder> read_folder(std::string_view text)
{
    return xml::read_document(text, "folder", &xml::read_folder);
}

Result<Events> read_events(std::string_view text)
{
    return xml::read_document(text, "events", &xml::read_events);
}

Result<Event> read_event(std::string_view text)
{
    return xml::read_document(text, "event", &xml::read_event);
}

Result<ToldEvent> read_told_event(std::string_view text)
{
    return xml::read_document(text, "event", &xml::read_told_event);
}

Result<Preview> read_preview(std::string_view text)
{
    return xml::read_document(text, "preview", &xml::read_preview);
}

Result<Token> read_token(std::string_view text)
{
    return xml::read_document(text, "token", &xml::read_token);
}

Result<std::vector<Token>> read_tokens(std::string_view text)
{
    return xml::read_document(text, "tokens", &xml::read_tokens);
}

Result<Error> read_error(std::string_view text)
{
    return xml::read_document(text, "error", &xml::read_error);
}

}  // namespace email2
