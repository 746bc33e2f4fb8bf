// verbs_content: edit, redact, withdraw, undelete: what changes a message's content. email2.md rules 5 and 6.
#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/mail_out.h"
#include "gateway/mapping/new_text.h"
#include "gateway/mapping/readable.h"
#include "gateway/store/charges.h"
#include "gateway/store/effective.h"
#include "gateway/store/envelope_words.h"
#include "gateway/store/fates.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/hash.h"
#include "gateway/store/mail_verbs.h"
#include "gateway/store/mailbox_transaction.h"
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
    session.query(
        "update revision set redacted = true, document = null, sha256 = null where message_id = $1 and number <= $2",
        facts.id, facts.revision);
    for (const auto* sql :
        {"delete from body where rendition_id in (select id from rendition where message_id = $1 and revision <= $2)",
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

namespace {

// An account without a name here is called as its own client wrote it.
std::string name_of_author(Session& session, const Facts& facts, const email2::Person& author)
{
    if (!author.name.empty()) return author.name;
    const auto rows = session.query("select r.envelope from revision v join rendition r on r.id = v.rendition_id "
                                    "where v.message_id = $1 and v.number = $2",
        facts.id, facts.revision);
    return rows.empty() ? std::string{} : author_name(rows.octets(0, 0), author);
}

}  // namespace

// The rendition's bytes, and the persons that it shows.
Apart::Composed PostgresStore::rendered(const Facts& facts, const PersonRow& author, std::int32_t revision,
    const Next& next, std::optional<std::vector<std::int64_t>>& shown)
{
    mapping::Rendering rendering;
    rendering.id = facts.name;
    rendering.message_id = facts.message_id();
    rendering.revision = static_cast<std::uint32_t>(revision);
    rendering.from = {author.address, author.kind, author.name};
    rendering.from.name = name_of_author(session_, facts, rendering.from);
    rendering.mailing_list = facts.mailing_list();
    rendering.list = shown_list(session_, facts);
    rendering.date = facts.created;
    auto threading = threading_of(session_, parents_of(session_, facts.id));
    rendering.parent_message_ids = std::move(threading.parents);
    rendering.references = std::move(threading.references);
    rendering.parent_thread_index = std::move(threading.thread_index);
    rendering.content = next.content;
    if (next.part != nullptr) rendering.kept = *next.part;
    const mapping::RenderSettings settings{settings_.to_max};
    shown = ids_of(session_, mapping::shown(rendering, settings));
    Apart apart(session_, author.id, next.content.body);
    return apart.take(
        mapping::render(rendering, settings, [&](const std::string& sha256) { return apart.octets(sha256); }));
}

namespace {

Apart::Composed as_it_stands(std::string_view octets)
{
    Apart::Composed whole;
    whole.bytes.append(octets);
    whole.text = octets.size();
    return whole;
}

}  // namespace

// A new revision: in one step every reference gets it at a new UID, and correspondents are told once it has settled.
email2::Result<email2::Message> PostgresStore::replace(const Seen& seen, const Next& next, Changes& changes)
{
    const auto& facts = seen.facts;
    const auto revision = facts.revision + 1;
    const auto before = content_of_revision(session_, facts.id, facts.revision);
    const bool visibly = !before || !(before->body == next.content.body);

    RenditionRow row;
    row.shown = next.shown;
    auto composed = next.octets ? as_it_stands(*next.octets) : rendered(facts, seen.person, revision, next, row.shown);
    if (auto fits = check_size(composed, leaves(shown_list(session_, facts))); !fits)
        return tl::unexpected(fits.error());
    const auto bytes = composed.bytes.bytes();
    const auto indexed = index_rendition(mime::parse(bytes), bytes, next.trace, composed.elsewhere);
    row.id = writer_.ids().next(session_);
    row.message = facts.id;
    row.revision = revision;
    row.internal_date = facts.created;
    row.indexed = &indexed;
    row.content = bytes;
    insert_rendition(session_, row);
    const auto document =
        next.says_all && next.foreign.empty() ? std::string() : document_of(next.content, next.foreign);
    session_.query(
        "insert into revision(message_id, number, actor, rendition_id, document, sha256) values ($1, $2, $3, $4, $5, $6)",
        facts.id, revision, seen.person.id, row.id,
        document.empty() ? std::optional<Bytes>() : std::optional(Bytes{document}),
        next.mail ? std::optional(Bytes{indexed.sha256}) : std::optional<Bytes>());
    session_.query("update message set revision = $2 where id = $1", facts.id, revision);
    remember_message_id(session_, next.message_id, facts.id);

    show_revision(session_, changes, facts.id, row.id, seen.person.id,
        visibly && settings_.edit_unseen ? Unseen::others : Unseen::nobody);
    if (next.kind == email2::EventKind::redacted) forget_revisions(session_, facts, next.content.body);
    changes.events.push_back({.message = facts.id, .revision = revision, .actor = seen.person.id, .kind = next.kind});
    number(session_, changes);
    queue_edited(session_, changes, facts.id, changes.events.back().sequence, settings_.settle);
    const auto fresh = facts_of(session_, facts.id, seen.person.id);
    return message_of(session_, *fresh, seen.person.id, std::nullopt);
}

// What stands beside the newest content from other namespaces.
std::vector<std::string> PostgresStore::foreign_of(const Facts& facts)
{
    const auto newest = document_of_revision(session_, facts.id, facts.revision);
    return newest ? newest->foreign : std::vector<std::string>{};
}

namespace {

// What is signed or encrypted, and is as it was, keeps its octets; a signature over what is another now goes.
std::optional<mapping::KeptPart> keep_sealed(Session& session, const Facts& facts, email2::Part& body)
{
    if (mapping::sealing_of(body) == mapping::Sealing::none) return std::nullopt;
    const auto bytes = bytes_of_revision(session, facts.id, facts.revision);
    const auto rendition = mime::parse(bytes);
    const auto earlier = mapping::content_of(rendition, bytes).body;
    body = mapping::without_stale_signatures(std::move(body), earlier);
    return mapping::still_sealed(rendition, bytes, earlier, body);
}

}  // namespace

email2::Result<email2::Message> PostgresStore::edit_composed(
    const std::string& actor, const email2::Name& id, std::uint32_t replaces, Next next, const email2::Foreign& foreign)
{
    return in_one_step([&](Changes& changes) -> email2::Result<email2::Message> {
        const auto seen = locked(actor, id);
        if (!seen) return tl::unexpected(seen.error());
        if (auto may = email2::may_edit(seen->facts.standing, replaces); !may) return tl::unexpected(may.error());
        if (auto checked = check_attachments(seen->person, next.content.body, "/message/body/part"); !checked)
            return tl::unexpected(checked.error());
        next.foreign = foreign ? *foreign : foreign_of(seen->facts);
        const auto kept = next.part == nullptr ? keep_sealed(session_, seen->facts, next.content.body) : std::nullopt;
        if (kept) next.part = &*kept;
        return replace(*seen, next, changes);
    });
}

email2::Result<email2::Message> PostgresStore::edit(const std::string& actor, const email2::Name& id,
    std::uint32_t replaces, const email2::Content& content, const email2::Foreign& foreign)
{
    return edit_composed(actor, id, replaces, {.content = content}, foreign);
}

email2::Result<email2::Message> PostgresStore::edit_with_part(const std::string& actor, const email2::Name& id,
    std::uint32_t replaces, const email2::Content& content, const mapping::KeptPart& part)
{
    return edit_composed(actor, id, replaces, {.content = content, .part = &part}, std::nullopt);
}

email2::Result<email2::Message> PostgresStore::edit_as_mail(
    const std::string& actor, const email2::Name& id, std::uint32_t replaces, std::string_view mail, std::string trace)
{
    return in_one_step(
        [&](Changes& changes) { return edit_as_mail_within(changes, actor, id, replaces, mail, trace); });
}

email2::Result<email2::Message> PostgresStore::edit_as_mail_within(Changes& changes, const std::string& actor,
    const email2::Name& id, std::uint32_t replaces, std::string_view mail, std::string trace)
{
    const auto moment = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto submitted = mime::parse(mail);
    const auto header = mapping::read_facts(submitted, mail);
    const auto known = facts_of(session_, id, 0);
    Next next;
    next.octets = mapping::as_edit(submitted, mail, known ? known->message_id() : id.str(), moment);
    next.content = mapping::content_of(mime::parse(*next.octets), *next.octets);
    next.mail = next.says_all = true;
    next.trace = std::move(trace);
    next.message_id = header.message_id;
    const auto seen = locked(actor, id);
    if (!seen) return tl::unexpected(seen.error());
    if (auto may = email2::may_edit(seen->facts.standing, replaces); !may) return tl::unexpected(may.error());
    if (!is_all_by(session_, actor, header, settings_.domains))
        return tl::unexpected(email2::Error{email2::Code::forbidden, "The address in From is not yours.", ""});
    next.foreign = foreign_of(seen->facts);
    next.shown = persons_shown(session_, header, seen->person.id, settings_.domains);
    return replace(*seen, next, changes);
}

// What came as mail, or has something signed in it, is not composed anew: it would be neither any more.
void PostgresStore::keep_octets(const Facts& facts, Next& next)
{
    const auto rows = session_.query(
        "select v.sha256 is not null, v.document is null, r.trace, r.shown from revision v join rendition r on r.id = v.rendition_id "
        "where v.message_id = $1 and v.number = $2",
        facts.id, facts.revision);
    if (rows.empty()) return;
    next.mail = rows.boolean(0, 0);
    if (!next.mail && mapping::sealing_of(next.content.body) == mapping::Sealing::none) return;
    next.says_all = rows.boolean(0, 1);
    next.octets = bytes_of_revision(session_, facts.id, facts.revision);
    next.trace = rows.text(0, 2);
    if (rows.null(0, 3)) return;
    const auto shown = rows.integers(0, 3);
    next.shown.emplace(shown.begin(), shown.end());
}

// The newest content stays, as a revision of its own; what came before keeps who and when.
email2::Result<email2::Message> PostgresStore::redact(const std::string& actor, const email2::Name& id)
{
    return in_one_step([&](Changes& changes) -> email2::Result<email2::Message> {
        const auto seen = locked(actor, id);
        if (!seen) return tl::unexpected(seen.error());
        if (auto may = email2::may_redact(seen->facts.standing); !may) return tl::unexpected(may.error());
        auto newest = document_of_revision(session_, seen->facts.id, seen->facts.revision).value_or(RevisionDocument{});
        Next next{.content = std::move(newest.content),
            .foreign = std::move(newest.foreign),
            .kind = email2::EventKind::redacted};
        keep_octets(seen->facts, next);
        return replace(*seen, next, changes);
    });
}

// A draft that nobody else ever saw leaves nothing behind but its expunged UID.
void PostgresStore::delete_draft(const Seen& seen, Changes& changes)
{
    const auto rows = session_.query(
        "select user_id, mailbox_id, uid, $3, 0 from ref where message_id = $1 and user_id = $2 order by mailbox_id, uid",
        seen.facts.id, seen.person.id, seen.person.limbo);
    relocate(session_, changes, relocations_of(rows));
    Session::Pipeline pipeline(session_);
    pipeline.add("delete from ref where message_id = $1", seen.facts.id);
    pipeline.add(
        "delete from body where rendition_id in (select id from rendition where message_id = $1)", seen.facts.id);
    pipeline.add("delete from search_text where rendition_id in (select id from rendition where message_id = $1)",
        seen.facts.id);
    pipeline.add("delete from rendition where message_id = $1", seen.facts.id);
    pipeline.add("delete from revision where message_id = $1", seen.facts.id);
    pipeline.add("delete from entry where list_id = $1", seen.facts.id);
    pipeline.add("delete from event where message_id = $1", seen.facts.id);
    pipeline.add("delete from blob_use where message_id = $1", seen.facts.id);
    pipeline.add("delete from parent where message_id = $1", seen.facts.id);
    pipeline.add("delete from message_list where message_id = $1", seen.facts.id);
    pipeline.add("delete from idempotency where message_id = $1", seen.facts.id);
    pipeline.add("delete from message where id = $1", seen.facts.id);
    pipeline.run();
}

// Everybody's references go to limbo, which remembers where they were: a folder, or (negative) Trash and the folder
// before it.
email2::Result<void> PostgresStore::withdraw(const std::string& actor, const email2::Name& id)
{
    return in_one_step([&](Changes& changes) -> email2::Result<void> {
        const auto seen = locked(actor, id);
        if (!seen) return tl::unexpected(seen.error());
        const auto step = email2::may_withdraw(seen->facts.standing);
        if (!step) return tl::unexpected(step.error());
        if (*step == email2::Step::delete_draft) delete_draft(*seen, changes);
        if (*step != email2::Step::act) return {};
        session_.query("update message set state = 1, withdrawn_by = $2, since = now() where id = $1", seen->facts.id,
            seen->person.id);
        for (;;) {  // until nobody has moved theirs meanwhile
            const auto rows = session_.query(
                "select r.user_id, r.mailbox_id, r.uid, p.limbo, "
                "case when r.mailbox_id <> p.trash then r.mailbox_id when r.home = 0 then -p.trash else -r.home end "
                "from ref r join person p on p.id = r.user_id where r.message_id = $1 and r.mailbox_id <> p.limbo order by r.mailbox_id, r.uid",
                seen->facts.id);
            if (rows.empty()) break;
            relocate(session_, changes, relocations_of(rows));
        }
        changes.events.push_back({.message = seen->facts.id,
            .revision = seen->facts.revision,
            .actor = seen->person.id,
            .kind = email2::EventKind::withdrawn});
        number(session_, changes);
        queue_withdrawn(session_, changes, seen->facts.id, changes.events.back().sequence);
        return {};
    });
}

// The way back out of limbo, for whom the list has now: who left meanwhile finds it in Trash, who was removed finds
// nothing.
email2::Result<void> PostgresStore::undelete(const std::string& actor, const email2::Name& id)
{
    return in_one_step([&](Changes& changes) -> email2::Result<void> {
        const auto seen = locked(actor, id);
        if (!seen) return tl::unexpected(seen.error());
        const auto step = email2::may_undelete(seen->facts.standing);
        if (!step) return tl::unexpected(step.error());
        if (*step == email2::Step::nothing) return {};
        session_.query("update message set state = 0, withdrawn_by = 0, since = null where id = $1", seen->facts.id);
        settle_fates(session_, {}, {seen->facts.id});
        const auto rows = session_.query(
            "with t as materialized (select r.user_id, r.mailbox_id, r.uid, r.home, p.trash, p.sent, p.drafts, coalesce(nullif(b.id, p.trash), p.inbox) folder, "
            "coalesce(" EFFECTIVE("m",
                "p.id") ", 2) s, m.originator = p.id own "
                        "from message m join ref r on r.message_id = m.id join person p on p.id = r.user_id and p.limbo = r.mailbox_id "
                        "left join mailbox b on b.id = r.home and b.user_id = p.id where m.id = $1 and r.home <> 0) "
                        "select user_id, mailbox_id, uid, case when home < 0 then trash else folder end, case when home < 0 then coalesce(nullif(-home, trash), 0) else 0 end was from t "
                        "where (home < 0 or home in (sent, drafts)) and (s <> 2 or own) or home > 0 and (s = 0 or (s = 2 and own)) order by mailbox_id, uid",
            seen->facts.id);
        relocate(session_, changes, relocations_of(rows));
        changes.events.push_back({.message = seen->facts.id,
            .revision = seen->facts.revision,
            .actor = seen->person.id,
            .kind = email2::EventKind::undeleted});
        number(session_, changes);
        queue_restored(session_, changes, seen->facts.id, changes.events.back().sequence,
            {.undo = settings_.undo, .settle = settings_.settle});
        return {};
    });
}

}  // namespace gateway::store
