// xml_decode_message: documents that hold a message or parts of one, to values.
#include "email2/address.h"
#include "email2/guid.h"
#include "email2/text.h"
#include "email2/xml_decode.h"

#include <set>
#include <sstream>

namespace email2 {
namespace xml {

Name read_name(const Element& element, const char* attribute)
{
    auto name = parse_name(element.need(attribute));
    if (!name) element.fail_at(attribute, "This is no name of a message (guid@server).");
    return std::move(name).value_or(Name{});
}

Time read_time(const Element& element, const char* attribute)
{
    const auto time = parse_time(element.need(attribute));
    if (!time) element.fail_at(attribute, "This is no time (2026-11-23T06:48:00Z).");
    return time.value_or(Time{});
}

Person read_person(const Element& element)
{
    return {element.need("address"), read_word(element, "class", Class::smtp), element.attribute("name")};
}

NewEntry read_new_entry(const Element& element)
{
    auto address = normalise(element.need("address"), IsLocal{});
    if (!address) element.fail_at("address", "This is no address.");
    return {std::move(address).value_or(""), element.attribute("name"), read_word(element, "role", Role::to)};
}

namespace {

Failure read_failure(const Element& element)
{
    element.allow({"transport", "status", "remote"}, {});
    return {element.attribute("transport"), element.attribute("status"), element.attribute("remote"), element.text()};
}

Delivery read_delivery(const Element& element)
{
    element.allow({"state", "at"}, {"failure"});
    Delivery delivery;
    static_cast<void>(element.need("state"));
    delivery.state = read_word(element, "state", DeliveryState::pending);
    delivery.at = read_time(element, "at");
    if (const auto failure = element.child("failure")) delivery.failure = read_failure(*failure);
    return delivery;
}

Entry read_entry(const Element& element)
{
    element.allow({"address", "class", "name", "role", "membership"}, {"delivery"});
    Entry entry;
    entry.person = read_person(element);
    entry.role = read_word(element, "role", Role::to);
    entry.membership = read_word(element, "membership", Membership::in);
    if (const auto delivery = element.child("delivery")) entry.delivery = read_delivery(*delivery);
    return entry;
}

bool is_sha256(std::string_view text)
{
    return text.size() == 64 &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_hex_digit(c) && !(c >= 'A' && c <= 'F'); });
}

std::string read_sha256(const Element& element)
{
    auto hash = element.need("sha256");
    if (!is_sha256(hash)) element.fail_at("sha256", "This is no SHA-256 (64 lower-case hex digits).");
    return hash;
}

constexpr auto any_size = std::numeric_limits<std::uint64_t>::max();

Part read_part(const Element& element)
{
    element.allow({"type", "name", "disposition", "content-id", "size", "sha256"}, {"part"});
    Part part;
    part.type = element.need("type");
    part.name = element.attribute("name");
    part.disposition = element.attribute("disposition");
    part.content_id = element.attribute("content-id");
    if (element.find("sha256") || element.find("size")) {
        part.sha256 = read_sha256(element);
        part.size = element.number("size", any_size);
    }
    for (const auto& child : element.children("part")) part.parts.push_back(read_part(child));
    if (part.parts.empty()) part.text = element.text();
    return part;
}

std::string text_of(const Element& element)
{
    element.allow({}, {});
    return element.text();
}

Time time_in(const Element& element)
{
    const auto time = parse_time(element.text());
    if (!time) element.fail("This is no time (2026-11-23T06:48:00Z).");
    return time.value_or(Time{});
}

Origin read_origin(const Element& element)
{
    element.allow({"message-id", "sha256", "size", "defects"}, {"auth"});
    Origin origin;
    origin.message_id = element.attribute("message-id");
    origin.sha256 = read_sha256(element);
    origin.size = element.number("size", any_size);
    std::istringstream defects(element.attribute("defects"));
    for (std::string defect; defects >> defect;) origin.defects.push_back(std::move(defect));
    if (const auto auth = element.child("auth")) {
        auth->allow({"spf", "dkim", "dmarc", "domain"}, {});
        origin.spf = auth->attribute("spf");
        origin.dkim = auth->attribute("dkim");
        origin.dmarc = auth->attribute("dmarc");
        origin.domain = auth->attribute("domain");
    }
    return origin;
}

std::string read_parent(const Element& element)
{
    element.allow({"ref"}, {});
    auto ref = element.need("ref");
    if (ref.starts_with("mid:") && ref.size() > 4) return ref;
    const auto name = parse_name(ref);
    if (!name) element.fail_at("ref", "This is neither guid@server nor mid: and a Message-ID.");
    return name ? name->str() : "";
}

std::vector<std::string> read_parents(const Element& element)
{
    std::vector<std::string> parents;
    std::set<std::string> seen;
    for (const auto& parent : element.children("parent")) {
        parents.push_back(read_parent(parent));
        if (!seen.insert(parents.back()).second) parent.fail_at("ref", "This parent is named twice.");
    }
    return parents;
}

void allow_message(const Element& element)
{
    element.allow({"id", "revision", "thread", "draft", "state", "alias", "posting"},
        {"parent", "from", "created", "edited", "to", "subject", "body", "origin", "*"});
}

std::optional<MailingList> read_list(const Element& element)
{
    if (!element.find("alias")) return std::nullopt;
    auto alias = normalise(element.need("alias"), IsLocal{});
    if (!alias) element.fail_at("alias", "This is no address.");
    return MailingList{std::move(alias).value_or(""), read_word(element, "posting", Posting::members)};
}

void read_head(const Element& element, Message& message)
{
    message.id = read_name(element, "id");
    message.revision =
        static_cast<std::uint32_t>(element.number("revision", std::numeric_limits<std::uint32_t>::max()));
    message.thread = read_name(element, "thread");
    message.draft = element.flag("draft");
    message.state = read_word(element, "state", State::present);
    message.list = read_list(element);
    message.parents = read_parents(element);
}

void read_authorship(const Element& element, Message& message)
{
    if (const auto from = element.child("from")) {
        from->allow({"address", "class", "name", "proof"}, {});
        message.from = read_person(*from);
        message.proof = read_word(*from, "proof", Proof::none);
    } else {
        element.fail("The element from is missing.");
    }
    if (const auto created = element.child("created")) message.created = time_in(*created);
    if (const auto edited = element.child("edited")) {
        edited->allow({"by"}, {});
        message.edited = time_in(*edited);
        message.edited_by = edited->need("by");
    }
}

Message read_message(const Element& element)
{
    allow_message(element);
    Message message;
    read_head(element, message);
    read_authorship(element, message);
    if (const auto to = element.child("to")) message.to = read_entries(*to);
    message.content = read_content(element);
    if (const auto origin = element.child("origin")) message.origin = read_origin(*origin);
    message.foreign = element.foreign();
    return message;
}

// A person that is to be put on a list, among what a server once said about them.
NewEntry read_wanted(const Element& element)
{
    element.allow({"address", "class", "name", "role", "membership"}, {"delivery"});
    if (read_word(element, "membership", Membership::in) != Membership::in)
        element.fail_at("membership", "Nobody can be published to who has left.");
    return read_new_entry(element);
}

void read_wanted_list(const Element& element, Publication& request)
{
    element.allow({"inherit"}, {"entry"});
    request.inherit = element.flag("inherit");
    std::set<std::string> seen;
    for (const auto& entry : element.children("entry")) {
        if (request.inherit) entry.fail("An inherited list has no entries of its own.");
        request.entries.push_back(read_wanted(entry));
        if (!seen.insert(request.entries.back().address).second)
            entry.fail_at("address", "This address is on the list twice.");
    }
    if (request.inherit && request.parents.empty())
        element.fail_at("inherit", "Without a parent there is nothing to inherit.");
}

// A list root holds a mailing list, and is nothing else.
void check_list(const Element& element, const Publication& request)
{
    if (!request.list) return;
    if (!request.parents.empty()) element.fail_at("alias", "A mailing list answers nothing.");
    if (request.draft) element.fail_at("draft", "A mailing list is no draft.");
}

bool is_token(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
    });
}

// What a stranger wrote into a mail is shown as it is; what is published here is well-formed.
void check_part(const Element& element, const Part& part)
{
    const auto slash = part.type.find('/');
    const bool type = slash != std::string::npos && is_token(std::string_view(part.type).substr(0, slash)) &&
                      is_token(std::string_view(part.type).substr(slash + 1));
    if (!type) element.fail_at("type", "This is no lower-case type/subtype.");
    if (!part.disposition.empty() && part.disposition != "inline" && part.disposition != "attachment")
        element.fail_at("disposition", "This is neither inline nor attachment.");
    const bool multipart = part.type.starts_with("multipart/");
    if (multipart && (part.parts.empty() || !part.sha256.empty()))
        element.fail("A multipart has parts, and is no content itself.");
    if (!multipart && !part.parts.empty()) element.fail("Only a multipart has parts.");
    if (!multipart && !part.type.starts_with("text/") && part.sha256.empty())
        element.fail_at("sha256", "What is no text is named by its SHA-256.");
    const auto children = element.children("part");
    for (std::size_t i = 0; i < children.size(); ++i) check_part(children[i], part.parts[i]);
}

Content read_new_content(const Element& element)
{
    const auto body = element.child("body");
    const auto part = body ? body->child("part") : std::nullopt;
    if (!part) {
        element.fail("The message has no body.");
        return {};
    }
    auto content = read_content(element);
    check_part(*part, content.body);
    return content;
}

Publication read_publication(const Element& element)
{
    allow_message(element);
    Publication request;
    request.parents = read_parents(element);
    if (const auto to = element.child("to")) read_wanted_list(*to, request);
    request.draft = element.flag("draft");
    request.list = read_list(element);
    check_list(element, request);
    request.content = read_new_content(element);
    request.foreign = element.foreign();
    return request;
}

Revision read_revision(const Element& element)
{
    element.allow({"number", "at", "by", "redacted"}, {"subject", "body"});
    Revision revision;
    revision.number = static_cast<std::uint32_t>(element.number("number", std::numeric_limits<std::uint32_t>::max()));
    revision.at = read_time(element, "at");
    revision.by = element.need("by");
    revision.redacted = element.flag("redacted");
    if (element.child("body")) revision.content = read_content(element);
    return revision;
}

History read_history(const Element& element)
{
    element.allow({"id", "more"}, {"revision"});
    History history{read_name(element, "id"), {}, element.flag("more")};
    for (const auto& revision : element.children("revision")) history.revisions.push_back(read_revision(revision));
    return history;
}

}  // namespace

ToList read_entries(const Element& element)
{
    element.allow({"inherit"}, {"entry"});
    ToList list;
    list.inherit = element.flag("inherit");
    for (const auto& entry : element.children("entry")) list.entries.push_back(read_entry(entry));
    return list;
}

Content read_content(const Element& element)
{
    Content content;
    if (const auto subject = element.child("subject")) content.subject = text_of(*subject);
    if (const auto body = element.child("body")) {
        body->allow({}, {"part"});
        if (const auto part = body->child("part")) content.body = read_part(*part);
    }
    return content;
}

}  // namespace xml

Result<Message> read_message(std::string_view text)
{
    return xml::read_document(text, "message", &xml::read_message);
}

Result<Publication> read_publication(std::string_view text)
{
    return xml::read_document(text, "message", &xml::read_publication);
}

Result<Replacement> read_replacement(std::string_view text)
{
    return xml::read_document(text, "message", [](const xml::Element& element) {
        xml::allow_message(element);
        return Replacement{xml::read_new_content(element), element.foreign()};
    });
}

Result<Content> read_content(std::string_view text)
{
    auto replacement = read_replacement(text);
    if (!replacement) return tl::unexpected(std::move(replacement).error());
    return std::move(replacement->content);
}

Result<ToList> read_to_list(std::string_view text)
{
    return xml::read_document(text, "to", &xml::read_entries);
}

Result<History> read_history(std::string_view text)
{
    return xml::read_document(text, "history", &xml::read_history);
}

}  // namespace email2
