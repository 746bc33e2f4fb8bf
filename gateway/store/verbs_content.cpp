// verbs_content: edit, redact, withdraw, undelete: what changes a message's content. email2.md rules 5 and 6.
#include "gateway/mapping/mail_out.h"
#include "gateway/store/flags.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/hash.h"
#include "gateway/store/relocate.h"
#include "gateway/store/rendition.h"
#include "gateway/store/store.h"

namespace gateway::store {

using email2::Code;
using email2::Error;

namespace {

std::vector<std::int64_t> ids_of(Session& session, const std::vector<std::string>& addresses)
{
    std::vector<std::int64_t> ids;
    for (const auto& [address, person] : find_people(session, addresses)) ids.push_back(person.id);
    return ids;
}

void collect_blobs(const email2::Part& part, std::vector<std::string>& digests)
{
    if (!part.sha256.empty()) digests.push_back(from_hex(part.sha256));
    for (const auto& child : part.parts) collect_blobs(child, digests);
}

// Whether mail of it leaves for somewhere else.
bool leaves(const std::vector<email2::Entry>& list)
{
    return std::any_of(list.begin(), list.end(), [](const auto& entry) {
        return entry.person.kind != email2::Class::native && entry.membership == email2::Membership::in;
    });
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

// The rendition's bytes, and the persons that it shows.
Apart::Composed PostgresStore::rendered(const Facts& facts, const PersonRow& author, std::int32_t revision, const email2::Content& content,
                                        std::vector<std::int64_t>* shown)
{
    mapping::Rendering rendering;
    rendering.id = facts.name;
    rendering.message_id = facts.message_id();
    rendering.revision = static_cast<std::uint32_t>(revision);
    rendering.from = {author.address, author.kind, author.name};
    rendering.list = shown_list(session_, facts);
    rendering.date = facts.created;
    auto threading = threading_of(session_, parents_of(session_, facts.id));
    rendering.parent_message_ids = std::move(threading.parents);
    rendering.references = std::move(threading.references);
    rendering.content = content;
    const mapping::RenderSettings settings{settings_.to_max};
    if (shown) *shown = ids_of(session_, mapping::shown(rendering, settings));
    Apart apart(session_, author.id, content.body);
    return apart.take(mapping::render(rendering, settings, [&](const std::string& sha256) { return apart.octets(sha256); }));
}

// A new revision: in one step every reference gets it at a new UID, and correspondents are told once it has settled.
email2::Result<email2::Message> PostgresStore::replace(const Seen& seen, const email2::Content& content, const std::vector<std::string>& foreign,
                                                       email2::EventKind kind)
{
    const auto& facts = seen.facts;
    Transaction transaction(session_);
    const auto locked = session_.query("select revision from message where id = $1 for no key update", facts.id);
    if (locked.integer(0, 0) != facts.revision) return tl::unexpected(Error{Code::conflict, "The message was edited meanwhile.", ""});
    const auto revision = facts.revision + 1;
    const auto before = content_of_revision(session_, facts.id, facts.revision);
    const bool visibly = !before || !(before->body == content.body);

    std::vector<std::int64_t> shown;
    auto composed = rendered(facts, seen.person, revision, content, &shown);
    if (auto fits = check_size(composed, leaves(shown_list(session_, facts))); !fits) return tl::unexpected(fits.error());
    const auto bytes = composed.bytes.bytes();
    const auto indexed = index_rendition(mime::parse(bytes), bytes, "", composed.elsewhere);
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
                   row.id, Bytes{document_of(content, foreign)});
    session_.query("update message set revision = $2 where id = $1", facts.id, revision);

    Changes changes;
    const auto references = session_.query("select r.user_id, r.mailbox_id, r.uid, r.home from ref r where r.message_id = $1 order by r.mailbox_id, r.uid", facts.id);
    std::vector<Relocation> relocations;
    for (std::size_t i = 0; i < references.size(); ++i) {
        const auto number = [&](int column) { return static_cast<std::int32_t>(references.integer(i, column)); };
        Relocation move{.user = number(0), .mailbox = number(1), .uid = number(2), .target = number(1), .rendition = row.id, .set_flags = flags::edited, .home = number(3)};
        if (visibly && settings_.edit_unseen && move.user != seen.person.id) move.clear_flags = flags::seen;
        relocations.push_back(move);
    }
    relocate(session_, changes, relocations);
    if (kind == email2::EventKind::redacted) forget_revisions(session_, facts, content.body);
    changes.events.push_back({.message = facts.id, .revision = revision, .actor = seen.person.id, .kind = kind});
    number(session_, changes);
    queue_edited(session_, changes, facts.id, changes.events.back().sequence, settings_.settle);
    finish(session_, changes);
    transaction.commit();
    const auto fresh = facts_of(session_, facts.id, seen.person.id);
    return message_of(session_, *fresh, seen.person.id, std::nullopt);
}

email2::Result<email2::Message> PostgresStore::edit(const std::string& actor, const email2::Name& id, std::uint32_t replaces, const email2::Content& content,
                                                    const email2::Foreign& foreign)
{
    const auto seen = look(actor, id);
    if (!seen) return tl::unexpected(seen.error());
    if (auto may = email2::may_edit(seen->facts.standing, replaces); !may) return tl::unexpected(may.error());
    if (auto checked = check_attachments(seen->person, content.body, "/message/body/part"); !checked) return tl::unexpected(checked.error());
    if (foreign) return replace(*seen, content, *foreign, email2::EventKind::edited);
    const auto before = document_of_revision(session_, seen->facts.id, seen->facts.revision);
    return replace(*seen, content, before ? before->foreign : std::vector<std::string>{}, email2::EventKind::edited);
}

// The newest content stays, as a revision of its own; what came before keeps who and when.
email2::Result<email2::Message> PostgresStore::redact(const std::string& actor, const email2::Name& id)
{
    const auto seen = look(actor, id);
    if (!seen) return tl::unexpected(seen.error());
    if (auto may = email2::may_redact(seen->facts.standing); !may) return tl::unexpected(may.error());
    const auto newest = document_of_revision(session_, seen->facts.id, seen->facts.revision).value_or(email2::Replacement{});
    return replace(*seen, newest.content, newest.foreign, email2::EventKind::redacted);
}

// A draft that nobody else ever saw leaves nothing behind but its expunged UID.
void PostgresStore::delete_draft(const Seen& seen)
{
    Transaction transaction(session_);
    Changes changes;
    const auto rows = session_.query("select mailbox_id, uid from ref where message_id = $1 and user_id = $2", seen.facts.id, seen.person.id);
    std::vector<Relocation> away;
    for (std::size_t i = 0; i < rows.size(); ++i)
        away.push_back({.user = seen.person.id, .mailbox = static_cast<std::int32_t>(rows.integer(i, 0)), .uid = static_cast<std::int32_t>(rows.integer(i, 1)),
                        .target = seen.person.limbo});
    relocate(session_, changes, away);
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
    finish(session_, changes);
    transaction.commit();
}

email2::Result<void> PostgresStore::withdraw(const std::string& actor, const email2::Name& id)
{
    const auto seen = look(actor, id);
    if (!seen) return tl::unexpected(seen.error());
    const auto step = email2::may_withdraw(seen->facts.standing);
    if (!step) return tl::unexpected(step.error());
    if (*step == email2::Step::nothing) return {};
    if (*step == email2::Step::delete_draft) {
        delete_draft(*seen);
        return {};
    }
    Transaction transaction(session_);
    if (session_.query("update message set state = 1, withdrawn_by = $2 where id = $1 and state = 0 returning 1", seen->facts.id, seen->person.id).empty()) return {};
    Changes changes;
    const auto rows = session_.query("select r.user_id, r.mailbox_id, r.uid, p.limbo from ref r join person p on p.id = r.user_id "
                                     "where r.message_id = $1 and r.mailbox_id <> p.limbo order by r.mailbox_id, r.uid", seen->facts.id);
    std::vector<Relocation> relocations;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto number = [&](int column) { return static_cast<std::int32_t>(rows.integer(i, column)); };
        relocations.push_back({.user = number(0), .mailbox = number(1), .uid = number(2), .target = number(3), .home = number(1)});
    }
    relocate(session_, changes, relocations);
    changes.events.push_back({.message = seen->facts.id, .revision = seen->facts.revision, .actor = seen->person.id, .kind = email2::EventKind::withdrawn});
    number(session_, changes);
    queue_withdrawn(session_, changes, seen->facts.id, changes.events.back().sequence);
    finish(session_, changes);
    transaction.commit();
    return {};
}

email2::Result<void> PostgresStore::undelete(const std::string& actor, const email2::Name& id)
{
    const auto seen = look(actor, id);
    if (!seen) return tl::unexpected(seen.error());
    const auto step = email2::may_undelete(seen->facts.standing);
    if (!step) return tl::unexpected(step.error());
    if (*step == email2::Step::nothing) return {};
    Transaction transaction(session_);
    if (session_.query("update message set state = 0, withdrawn_by = 0 where id = $1 and state = 1 returning 1", seen->facts.id).empty()) return {};
    Changes changes;
    // Who left or was removed meanwhile does not get it back by this, except into the Trash where it was.
    const auto rows = session_.query("select r.user_id, r.mailbox_id, r.uid, coalesce(b.id, p.inbox), case when b.id = p.trash then p.inbox else 0 end "
                                     "from ref r join person p on p.id = r.user_id left join mailbox b on b.id = r.home and b.user_id = p.id "
                                     "where r.message_id = $1 and r.mailbox_id = p.limbo and r.home <> 0 "
                                     "and not exists (select from entry o where o.person_id = p.id and (o.list_id = $1 or o.list_id = any($2::int8[])) and o.membership = 2) "
                                     "and (p.id = $3 or b.id in (p.trash, p.sent) or (exists (select from entry e where e.list_id = any($2::int8[]) and e.person_id = p.id and e.membership = 0) "
                                     " and not exists (select from entry o where o.list_id = $1 and o.person_id = p.id and o.membership <> 0))) "
                                     "order by r.mailbox_id, r.uid", seen->facts.id, seen->facts.holders, seen->facts.originator);
    std::vector<Relocation> relocations;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto number = [&](int column) { return static_cast<std::int32_t>(rows.integer(i, column)); };
        relocations.push_back({.user = number(0), .mailbox = number(1), .uid = number(2), .target = number(3), .home = number(4)});
    }
    relocate(session_, changes, relocations);
    changes.events.push_back({.message = seen->facts.id, .revision = seen->facts.revision, .actor = seen->person.id, .kind = email2::EventKind::undeleted});
    number(session_, changes);
    queue_restored(session_, changes, seen->facts.id, changes.events.back().sequence, settings_.undo);
    finish(session_, changes);
    transaction.commit();
    return {};
}

}  // namespace gateway::store
