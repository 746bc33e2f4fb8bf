#include "gateway/store/erase.h"

#include "gateway/log.h"
#include "gateway/mapping/mail_out.h"
#include "gateway/store/attachments.h"
#include "gateway/store/changes.h"
#include "gateway/store/facts.h"
#include "gateway/store/fates.h"
#include "gateway/store/hash.h"
#include "gateway/store/relocate.h"
#include "gateway/store/rendition.h"
#include "mime/message.h"

#include <array>

namespace gateway::store {

namespace {

using MessageIds = std::vector<std::int64_t>;

constexpr std::int64_t batch = 500;       // rows in one transaction: mailboxes and lists are not locked for long
constexpr std::int64_t forgotten = 2000;  // rows that nobody waits for
constexpr std::int64_t few = 20;          // renditions in one transaction: each is composed
constexpr std::size_t shown_people = 50;  // render.to_max

MessageIds first_column(const Rows& rows)
{
    MessageIds out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(rows.integer(i, 0));
    return out;
}

// The messages of these that nobody here holds or is on the list of, beside `person`. Mail servers outside have their
// copies.
MessageIds unheld(Session& session, std::int32_t person, const MessageIds& messages)
{
    return first_column(session.query(R"(
select m.id from message m where m.id = any($1::int8[])
 and not exists (select from ref r where r.message_id = m.id)
 and not exists (select from list_root l where l.message_id = m.id)
 and not exists (select from (select m.list_id l union select x.list_id from message_list x where x.message_id = m.id) h
   join entry e on e.list_id = h.l and e.membership = 0 and e.person_id <> $2 join person p on p.id = e.person_id and p.class in (0, 1))
order by m.id for update)",
        messages, person));
}

void forget_content(Session::Pipeline& pipeline, const MessageIds& messages)
{
    pipeline.add("delete from body where rendition_id in (select id from rendition where message_id = any($1::int8[]))",
        messages);
    pipeline.add(
        "delete from search_text where rendition_id in (select id from rendition where message_id = any($1::int8[]))",
        messages);
    pipeline.add("delete from blob_use where message_id = any($1::int8[])", messages);
    pipeline.add("delete from egress where message_id = any($1::int8[])", messages);
}

// They go. What others answered, or what holds the list of others, stays as withdrawn, without its content: threads
// keep their shape.
void remove_unheld(Session& session, std::int32_t person, const MessageIds& messages)
{
    const auto dead = unheld(session, person, messages);
    if (dead.empty()) return;
    const auto needed = first_column(session.query(R"(
select m.id from message m where m.id = any($1::int8[]) and (
 exists (select from message c where c.list_id = m.id and c.id <> all($1::int8[])) or exists (select from message c where c.thread_id = m.id and c.id <> all($1::int8[]))
 or exists (select from message_list l where l.list_id = m.id and l.message_id <> all($1::int8[]))
 or exists (select from parent p where p.parent_id = m.id and p.message_id <> all($1::int8[]))))",
        dead));
    MessageIds gone;
    for (const auto id : dead)
        if (std::find(needed.begin(), needed.end(), id) == needed.end()) gone.push_back(id);
    Session::Pipeline pipeline(session);
    forget_content(pipeline, dead);
    pipeline.add("delete from cold where message_id = any($1::int8[])", dead);  // the file is nobody's then
    pipeline.add(
        "update message set state = 1, withdrawn_by = $2, since = coalesce(since, now()) where id = any($1::int8[]) and state <> 3",
        needed, person);
    pipeline.add(
        "update revision set redacted = true, document = null, sha256 = null where message_id = any($1::int8[])",
        needed);
    pipeline.add(
        "delete from rendition r where r.message_id = any($1::int8[]) and not exists (select from revision v where v.message_id = r.message_id "
        "and v.rendition_id = r.id)",
        needed);
    pipeline.add(
        "update rendition set envelope = '', body_structure = '', preview = '', headers = '', trace = '' where message_id = any($1::int8[])",
        needed);
    pipeline.add("delete from rendition where message_id = any($1::int8[])", gone);
    pipeline.add("delete from revision where message_id = any($1::int8[])", gone);
    pipeline.add("delete from parent where message_id = any($1::int8[])", gone);
    pipeline.add("delete from message_list where message_id = any($1::int8[])", gone);
    pipeline.add("delete from entry where list_id = any($1::int8[])", gone);
    pipeline.add("delete from delivery where message_id = any($1::int8[])", gone);
    for (const auto* sql :
        {"delete from event where message_id = any($1::int8[])", "delete from token where message_id = any($1::int8[])",
            "delete from vote where message_id = any($1::int8[])",
            "delete from moderated where message_id = any($1::int8[])"})
        pipeline.add(sql, gone);
    std::vector<std::int64_t> hashes;
    MessageIds edited;  // by mail, perhaps: each edit had a Message-ID of its own, which nothing else remembers
    const auto ids =
        session.query("select id, coalesce(mid, ''), revision > 1 from message where id = any($1::int8[])", gone);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        hashes.push_back(message_id_hash(ids.octets(i, 1)));
        if (ids.boolean(i, 2)) edited.push_back(ids.integer(i, 0));
    }
    pipeline.add("delete from msgid where hash = any($2::int8[]) and message_id = any($1::int8[])", gone, hashes);
    if (!edited.empty()) pipeline.add("delete from msgid where message_id = any($1::int8[])", edited);
    pipeline.add("delete from message where id = any($1::int8[])", gone);
    pipeline.run();
}

class Erasing {
public:
    Erasing(Session& session, Ids& ids, std::int32_t person, const ErasingHooks& hooks)
        : session_(session), ids_(ids), person_(person), hooks_(hooks)
    {
    }

    EraseStep advance()
    {
        Transaction transaction(session_);
        session_.query("insert into erasure(person_id) values ($1) on conflict do nothing", person_);
        // Whoever else is at it waits here, and then goes on behind it.
        const auto rows =
            session_.query("select step, position, within from erasure where person_id = $1 for update", person_);
        const auto step = static_cast<EraseStep>(rows.integer(0, 0));
        if (step == EraseStep::done) return step;
        position_ = rows.integer(0, 1);
        within_ = rows.integer(0, 2);
        const bool more = perform(step);
        hooks_.at_step("performed");
        const auto next = more ? step : static_cast<EraseStep>(rows.integer(0, 0) + 1);
        session_.query(
            "update erasure set step = $2, position = $3, within = $4, ended = case when $5 then now() end where person_id = $1",
            person_, static_cast<std::int16_t>(next), more ? position_ : 0, more ? within_ : 0,
            next == EraseStep::done);
        finish(session_, changes_);
        hooks_.at_step("noted");
        transaction.commit();
        hooks_.at_step("committed");
        return next;
    }

private:
    // False when the step has no more to do.
    bool perform(EraseStep step)
    {
        switch (step) {
        case EraseStep::close: return close();
        case EraseStep::forget: return forget();
        case EraseStep::leave: return leave();
        case EraseStep::references: return remove_references();
        case EraseStep::unheld: return remove_unreferenced();
        case EraseStep::written: return remove_written();
        case EraseStep::renditions: return remake_renditions();
        case EraseStep::end: return end();
        case EraseStep::done: break;
        }
        return false;
    }

    bool close()
    {
        const auto names = session_.query(
            "select address from person where id = $1 union all select address from alias where person_id = $1",
            person_);
        std::vector<std::string> digests;
        for (std::size_t i = 0; i < names.size(); ++i) digests.push_back(sha256(names.octets(i, 0)));
        std::vector<Bytes> closed;
        for (const auto& digest : digests) closed.push_back({digest});
        session_.query(
            "insert into closed_address(sha256, person_id) select x, $2 from unnest($1::bytea[]) x on conflict (sha256) do update set person_id = $2, at = now()",
            closed, person_);
        session_.query("update audit set detail = '' where person_id = $1", person_);
        if (hooks_.begun) hooks_.begun();
        // Mail on its way to them stays here: nobody is there any more.
        session_.query(
            "with gone as (delete from egress where person_id = $1 returning message_id) update delivery d set state = 4, at = now(), status = '5.1.6', "
            "remote = '', text = 'The recipient was erased.' from gone where d.message_id = gone.message_id and d.person_id = $1 and d.state in (0, 3)",
            person_);
        for (const auto* sql : {"delete from alias where person_id = $1", "delete from bearer where person_id = $1",
                 "delete from list_owner where person_id = $1"})
            session_.query(sql, person_);
        session_.query(
            "update person set address = $2, name = 'erased account', verifier = null, suspended = true, admin = false, own_lists = false, storage_quota = null, send_quota = null, keywords = '{}' "
            "where id = $1",
            person_, "erased-" + random_token() + "@erased.invalid");
        changes_.users.insert(person_);
        return false;
    }

    // Table by table (position_), so many rows at a time.
    bool forget()
    {
        // Most have no index by person: each batch reads its table.
#define OF(table, whose)                                                                                               \
    "delete from " table " where ctid = any(array(select ctid from " table " where " whose " limit $2))"
        static constexpr std::array tables{OF("subscription", "user_id = $1"), OF("idempotency", "actor = $1"),
            OF("upload", "person_id = $1"), OF("import_checkpoint", "person_id = $1"), OF("token", "person_id = $1"),
            OF("vote", "person_id = $1"), OF("voter", "person_id = $1"), OF("publishing", "person_id = $1"),
            OF("held_back", "person_id = $1"), OF("confirmation", "person_id = $1"), OF("told", "person_id = $1"),
            OF("summary_item", "person_id = $1"), OF("reported", "person_id = $1"),
            OF("relayed", "author_id = $1 or reader_id = $1")};
#undef OF
        if (position_ < static_cast<std::int64_t>(tables.size())) {
            const auto rows = session_.query(tables[static_cast<std::size_t>(position_)], person_, forgotten);
            if (static_cast<std::int64_t>(rows.affected()) < forgotten) ++position_;
            return true;
        }
        // Uploads under way, with their pieces, one at a time.
        return !session_
                    .query(
                        "with gone as (delete from staged where key = (select key from staged where person_id = $1 limit 1) returning key), "
                        "pieces as (delete from chunk using gone where chunk.sha256 = gone.key) select from gone",
                        person_)
                    .empty();
    }

    bool leave()
    {
        const auto lists = first_column(session_.query(
            "select list_id from entry where person_id = $1 and membership = 0 order by list_id limit $2", person_,
            batch));
        if (lists.empty()) return false;
        session_.query("select from message where id = any($1::int8[]) order by id for no key update", lists);
        const auto left = session_.query(
            "with e as (update entry set membership = 1, changed_by = $1, at = now() where person_id = $1 and membership = 0 "
            "and list_id = any($2::int8[]) returning list_id) select m.id from e join message m on m.id = e.list_id and m.kind = 0",
            person_, lists);
        settle_fates(session_, lists);
        for (const auto id : first_column(left))
            changes_.events.push_back(
                {.message = id, .actor = person_, .kind = email2::EventKind::left, .person = person_});
        return true;
    }

    bool remove_references()
    {
        session_.query("select from mailbox where user_id = $1 order by id for no key update", person_);
        const auto rows = session_.query(
            "with picked as (select mailbox_id, uid from ref where user_id = $1 order by mailbox_id, uid limit $2) "
            "delete from ref r using picked s where r.user_id = $1 and r.mailbox_id = s.mailbox_id and r.uid = s.uid "
            "returning r.message_id, r.rendition_id, r.mailbox_id",
            person_, batch);
        MessageIds messages, renditions;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            messages.push_back(rows.integer(i, 0));
            renditions.push_back(rows.integer(i, 1));
            changes_.mailboxes.insert(static_cast<std::int32_t>(rows.integer(i, 2)));
        }
        if (rows.empty()) return false;
        remove_private(renditions);
        remove_unheld(session_, person_, messages);
        return true;
    }

    // What only they were shown: their own octets of what they submitted.
    void remove_private(const MessageIds& renditions)
    {
        const auto own = first_column(
            session_.query("select id from rendition where id = any($1::int8[]) and owner = $2", renditions, person_));
        if (own.empty()) return;
        for (const auto* sql : {"delete from body where rendition_id = any($1::int8[])",
                 "delete from search_text where rendition_id = any($1::int8[])",
                 "delete from rendition where id = any($1::int8[])"})
            session_.query(sql, own);
    }

    // Some lists at a time, and of these so many messages: position_ is the list, within_ the message.
    bool remove_unreferenced()
    {
        const auto rows = session_.query(
            "select m.list_id, m.id from (select list_id from entry where person_id = $1 and list_id >= $2 order by list_id limit $4) e "
            "join message m on m.list_id = e.list_id where (m.list_id, m.id) > ($2, $3) order by 1, 2 limit $4",
            person_, position_, within_, batch);
        MessageIds messages;
        for (std::size_t i = 0; i < rows.size(); ++i) messages.push_back(rows.integer(i, 1));
        remove_unheld(session_, person_, messages);
        if (static_cast<std::int64_t>(rows.size()) == batch) {
            position_ = rows.integer(rows.size() - 1, 0);
            within_ = messages.back();
            return true;
        }
        const auto lists = first_column(
            session_.query("select list_id from entry where person_id = $1 and list_id >= $2 order by list_id limit $3",
                person_, position_, batch));
        if (static_cast<std::int64_t>(lists.size()) < batch) return false;
        position_ = lists.back();
        within_ = INT64_MAX;
        return true;
    }

    bool remove_written()
    {
        const auto wrote =
            first_column(session_.query("select id from message where originator = $1 and id > $2 order by id limit $3",
                person_, position_, batch));
        if (wrote.empty()) return false;
        remove_unheld(session_, person_, wrote);
        position_ = wrote.back();
        return true;
    }

    // As an edit does it, only that nobody is told: at the place of the old mail comes the same one without their name.
    bool remake_renditions()
    {
        const auto messages = first_column(session_.query(
            "select m.id from message m where m.originator = $1 and m.id > $2 and exists (select from revision v "
            "where v.message_id = m.id and v.document is not null) order by m.id limit $3",
            person_, position_, few));
        for (const auto id : messages) {
            session_.query("select from message where id = $1 for no key update", id);
            const auto facts = facts_of(session_, id, 0);
            const auto revisions = session_.query(
                "select number, rendition_id from revision where message_id = $1 and document is not null order by number",
                id);
            for (std::size_t i = 0; i < revisions.size(); ++i)
                remake(*facts, static_cast<std::int32_t>(revisions.integer(i, 0)), revisions.integer(i, 1));
            position_ = id;
        }
        return !messages.empty();
    }

    void remake(const Facts& facts, std::int32_t revision, std::int64_t old)
    {
        const auto author = people_by_id(session_, {person_}).at(person_);
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
        rendering.content = content_of_revision(session_, facts.id, revision).value_or(email2::Content{});
        const auto bytes = mapping::render(rendering, {shown_people},
            [&](const std::string& digest) { return attachment(session_, person_, digest).value_or(""); });
        const auto indexed = index_rendition(mime::parse(bytes), bytes, "");
        const auto before = session_.query("select internal_date, shown from rendition where id = $1", old);
        RenditionRow row;
        row.id = ids_.next(session_);
        row.message = facts.id;
        row.revision = revision;
        row.internal_date = before.empty() ? facts.created : before.time(0, 0);
        if (!before.empty() && !before.null(0, 1)) row.shown = before.integers(0, 1);
        row.indexed = &indexed;
        row.content = bytes;
        insert_rendition(session_, row);
        session_.query(
            "update revision set rendition_id = $3 where message_id = $1 and number = $2", facts.id, revision, row.id);
        const auto references = session_.query(
            "select user_id, mailbox_id, uid, home from ref where message_id = $1 and rendition_id = $2 order by mailbox_id, uid",
            facts.id, old);
        std::vector<Relocation> moves;
        for (std::size_t i = 0; i < references.size(); ++i) {
            const auto number = [&](int column) { return static_cast<std::int32_t>(references.integer(i, column)); };
            moves.push_back({.user = number(0),
                .mailbox = number(1),
                .uid = number(2),
                .target = number(1),
                .rendition = row.id,
                .home = number(3)});
        }
        relocate(session_, changes_, moves);
        for (const auto* sql : {"delete from body where rendition_id = $1",
                 "delete from search_text where rendition_id = $1", "delete from rendition where id = $1"})
            session_.query(sql, old);
    }

    // The account and its mailboxes in one step. What was on its way when the address was closed may have come since.
    bool end()
    {
        if (remove_references()) return true;
        for (const auto* sql : {"delete from expunge where user_id = $1", "delete from mailbox where user_id = $1"})
            session_.query(sql, person_);
        changes_.users.insert(person_);
        session_.query(
            "update person set class = 2, suspended = false, inbox = 0, sent = 0, drafts = 0, trash = 0, junk = 0, archive = 0, limbo = 0 where id = $1",
            person_);
        return false;
    }

    Session& session_;
    Ids& ids_;
    std::int32_t person_;
    const ErasingHooks& hooks_;
    std::int64_t position_ = 0, within_ = 0;
    Changes changes_;
};

}  // namespace

std::string name_of(EraseStep step)
{
    static constexpr std::array names{"closing the address", "forgetting what is about them", "leaving every list",
        "removing mailboxes", "removing what nobody else is on", "removing what nobody else holds",
        "taking the name out of what others hold", "ending", "done"};
    return names.at(static_cast<std::size_t>(step));
}

std::optional<Erasure> find_erasure(Session& session, const std::string& address)
{
    const auto rows = session.query(
        "select e.person_id, e.step, e.started, e.ended from closed_address c join erasure e on e.person_id = c.person_id where c.sha256 = $1",
        Bytes{sha256(address)});
    if (rows.empty()) return std::nullopt;
    Erasure erasure{
        static_cast<std::int32_t>(rows.integer(0, 0)), static_cast<EraseStep>(rows.integer(0, 1)), rows.time(0, 2), {}};
    if (!rows.null(0, 3)) erasure.ended = rows.time(0, 3);
    return erasure;
}

EraseStep erase_some(Session& session, Ids& ids, std::int32_t person, const ErasingHooks& hooks)
{
    constexpr int attempts = 4;
    for (int attempt = 1;; ++attempt) {
        try {
            return Erasing(session, ids, person, hooks).advance();
        } catch (const DatabaseError&
                error) {  // references that lie in mailboxes of any order, lists that change their place
            if ((error.sqlstate != "40P01" && error.sqlstate != "40001") || attempt == attempts) throw;
        }
    }
}

void erase(
    Session& session, std::int32_t person, const ErasingHooks& hooks, const std::function<void(EraseStep)>& progress)
{
    const auto rows = session.query("select step from erasure where person_id = $1", person);
    auto step = rows.empty() ? EraseStep::close : static_cast<EraseStep>(rows.integer(0, 0));
    Ids ids;
    for (auto told = EraseStep::done; step != EraseStep::done; step = erase_some(session, ids, person, hooks)) {
        if (step != told) progress(step);
        told = step;
    }
}

// Whose step fails again and again does not keep the others waiting, and comes again with the next run.
Batch erase_begun(Care& care)
{
    const auto next = care.session.query(
        "select person_id from erasure where ended is null and person_id > $1 order by person_id limit 1",
        care.after());
    if (next.empty()) return {};
    const auto person = static_cast<std::int32_t>(next.integer(0, 0));
    const ErasingHooks hooks{{}, [&](std::string_view name) { care.step(name); }};
    try {
        if (erase_some(care.session, care.ids, person, hooks) != EraseStep::done) return {0, true};
    } catch (const Stopped&) {
        throw;
    } catch (const std::exception& error) {
        if (care.session.broken()) throw;
        log::warning("erasing.failed", {{"person", std::to_string(person)}, {"reason", error.what()}});
        care.position = std::to_string(person);
        return {0, true};
    }
    care.position = std::to_string(person);
    return {1, true};
}

void erase_again(Session& session, std::int64_t message)
{
    session.query(
        "update erasure e set step = $2, position = 0, within = 0, ended = null from message m where m.id = $1 and e.person_id = m.originator and e.step >= $2",
        message, static_cast<std::int16_t>(EraseStep::written));
}

}  // namespace gateway::store
