// verbs_publish: publish, and what a new revision is checked for. email2.md rule 1.
#include "email2/guid.h"
#include "email2/lists.h"
#include "gateway/mapping/address_forms.h"
#include "gateway/mapping/mail_out.h"
#include "gateway/store/attachments.h"
#include "gateway/store/charges.h"
#include "gateway/store/flags.h"
#include "gateway/store/store.h"

#include <map>
#include <set>

namespace gateway::store {

using email2::Code;
using email2::Error;

namespace {

constexpr std::size_t few = 16;  // so many accounts are asked for one by one, which may be remembered; more at once

Time now()
{
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

email2::Entry entry_of(const Recipient& recipient)
{
    email2::Entry entry;
    entry.person = {recipient.address, email2::Class::smtp, recipient.name};
    entry.role = recipient.role;
    return entry;
}

void add_shown(std::vector<email2::Entry>& list, std::vector<email2::Entry> more, const std::string& author)
{
    for (auto& entry : more) {
        const auto same = [&](const auto& other) { return other.person.address == entry.person.address; };
        if (entry.person.address != author && std::none_of(list.begin(), list.end(), same))
            list.push_back(std::move(entry));
    }
}

// Elements are counted in paths only where siblings share the name.
std::string element_path(const std::string& path, std::size_t index, std::size_t count)
{
    return count > 1 ? path + "[" + std::to_string(index + 1) + "]" : path;
}

// Each address once, and nobody blind where the list is held elsewhere.
email2::Result<void> check_entries(const std::vector<Recipient>& recipients, bool inherit)
{
    std::set<std::string> named;
    for (std::size_t i = 0; i < recipients.size(); ++i)
        if (!named.insert(recipients[i].address).second)
            return tl::unexpected(Error{Code::invalid, "This address is on the list twice.",
                element_path("/message/to/entry", i, recipients.size()) + "/@address"});
    for (std::size_t i = 0; inherit && i < recipients.size(); ++i)
        if (recipients[i].role == email2::Role::blind)
            return tl::unexpected(Error{Code::invalid, "An inherited list takes no blind recipients.",
                element_path("/message/to/entry", i, recipients.size()) + "/@role"});
    return {};
}

// A publication as it is stored, but for its rendition and whom it is for.
NewMessage unrendered(const PersonRow& author, const email2::Publication& publication)
{
    NewMessage message;
    message.kind = publication.draft ? Kind::draft : Kind::message;
    message.originator = author.address;
    message.proof = email2::Proof::account;
    message.created = now();
    message.guid = email2::make_guid(*message.created);
    message.parents = publication.parents;
    for (auto& parent : message.parents)
        if (parent.starts_with("mid:")) parent.erase(0, 4);
    message.inherit = publication.inherit;
    message.native = true;
    message.idempotency_key = publication.idempotency_key;
    message.request_digest = publication.request_digest;
    if (publication.draft) message.place = Placement{author.drafts, flags::draft | flags::seen};
    message.document = document_of(publication.content, publication.foreign);
    message.list = publication.list;
    if (publication.list) message.list_title = publication.content.subject;
    return message;
}

// The address of a mailing list to be made.
email2::Result<void> check_alias(const email2::MailingList& list, const email2::Domains& domains)
{
    const bool local = domains.contains(email2::domain_of(list.alias));
    if (local && !mapping::reserved_local_part(email2::local_part(list.alias))) return {};
    return tl::unexpected(Error{Code::invalid,
        "A mailing list has an address at a domain of this server that stands for nothing else.", "/message/@alias"});
}

}  // namespace

email2::Result<Facts> PostgresStore::parent_for(
    const PersonRow& author, const std::string& parent, const std::string& path)
{
    const auto hidden = [&path] {
        return tl::unexpected(Error{Code::invalid, "There is no such message, or it is not shown to you.", path});
    };
    const auto name = email2::parse_name(parent);
    auto facts = name ? facts_of(session_, *name, author.id) : std::nullopt;
    if (!facts) return hidden();
    const auto readable = email2::may_read(facts->standing).has_value();
    if (!facts->standing.list_root) {
        if (!readable) return hidden();
        return std::move(*facts);
    }
    const auto may =
        email2::may_post(facts->root->posting, {email2::effective(facts->standing), facts->standing.list_owner, true});
    if (may) return std::move(*facts);
    if (!readable) return hidden();
    return tl::unexpected(may.error());
}

email2::Result<void> PostgresStore::check_room(
    const PersonRow& author, std::uint64_t size, std::vector<Recipient>& recipients)
{
    std::vector<std::string> asked{author.address};
    for (const auto& recipient : recipients)
        if (settings_.domains.contains(email2::domain_of(recipient.address))) asked.push_back(recipient.address);
    if (settings_.storage == 0 &&
        asked.size() <= few)  // hardly anybody has a quota then, and who has one is remembered
        std::erase_if(asked, [this](const auto& address) {
            const auto known = known_account(*settings_.accounts, session_, address);
            return known && !known->limited;
        });
    const auto full = without_room(session_, asked, settings_.storage, size);
    if (full.contains(author.address)) return tl::unexpected(Error{Code::over_quota, "Your store is full.", ""});
    for (auto& recipient : recipients) recipient.full = full.contains(recipient.address);
    const bool nobody =
        !recipients.empty() && std::all_of(recipients.begin(), recipients.end(), [](const auto& r) { return r.full; });
    if (nobody)
        return tl::unexpected(Error{Code::over_quota, "The stores of all whom it is for are full.",
            element_path("/message/to/entry", 0, recipients.size()) + "/@address"});
    return {};
}

email2::Result<void> PostgresStore::check_attachments(
    const PersonRow& actor, const email2::Part& part, const std::string& path)
{
    if (!part.sha256.empty()) {
        const auto found = find_attachment(session_, actor.id, part.sha256);
        if (!found)
            return tl::unexpected(Error{
                Code::invalid, "No such attachment has been put here by you or shown to you.", path + "/@sha256"});
        if (found->stored && found->size != part.size)
            return tl::unexpected(Error{Code::invalid, "The attachment has another size.", path + "/@size"});
        // A message within goes as it is, not apart from the mail: it is held in memory.
        if (part.type.starts_with("message/") && part.size > settings_.message_size)
            return tl::unexpected(Error{Code::too_large, "The message within is larger than this server takes.", path});
    }
    for (std::size_t i = 0; i < part.parts.size(); ++i)
        if (auto checked = check_attachments(actor, part.parts[i], element_path(path + "/part", i, part.parts.size()));
            !checked)
            return checked;
    return {};
}

// Mail that leaves, and the text of any message, is bounded by what mail servers take; attachments that stay here by
// their own limit.
email2::Result<void> PostgresStore::check_size(const Apart::Composed& composed, bool leaves) const
{
    if (composed.text > settings_.message_size || (leaves && composed.bytes.size() > settings_.message_size))
        return tl::unexpected(Error{Code::too_large, "The message is larger than this server takes.", ""});
    return {};
}

// Those of our addresses that an account has. A few are remembered, many are asked for at once.
std::set<std::string> PostgresStore::accounts_among(const std::vector<std::string>& addresses)
{
    std::set<std::string> here;
    if (addresses.size() <= few) {
        for (const auto& address : addresses)
            if (known_account(*settings_.accounts, session_, address)) here.insert(address);
        return here;
    }
    for (const auto& [address, person] : find_people(session_, addresses))
        if (person.native()) here.insert(address);
    return here;
}

email2::Result<std::vector<Recipient>> PostgresStore::recipients_of(const std::vector<email2::NewEntry>& entries)
{
    std::vector<Recipient> recipients;
    std::vector<std::string> local;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto path = element_path("/message/to/entry", i, entries.size()) + "/@address";
        const auto address = email2::normalise(entries[i].address, settings_.domains);
        if (!address) return tl::unexpected(Error{Code::invalid, "This is no address.", path});
        if (settings_.domains.contains(email2::domain_of(*address))) local.push_back(*address);
        Recipient recipient;
        recipient.address = *address;
        recipient.name = entries[i].name;
        recipient.role = entries[i].role;
        recipients.push_back(std::move(recipient));
    }
    const auto here = accounts_among(local);
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        if (!settings_.domains.contains(email2::domain_of(recipients[i].address)) ||
            here.contains(recipients[i].address))
            continue;
        const auto list = find_list(session_, recipients[i].address);
        auto text = list ? "This is a mailing list: what is posted to it answers " + list->name.str() +
                               " and inherits its list."
                         : "There is no such account here.";
        return tl::unexpected(
            Error{Code::invalid, std::move(text), element_path("/message/to/entry", i, entries.size()) + "/@address"});
    }
    return recipients;
}

// What an own list of people here says once it is stored: as list_of() reads it.
std::vector<email2::Entry> PostgresStore::fresh_list(
    const PersonRow& author, const std::vector<Recipient>& recipients, Time created)
{
    std::map<std::pair<int, std::int32_t>, email2::Entry> lines;  // by role, then by person
    std::set<std::int32_t> listed{author.id};
    for (const auto& recipient : recipients) {
        const auto known = known_account(*settings_.accounts, session_, recipient.address);
        if (!known || !listed.insert(known->person.id).second) continue;  // under another name of theirs already
        const auto& who = known->person;
        email2::Entry entry{{who.address, who.kind, who.name}, recipient.role, email2::Membership::in, std::nullopt};
        entry.delivery = email2::Delivery{email2::DeliveryState::delivered, created, std::nullopt};
        lines.emplace(std::pair(static_cast<int>(recipient.role), who.id), std::move(entry));
    }
    std::vector<email2::Entry> list;
    for (auto& [place, entry] : lines) list.push_back(std::move(entry));
    list.push_back({{author.address, author.kind, author.name}, email2::Role::to, email2::Membership::in,
        std::nullopt});  // who writes it stands last
    return list;
}

// The answer to a first message to known people, known before it is stored.
email2::Message PostgresStore::fresh_message(const PersonRow& author, const email2::Publication& publication,
    const mapping::Rendering& rendering, const std::vector<Recipient>& recipients)
{
    email2::Message answer;
    answer.id = answer.thread = rendering.id;
    answer.from = rendering.from;
    answer.proof = email2::Proof::account;
    answer.created = rendering.date;
    answer.to.entries = fresh_list(author, recipients, rendering.date);
    answer.content = publication.content;
    answer.foreign = publication.foreign;
    return answer;
}

email2::Result<PostgresStore::Answered> PostgresStore::answered_by(
    const PersonRow& author, const email2::Publication& publication)
{
    Answered answered;
    bool holder = false;
    for (std::size_t i = 0; i < publication.parents.size(); ++i) {
        if (!email2::parse_name(publication.parents[i])) continue;  // "mid:…": kept unresolved by the writer
        const auto path = element_path("/message/parent", i, publication.parents.size()) + "/@ref";
        const auto parent = parent_for(author, publication.parents[i], path);
        if (!parent) return tl::unexpected(parent.error());
        if (parent->kind == 1) return tl::unexpected(Error{Code::invalid, "A draft cannot be answered.", path});
        const bool root = parent->standing.list_root;
        if (root && !publication.inherit && !publication.draft)
            return tl::unexpected(
                Error{Code::invalid, "What is posted to a mailing list inherits its list.", "/message/to"});
        answered.parents.push_back(parent->id);
        if (parent->root) answered.aliases.insert(parent->root->alias);
        if (!publication.inherit || (!root && (parent->standing.held != email2::Listed::in || parent->blind))) continue;
        if (!holder && !publication.entries.empty() && !parent->root)  // they join where the list is held
            if (auto may = email2::may_add(parent->standing); !may) return tl::unexpected(may.error());
        holder = true;
        add_shown(answered.list, shown_list(session_, *parent), author.address);
        if (!answered.mailing_list) answered.mailing_list = parent->mailing_list();
    }
    if (publication.inherit && answered.parents.empty())
        return tl::unexpected(
            Error{Code::invalid, "A list is inherited from a parent, and there is none.", "/message/to/@inherit"});
    return answered;
}

mapping::Rendering PostgresStore::first_rendering(const PersonRow& author, const email2::Publication& publication,
    const NewMessage& message, const Answered& answered, const std::vector<Recipient>& recipients)
{
    mapping::Rendering rendering;
    rendering.id = {message.guid, std::string(email2::domain_of(author.address))};
    rendering.message_id = rendering.id.str();
    rendering.from = {author.address, author.kind, author.name};
    rendering.date = message.created.value();
    rendering.content = publication.content;
    rendering.list = answered.list;
    rendering.mailing_list = answered.mailing_list;
    std::vector<email2::Entry> wanted;
    for (const auto& recipient : recipients) wanted.push_back(entry_of(recipient));
    if (publication.inherit) add_shown(rendering.list, std::move(wanted), author.address);
    else rendering.list = std::move(wanted);
    auto threading = threading_of(session_, answered.parents);
    rendering.parent_message_ids = std::move(threading.parents);
    rendering.references = std::move(threading.references);
    rendering.parent_thread_index = std::move(threading.thread_index);
    return rendering;
}

email2::Result<PostgresStore::Prepared> PostgresStore::prepare_publication(
    const std::string& actor, const email2::Publication& publication)
{
    auto author = person(actor);
    if (!author) return tl::unexpected(author.error());
    if (publication.list)
        if (auto checked = check_alias(*publication.list, settings_.domains); !checked)
            return tl::unexpected(checked.error());
    auto recipients = recipients_of(publication.entries);
    if (!recipients) return tl::unexpected(recipients.error());
    if (auto checked = check_entries(*recipients, publication.inherit); !checked)
        return tl::unexpected(checked.error());
    if (auto checked = check_attachments(*author, publication.content.body, "/message/body/part"); !checked)
        return tl::unexpected(checked.error());
    const auto answered = answered_by(*author, publication);
    if (!answered) return tl::unexpected(answered.error());

    Prepared out;
    out.author = *author;
    auto& message = out.message;
    message = unrendered(*author, publication);
    const auto rendering = first_rendering(*author, publication, message, *answered, *recipients);
    Apart apart(session_, author->id, publication.content.body);
    auto composed = apart.take(mapping::render(
        rendering, {settings_.to_max}, [&](const std::string& sha256) { return apart.octets(sha256); }));
    const bool away =
        !answered->aliases.empty() || std::any_of(rendering.list.begin(), rendering.list.end(), [&](const auto& entry) {
            return !settings_.domains.contains(email2::domain_of(entry.person.address));
        });
    if (auto fits = check_size(composed, away); !fits) return tl::unexpected(fits.error());
    if (auto room = check_room(*author, composed.bytes.size(), *recipients); !room) return tl::unexpected(room.error());
    const bool refused =
        std::any_of(recipients->begin(), recipients->end(), [](const auto& recipient) { return recipient.full; });
    if (publication.parents.empty() && !publication.list && !publication.draft && !away && !refused &&
        recipients->size() <= few)
        out.answer = fresh_message(*author, publication, rendering, *recipients);

    message.bytes = std::move(composed.bytes);
    message.elsewhere = std::move(composed.elsewhere);
    message.recipients = std::move(*recipients);
    if (!publication.inherit) return out;
    for (const auto& entry : rendering.list) {
        if (answered->aliases.contains(entry.person.address)) continue;
        if (publication.draft)
            message.recipients.push_back({entry.person.address, entry.person.name, entry.role, true, 0, ""});
        else message.shown.push_back(entry.person.address);
    }
    return out;
}

email2::Message PostgresStore::published_message(const PersonRow& author, const Published& published)
{
    const auto facts = facts_of(session_, published.id, author.id);
    return message_of(session_, *facts, author.id, std::nullopt);
}

email2::Result<email2::Message> PostgresStore::publish(const std::string& actor, const email2::Publication& publication)
{
    auto prepared = prepare_publication(actor, publication);
    if (!prepared) return tl::unexpected(prepared.error());
    const auto published = writer_.publish_blocking(std::move(prepared->message));
    if (!published) return tl::unexpected(published.error());
    return published_message(prepared->author, *published);
}

}  // namespace gateway::store
