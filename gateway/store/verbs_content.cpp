// verbs_content: publish, edit, redact, withdraw, undelete: what changes a message's content. email2.md rules 1, 5 and 6.
#include "email2/guid.h"
#include "email2/lists.h"
#include "gateway/mapping/address_forms.h"
#include "gateway/mapping/mail_out.h"
#include "gateway/store/charges.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/effective.h"
#include "gateway/store/fates.h"
#include "gateway/store/flags.h"
#include "gateway/store/hash.h"
#include "gateway/store/list_roots.h"
#include "gateway/store/mailbox_transaction.h"
#include "gateway/store/relocate.h"
#include "gateway/store/rendition.h"
#include "gateway/store/store.h"

namespace gateway::store {

using email2::Code;
using email2::Error;

namespace {

Time now() { return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

email2::Entry entry_of(const Recipient& recipient)
{
    email2::Entry entry;
    entry.person = {recipient.address, email2::Class::smtp, recipient.name};
    entry.role = recipient.role;
    return entry;
}

std::vector<std::int64_t> ids_of(Session& session, const std::vector<std::string>& addresses)
{
    std::vector<std::int64_t> ids;
    for (const auto& [address, person] : find_people(session, addresses)) ids.push_back(person.id);
    return ids;
}

void add_shown(std::vector<email2::Entry>& list, std::vector<email2::Entry> more, const std::string& author)
{
    for (auto& entry : more) {
        const auto same = [&](const auto& other) { return other.person.address == entry.person.address; };
        if (entry.person.address != author && std::none_of(list.begin(), list.end(), same)) list.push_back(std::move(entry));
    }
}

void collect_blobs(const email2::Part& part, std::vector<std::string>& digests)
{
    if (!part.sha256.empty()) digests.push_back(from_hex(part.sha256));
    for (const auto& child : part.parts) collect_blobs(child, digests);
}

// The content of all revisions up to the one that `facts` knows goes, with the attachments that the newest has not.
void forget_revisions(Session& session, const Facts& facts, const email2::Part& newest)
{
    session.query("update revision set redacted = true, document = null, sha256 = null where message_id = $1 and number <= $2", facts.id, facts.revision);
    for (const auto* sql : {"delete from body where rendition_id in (select id from rendition where message_id = $1 and revision <= $2)",
                            "delete from search_text where rendition_id in (select id from rendition where message_id = $1 and revision <= $2)"})
        session.query(sql, facts.id, facts.revision);
    std::vector<std::string> digests;
    collect_blobs(newest, digests);
    const std::vector<Bytes> kept = [&] {
        std::vector<Bytes> out;
        for (const auto& digest : digests) out.push_back({digest});
        return out;
    }();
    session.query("delete from blob_use where message_id = $1 and sha256 <> all($2::bytea[])", facts.id, kept);
}

}  // namespace

email2::Result<void> PostgresStore::check_attachments(const PersonRow& actor, const email2::Part& part, const std::string& path)
{
    if (!part.sha256.empty() && !attachment(session_, actor.id, part.sha256))
        return tl::unexpected(Error{Code::invalid, "No such attachment has been put here by you or shown to you.", path + "/@sha256"});
    std::size_t n = 0;
    for (const auto& child : part.parts)
        if (auto checked = check_attachments(actor, child, path + "/part[" + std::to_string(++n) + "]"); !checked) return checked;
    return {};
}

email2::Result<std::vector<Recipient>> PostgresStore::recipients_of(const std::vector<email2::NewEntry>& entries)
{
    std::vector<Recipient> recipients;
    std::vector<std::string> local;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto path = "/message/to/entry[" + std::to_string(i + 1) + "]/@address";
        const auto address = email2::normalise(entries[i].address, settings_.domains);
        if (!address) return tl::unexpected(Error{Code::invalid, "This is no address.", path});
        if (settings_.domains.contains(email2::domain_of(*address))) local.push_back(*address);
        Recipient recipient;
        recipient.address = *address;
        recipient.name = entries[i].name;
        recipient.role = entries[i].role;
        recipients.push_back(std::move(recipient));
    }
    const auto known = find_people(session_, local);
    for (std::size_t i = 0; i < recipients.size(); ++i)
        if (settings_.domains.contains(email2::domain_of(recipients[i].address))) {
            const auto found = known.find(recipients[i].address);
            if (found == known.end() || !found->second.native())
                return tl::unexpected(Error{Code::invalid, "There is no such account here.", "/message/to/entry[" + std::to_string(i + 1) + "]/@address"});
        }
    return recipients;
}

// The rendition's bytes, and the persons that it shows.
std::string PostgresStore::rendered(const Facts& facts, const PersonRow& author, std::int32_t revision, const email2::Content& content,
                                    std::vector<std::int64_t>* shown)
{
    mapping::Rendering rendering;
    rendering.id = facts.name;
    rendering.message_id = facts.message_id();
    rendering.revision = static_cast<std::uint32_t>(revision);
    rendering.from = {author.address, author.kind, author.name};
    rendering.mailing_list = list_root_of(session_, facts.list);
    rendering.list = shown_list(session_, facts);
    rendering.date = facts.created;
    auto threading = threading_of(session_, parents_of(session_, facts.id));
    rendering.parent_message_ids = std::move(threading.parents);
    rendering.references = std::move(threading.references);
    rendering.parent_thread_index = std::move(threading.thread_index);
    rendering.content = content;
    const mapping::RenderSettings settings{settings_.to_max};
    if (shown) *shown = ids_of(session_, mapping::shown(rendering, settings));
    return mapping::render(rendering, settings, [&](const std::string& sha256) { return needed_attachment(session_, author.id, sha256); });
}

email2::Result<Facts> PostgresStore::parent_for(const PersonRow& author, const std::string& parent, const std::string& path)
{
    const auto hidden = [&path] { return tl::unexpected(Error{Code::invalid, "There is no such message, or it is not shown to you.", path}); };
    const auto name = email2::parse_name(parent);
    auto facts = name ? facts_of(session_, *name, author.id) : std::nullopt;
    if (!facts) return hidden();
    const auto readable = email2::may_read(facts->standing).has_value();
    if (!facts->standing.list_root) {
        if (!readable) return hidden();
        return std::move(*facts);
    }
    const auto may = email2::may_post(facts->root->posting, {email2::effective(facts->standing), facts->standing.list_owner, true});
    if (may) return std::move(*facts);
    if (!readable) return hidden();
    return tl::unexpected(may.error());
}

email2::Result<void> PostgresStore::check_room(const PersonRow& author, std::uint64_t size, std::vector<Recipient>& recipients)
{
    std::vector<std::string> asked{author.address};
    for (const auto& recipient : recipients)
        if (settings_.domains.contains(email2::domain_of(recipient.address))) asked.push_back(recipient.address);
    const auto full = without_room(session_, asked, settings_.storage, size);
    if (full.contains(author.address)) return tl::unexpected(Error{Code::over_quota, "Your store is full.", ""});
    for (auto& recipient : recipients) recipient.full = full.contains(recipient.address);
    const bool nobody = !recipients.empty() && std::all_of(recipients.begin(), recipients.end(), [](const auto& r) { return r.full; });
    if (nobody) return tl::unexpected(Error{Code::over_quota, "The stores of all whom it is for are full.", "/message/to/entry[1]/@address"});
    return {};
}

namespace {

// The address of a mailing list to be made.
email2::Result<void> check_alias(const email2::MailingList& list, const email2::Domains& domains)
{
    const bool local = domains.contains(email2::domain_of(list.alias));
    if (local && !mapping::reserved_local_part(email2::local_part(list.alias))) return {};
    return tl::unexpected(Error{Code::invalid, "A mailing list has an address at a domain of this server that stands for nothing else.", "/message/@alias"});
}

}  // namespace

email2::Result<email2::Message> PostgresStore::publish(const std::string& actor, const email2::Publication& publication)
{
    auto author = person(actor);
    if (!author) return tl::unexpected(author.error());
    if (publication.list)
        if (auto checked = check_alias(*publication.list, settings_.domains); !checked) return tl::unexpected(checked.error());
    auto recipients = recipients_of(publication.entries);
    if (!recipients) return tl::unexpected(recipients.error());
    if (auto checked = check_attachments(*author, publication.content.body, "/message/body/part"); !checked) return tl::unexpected(checked.error());

    for (std::size_t i = 0; publication.inherit && i < recipients->size(); ++i)  // nobody could be blind where the list is held
        if ((*recipients)[i].role == email2::Role::blind)
            return tl::unexpected(Error{Code::invalid, "An inherited list takes no blind recipients.", "/message/to/entry[" + std::to_string(i + 1) + "]/@role"});

    NewMessage message;
    message.kind = publication.draft ? Kind::draft : Kind::message;
    message.originator = author->address;
    message.proof = email2::Proof::account;
    message.guid = email2::make_guid(now());
    message.parents = publication.parents;
    message.inherit = publication.inherit;
    message.native = true;
    message.idempotency_key = publication.idempotency_key;
    if (publication.draft) message.place = Placement{author->drafts, flags::draft | flags::seen};

    mapping::Rendering rendering;
    const auto home = std::string(email2::domain_of(author->address));
    rendering.id = {message.guid, home};
    rendering.message_id = rendering.id.str();
    rendering.from = {author->address, author->kind, author->name};
    rendering.date = now();
    rendering.content = publication.content;
    std::vector<std::int64_t> parents;
    bool holder = false;
    std::set<std::string> aliases;  // of mailing lists: the writer knows whom these reach
    for (std::size_t i = 0; i < publication.parents.size(); ++i) {
        if (!email2::parse_name(publication.parents[i])) continue;  // "mid:…": kept unresolved by the writer
        const auto path = "/message/parent[" + std::to_string(i + 1) + "]/@ref";
        const auto parent = parent_for(*author, publication.parents[i], path);
        if (!parent) return tl::unexpected(parent.error());
        if (parent->kind == 1) return tl::unexpected(Error{Code::invalid, "A draft cannot be answered.", path});
        const bool root = parent->standing.list_root;
        if (root && !publication.inherit && !publication.draft)
            return tl::unexpected(Error{Code::invalid, "What is posted to a mailing list inherits its list.", "/message/to"});
        parents.push_back(parent->id);
        if (parent->root) aliases.insert(parent->root->alias);
        if (!publication.inherit || (!root && (parent->standing.held != email2::Listed::in || parent->blind))) continue;
        if (!holder && !recipients->empty() && !parent->root)  // they join where the list is held
            if (auto may = email2::may_add(parent->standing); !may) return tl::unexpected(may.error());
        holder = true;
        add_shown(rendering.list, shown_list(session_, *parent), author->address);
        if (!rendering.mailing_list) rendering.mailing_list = list_root_of(session_, parent->list);
    }
    for (auto& parent : message.parents)
        if (parent.starts_with("mid:")) parent.erase(0, 4);
    if (publication.inherit && parents.empty()) return tl::unexpected(Error{Code::invalid, "A list is inherited from a parent, and there is none.", "/message/to/@inherit"});
    std::vector<email2::Entry> named;
    for (const auto& recipient : *recipients) named.push_back(entry_of(recipient));
    if (publication.inherit) add_shown(rendering.list, std::move(named), author->address);
    else rendering.list = std::move(named);
    auto threading = threading_of(session_, parents);
    rendering.parent_message_ids = std::move(threading.parents);
    rendering.references = std::move(threading.references);
    rendering.parent_thread_index = std::move(threading.thread_index);
    const auto bytes = mapping::render(rendering, {settings_.to_max}, [&](const std::string& sha256) { return needed_attachment(session_, author->id, sha256); });
    if (bytes.size() > settings_.message_size) return tl::unexpected(Error{Code::too_large, "The message is larger than this server takes.", ""});

    message.bytes.append(bytes);
    message.document = document_of(publication.content);
    message.list = publication.list;
    if (publication.list) message.list_title = publication.content.subject;
    if (auto room = check_room(*author, bytes.size(), *recipients); !room) return tl::unexpected(room.error());
    message.recipients = std::move(*recipients);
    if (publication.inherit)
        for (const auto& entry : rendering.list) {
            if (aliases.contains(entry.person.address)) continue;
            if (publication.draft) message.recipients.push_back({entry.person.address, entry.person.name, entry.role, true, 0, ""});
            else message.shown.push_back(entry.person.address);
        }
    const auto published = writer_.publish_blocking(std::move(message));
    if (!published) return tl::unexpected(published.error());
    const auto facts = facts_of(session_, published->id, author->id);
    return message_of(session_, *facts, author->id, std::nullopt);
}

// A new revision: in one step every reference gets it at a new UID, and correspondents are told once it has settled.
void PostgresStore::replace(const Seen& seen, const email2::Content& content, const std::string& bytes, const std::vector<std::int64_t>& shown,
                            email2::EventKind kind, Changes& changes)
{
    const auto& facts = seen.facts;
    const auto revision = facts.revision + 1;
    const auto before = content_of_revision(session_, facts.id, facts.revision);
    const bool visibly = !before || !(before->body == content.body);
    const auto indexed = index_rendition(mime::parse(bytes), bytes, "");
    RenditionRow row;
    row.id = writer_.ids().next(session_);
    row.message = facts.id;
    row.revision = revision;
    row.internal_date = facts.created;
    row.shown = shown;
    row.indexed = &indexed;
    row.content = bytes;
    insert_rendition(session_, row);
    session_.query("insert into revision(message_id, number, actor, rendition_id, document) values ($1, $2, $3, $4, $5)", facts.id, revision, seen.person.id,
                   row.id, Bytes{document_of(content)});
    session_.query("update message set revision = $2 where id = $1", facts.id, revision);

    // Somebody may move theirs while it is read here: then it is found at its new place the next time.
    for (;;) {
        const auto references = session_.query("select user_id, mailbox_id, uid, home from ref where message_id = $1 and rendition_id <> $2 order by mailbox_id, uid",
                                               facts.id, row.id);
        if (references.empty()) break;
        std::vector<Relocation> relocations;
        for (std::size_t i = 0; i < references.size(); ++i) {
            const auto number = [&](int column) { return static_cast<std::int32_t>(references.integer(i, column)); };
            Relocation move{.user = number(0), .mailbox = number(1), .uid = number(2), .target = number(1), .rendition = row.id, .set_flags = flags::edited, .home = number(3)};
            if (visibly && settings_.edit_unseen && move.user != seen.person.id) move.clear_flags = flags::seen;
            relocations.push_back(move);
        }
        relocate(session_, changes, relocations);
    }
    if (kind == email2::EventKind::redacted) forget_revisions(session_, facts, content.body);
    changes.events.push_back({.message = facts.id, .revision = revision, .actor = seen.person.id, .kind = kind});
    number(session_, changes);
    queue_edited(session_, changes, facts.id, changes.events.back().sequence, settings_.settle);
}

email2::Result<email2::Message> PostgresStore::edit(const std::string& actor, const email2::Name& id, std::uint32_t replaces, const email2::Content& content)
{
    return store::change(session_, [&](Changes& changes) -> email2::Result<email2::Message> {
        const auto seen = locked(actor, id);
        if (!seen) return tl::unexpected(seen.error());
        if (auto may = email2::may_edit(seen->facts.standing, replaces); !may) return tl::unexpected(may.error());
        if (auto checked = check_attachments(seen->person, content.body, "/message/body/part"); !checked) return tl::unexpected(checked.error());
        std::vector<std::int64_t> shown;
        const auto bytes = rendered(seen->facts, seen->person, seen->facts.revision + 1, content, &shown);
        if (bytes.size() > settings_.message_size) return tl::unexpected(Error{Code::too_large, "The message is larger than this server takes.", ""});
        replace(*seen, content, bytes, shown, email2::EventKind::edited, changes);
        const auto fresh = facts_of(session_, seen->facts.id, seen->person.id);
        return message_of(session_, *fresh, seen->person.id, std::nullopt);
    }).value;
}

// The newest content stays, as a revision of its own; what came before keeps who and when.
email2::Result<email2::Message> PostgresStore::redact(const std::string& actor, const email2::Name& id)
{
    return store::change(session_, [&](Changes& changes) -> email2::Result<email2::Message> {
        const auto seen = locked(actor, id);
        if (!seen) return tl::unexpected(seen.error());
        if (auto may = email2::may_redact(seen->facts.standing); !may) return tl::unexpected(may.error());
        const auto content = content_of_revision(session_, seen->facts.id, seen->facts.revision).value_or(email2::Content{});
        std::vector<std::int64_t> shown;
        const auto bytes = rendered(seen->facts, seen->person, seen->facts.revision + 1, content, &shown);
        replace(*seen, content, bytes, shown, email2::EventKind::redacted, changes);
        const auto fresh = facts_of(session_, seen->facts.id, seen->person.id);
        return message_of(session_, *fresh, seen->person.id, std::nullopt);
    }).value;
}

// A draft that nobody else ever saw leaves nothing behind but its expunged UID.
void PostgresStore::delete_draft(const Seen& seen, Changes& changes)
{
    const auto rows = session_.query("select user_id, mailbox_id, uid, $3, 0 from ref where message_id = $1 and user_id = $2 order by mailbox_id, uid", seen.facts.id,
                                     seen.person.id, seen.person.limbo);
    relocate(session_, changes, relocations_of(rows));
    Session::Pipeline pipeline(session_);
    pipeline.add("delete from ref where message_id = $1", seen.facts.id);
    pipeline.add("delete from body where rendition_id in (select id from rendition where message_id = $1)", seen.facts.id);
    pipeline.add("delete from search_text where rendition_id in (select id from rendition where message_id = $1)", seen.facts.id);
    pipeline.add("delete from rendition where message_id = $1", seen.facts.id);
    pipeline.add("delete from revision where message_id = $1", seen.facts.id);
    pipeline.add("delete from entry where list_id = $1", seen.facts.id);
    pipeline.add("delete from event where message_id = $1", seen.facts.id);
    pipeline.add("delete from blob_use where message_id = $1", seen.facts.id);
    pipeline.add("delete from parent where message_id = $1", seen.facts.id);
    pipeline.add("delete from idempotency where message_id = $1", seen.facts.id);
    pipeline.add("delete from message where id = $1", seen.facts.id);
    pipeline.run();
}

// Everybody's references go to limbo, which remembers where they were: a folder, or (negative) Trash and the folder before it.
email2::Result<void> PostgresStore::withdraw(const std::string& actor, const email2::Name& id)
{
    return store::change(session_, [&](Changes& changes) -> email2::Result<void> {
        const auto seen = locked(actor, id);
        if (!seen) return tl::unexpected(seen.error());
        const auto step = email2::may_withdraw(seen->facts.standing);
        if (!step) return tl::unexpected(step.error());
        if (*step == email2::Step::delete_draft) delete_draft(*seen, changes);
        if (*step != email2::Step::act) return {};
        session_.query("update message set state = 1, withdrawn_by = $2, since = now() where id = $1", seen->facts.id, seen->person.id);
        for (;;) {  // until nobody has moved theirs meanwhile
            const auto rows = session_.query("select r.user_id, r.mailbox_id, r.uid, p.limbo, "
                                             "case when r.mailbox_id <> p.trash then r.mailbox_id when r.home = 0 then -p.trash else -r.home end "
                                             "from ref r join person p on p.id = r.user_id where r.message_id = $1 and r.mailbox_id <> p.limbo order by r.mailbox_id, r.uid",
                                             seen->facts.id);
            if (rows.empty()) break;
            relocate(session_, changes, relocations_of(rows));
        }
        changes.events.push_back({.message = seen->facts.id, .revision = seen->facts.revision, .actor = seen->person.id, .kind = email2::EventKind::withdrawn});
        number(session_, changes);
        queue_withdrawn(session_, changes, seen->facts.id, changes.events.back().sequence);
        return {};
    }).value;
}

// The way back out of limbo, for whom the list has now: who left meanwhile finds it in Trash, who was removed finds nothing.
email2::Result<void> PostgresStore::undelete(const std::string& actor, const email2::Name& id)
{
    return store::change(session_, [&](Changes& changes) -> email2::Result<void> {
        const auto seen = locked(actor, id);
        if (!seen) return tl::unexpected(seen.error());
        const auto step = email2::may_undelete(seen->facts.standing);
        if (!step) return tl::unexpected(step.error());
        if (*step == email2::Step::nothing) return {};
        session_.query("update message set state = 0, withdrawn_by = 0, since = null where id = $1", seen->facts.id);
        settle_fates(session_, {}, {seen->facts.id});
        const auto rows = session_.query(
            "with t as materialized (select r.user_id, r.mailbox_id, r.uid, r.home, p.trash, p.sent, p.drafts, coalesce(nullif(b.id, p.trash), p.inbox) folder, "
            "coalesce(" EFFECTIVE("m", "p.id") ", 2) s, m.originator = p.id own "
            "from message m join ref r on r.message_id = m.id join person p on p.id = r.user_id and p.limbo = r.mailbox_id "
            "left join mailbox b on b.id = r.home and b.user_id = p.id where m.id = $1 and r.home <> 0) "
            "select user_id, mailbox_id, uid, case when home < 0 then trash else folder end, case when home < 0 then coalesce(nullif(-home, trash), 0) else 0 end was from t "
            "where (home < 0 or home in (sent, drafts)) and (s <> 2 or own) or home > 0 and (s = 0 or (s = 2 and own)) order by mailbox_id, uid", seen->facts.id);
        relocate(session_, changes, relocations_of(rows));
        changes.events.push_back({.message = seen->facts.id, .revision = seen->facts.revision, .actor = seen->person.id, .kind = email2::EventKind::undeleted});
        number(session_, changes);
        queue_restored(session_, changes, seen->facts.id, changes.events.back().sequence, settings_.undo);
        return {};
    }).value;
}

}  // namespace gateway::store
