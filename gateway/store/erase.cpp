#include "gateway/store/erase.h"

#include "gateway/mapping/mail_out.h"
#include "gateway/store/changes.h"
#include "gateway/store/attachments.h"
#include "gateway/store/facts.h"
#include "gateway/store/hash.h"
#include "gateway/store/relocate.h"
#include "gateway/store/rendition.h"
#include "mime/message.h"

#include <array>

namespace gateway::store {

namespace {

using MessageIds = std::vector<std::int64_t>;

constexpr std::int64_t batch = 500;      // rows in one transaction: mailboxes and lists are not locked for long
constexpr std::int64_t few = 20;         // renditions in one transaction: each is composed
constexpr std::size_t shown_people = 50; // render.to_max

MessageIds first_column(const Rows& rows)
{
    MessageIds out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(rows.integer(i, 0));
    return out;
}

// The messages of these that nobody here holds or is on the list of, beside `person`. Mail servers outside have their copies.
MessageIds unheld(Session& session, std::int32_t person, const MessageIds& messages)
{
    return first_column(session.query(R"(
select m.id from message m where m.id = any($1::int8[])
 and not exists (select from ref r where r.message_id = m.id)
 and not exists (select from list_root l where l.message_id = m.id)
 and not exists (select from (select m.list_id l union select x.list_id from message_list x where x.message_id = m.id) h
   join entry e on e.list_id = h.l and e.membership = 0 and e.person_id <> $2 join person p on p.id = e.person_id and p.class in (0, 1))
order by m.id for update)", messages, person));
}

void forget_content(Session::Pipeline& pipeline, const MessageIds& messages)
{
    pipeline.add("delete from body where rendition_id in (select id from rendition where message_id = any($1::int8[]))", messages);
    pipeline.add("delete from search_text where rendition_id in (select id from rendition where message_id = any($1::int8[]))", messages);
    pipeline.add("delete from blob_use where message_id = any($1::int8[])", messages);
    pipeline.add("delete from egress where message_id = any($1::int8[])", messages);
}

// They go. What others answered, or what holds the list of others, stays as withdrawn, without its content: threads keep their shape.
void remove_unheld(Session& session, std::int32_t person, const MessageIds& messages)
{
    const auto dead = unheld(session, person, messages);
    if (dead.empty()) return;
    const auto needed = first_column(session.query(R"(
select m.id from message m where m.id = any($1::int8[]) and (
 exists (select from message c where c.list_id = m.id and c.id <> all($1::int8[])) or exists (select from message c where c.thread_id = m.id and c.id <> all($1::int8[]))
 or exists (select from message_list l where l.list_id = m.id and l.message_id <> all($1::int8[]))
 or exists (select from parent p where p.parent_id = m.id and p.message_id <> all($1::int8[]))))", dead));
    MessageIds gone;
    for (const auto id : dead)
        if (std::find(needed.begin(), needed.end(), id) == needed.end()) gone.push_back(id);
    Session::Pipeline pipeline(session);
    forget_content(pipeline, dead);
    pipeline.add("update message set state = 1, withdrawn_by = $2 where id = any($1::int8[])", needed, person);
    pipeline.add("update revision set redacted = true, document = null, sha256 = null where message_id = any($1::int8[])", needed);
    pipeline.add("delete from rendition r where r.message_id = any($1::int8[]) and not exists (select from revision v where v.message_id = r.message_id "
                 "and v.rendition_id = r.id)", needed);
    pipeline.add("update rendition set envelope = '', body_structure = '', preview = '', headers = '', trace = '' where message_id = any($1::int8[])", needed);
    pipeline.add("delete from rendition where message_id = any($1::int8[])", gone);
    pipeline.add("delete from revision where message_id = any($1::int8[])", gone);
    pipeline.add("delete from parent where message_id = any($1::int8[])", gone);
    pipeline.add("delete from message_list where message_id = any($1::int8[])", gone);
    pipeline.add("delete from entry where list_id = any($1::int8[])", gone);
    pipeline.add("delete from delivery where message_id = any($1::int8[])", gone);
    pipeline.add("delete from event where message_id = any($1::int8[])", gone);
    pipeline.add("delete from token where message_id = any($1::int8[])", gone);
    std::vector<std::int64_t> hashes;
    const auto ids = session.query("select mid from message where id = any($1::int8[]) and mid is not null", gone);
    for (std::size_t i = 0; i < ids.size(); ++i) hashes.push_back(message_id_hash(ids.octets(i, 0)));
    pipeline.add("delete from msgid where hash = any($2::int8[]) and message_id = any($1::int8[])", gone, hashes);
    pipeline.add("delete from message where id = any($1::int8[])", gone);
    pipeline.run();
}

class Erasure {
public:
    Erasure(Session& session, std::int32_t person) : session_(session), person_(person) {}

    // One transaction of a step; false when the step has no more to do.
    bool advance(EraseStep step, const std::function<void()>& begun)
    {
        Transaction transaction(session_);
        // Whoever else is at it waits here, and then finds it done.
        const auto rows = session_.query("select step, position from erasure where person_id = $1 for update", person_);
        if (!rows.empty() && rows.integer(0, 0) != static_cast<std::int16_t>(step)) return false;
        position_ = rows.empty() ? 0 : rows.integer(0, 1);
        const bool more = perform(step, begun);
        const auto next = static_cast<std::int16_t>(static_cast<std::int16_t>(step) + (more ? 0 : 1));
        session_.query("insert into erasure(person_id, step, position) values ($1, $2, $3) on conflict (person_id) do update set step = excluded.step, "
                       "position = excluded.position, ended = case when $4 then now() end", person_, next, more ? position_ : 0, step == EraseStep::end);
        finish(session_, changes_);
        transaction.commit();
        changes_ = {};
        return more;
    }

private:
    bool perform(EraseStep step, const std::function<void()>& begun)
    {
        switch (step) {
        case EraseStep::close: return close(begun);
        case EraseStep::leave: return leave();
        case EraseStep::references: return remove_references();
        case EraseStep::unheld: return remove_rest();
        case EraseStep::renditions: return remake_renditions();
        case EraseStep::end: return end();
        case EraseStep::done: break;
        }
        return false;
    }

    bool close(const std::function<void()>& begun)
    {
        const auto names = session_.query("select address from person where id = $1 union all select address from alias where person_id = $1", person_);
        std::vector<std::string> digests;
        for (std::size_t i = 0; i < names.size(); ++i) digests.push_back(sha256(names.octets(i, 0)));
        std::vector<Bytes> closed;
        for (const auto& digest : digests) closed.push_back({digest});
        session_.query("insert into closed_address(sha256, person_id) select x, $2 from unnest($1::bytea[]) x on conflict (sha256) do update set person_id = $2, at = now()",
                       closed, person_);
        session_.query("update audit set detail = '' where person_id = $1", person_);
        begun();
        // Mail on its way to them stays here: nobody is there any more.
        session_.query("with gone as (delete from egress where person_id = $1 returning message_id) update delivery d set state = 4, at = now(), status = '5.1.6', "
                       "remote = '', text = 'The recipient was erased.' from gone where d.message_id = gone.message_id and d.person_id = $1 and d.state in (0, 3)", person_);
        forget_staged();
        for (const auto* sql : {"delete from alias where person_id = $1", "delete from list_owner where person_id = $1", "delete from subscription where user_id = $1",
                                "delete from idempotency where actor = $1", "delete from upload where person_id = $1",
                                "delete from import_checkpoint where person_id = $1", "delete from token where person_id = $1",
                                "delete from bearer where person_id = $1", "delete from vote where person_id = $1", "delete from voter where person_id = $1",
                                "delete from publishing where person_id = $1", "delete from held_back where person_id = $1",
                                "delete from confirmation where person_id = $1", "delete from told where person_id = $1",
                                "delete from summary_item where person_id = $1", "delete from reported where person_id = $1",
                                "delete from relayed where author_id = $1 or reader_id = $1"})
            session_.query(sql, person_);
        session_.query("update person set address = $2, name = 'erased account', verifier = null, suspended = true, admin = false, own_lists = false, storage_quota = null, send_quota = null, keywords = '{}' "
                       "where id = $1", person_, "erased-" + random_token() + "@erased.invalid");
        changes_.users.insert(person_);
        return false;
    }

    // Uploads under way, with their pieces.
    void forget_staged()
    {
        session_.query("delete from chunk where sha256 in (select key from staged where person_id = $1)", person_);
        session_.query("delete from staged where person_id = $1", person_);
    }

    bool leave()
    {
        const auto lists = first_column(session_.query("select list_id from entry where person_id = $1 and membership = 0 order by list_id limit $2", person_, batch));
        if (lists.empty()) return false;
        session_.query("select from message where id = any($1::int8[]) order by id for no key update", lists);
        const auto left = session_.query("with e as (update entry set membership = 1, changed_by = $1, at = now() where person_id = $1 and membership = 0 "
                                         "and list_id = any($2::int8[]) returning list_id) select m.id from e join message m on m.id = e.list_id and m.kind = 0",
                                         person_, lists);
        for (const auto id : first_column(left))
            changes_.events.push_back({.message = id, .actor = person_, .kind = email2::EventKind::left, .person = person_});
        return true;
    }

    bool remove_references()
    {
        session_.query("select from mailbox where user_id = $1 order by id for no key update", person_);
        const auto rows = session_.query("with picked as (select mailbox_id, uid from ref where user_id = $1 order by mailbox_id, uid limit $2) "
                                         "delete from ref r using picked s where r.user_id = $1 and r.mailbox_id = s.mailbox_id and r.uid = s.uid "
                                         "returning r.message_id, r.rendition_id, r.mailbox_id", person_, batch);
        MessageIds messages, renditions;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            messages.push_back(rows.integer(i, 0));
            renditions.push_back(rows.integer(i, 1));
            changes_.mailboxes.insert(static_cast<std::int32_t>(rows.integer(i, 2)));
        }
        if (!rows.empty()) {
            remove_private(renditions);
            remove_unheld(session_, person_, messages);
            return true;
        }
        for (const auto* sql : {"delete from expunge where user_id = $1", "delete from mailbox where user_id = $1"}) session_.query(sql, person_);
        changes_.users.insert(person_);
        return false;
    }

    // What only they were shown: their own octets of what they submitted.
    void remove_private(const MessageIds& renditions)
    {
        const auto own = first_column(session_.query("select id from rendition where id = any($1::int8[]) and owner = $2", renditions, person_));
        if (own.empty()) return;
        for (const auto* sql : {"delete from body where rendition_id = any($1::int8[])", "delete from search_text where rendition_id = any($1::int8[])",
                                "delete from rendition where id = any($1::int8[])"})
            session_.query(sql, own);
    }

    bool remove_rest()
    {
        const auto seen = session_.query("select m.id from (select list_id from entry where person_id = $1 and list_id > $2 order by list_id limit $3) e "
                                         "join message m on m.list_id = e.list_id", person_, position_, batch);
        const auto last = session_.query("select max(list_id) from (select list_id from entry where person_id = $1 and list_id > $2 order by list_id limit $3) e",
                                         person_, position_, batch);
        const auto wrote = first_column(session_.query("select id from message where originator = $1 and id > $2 order by id limit $3", person_, position_, batch));
        auto messages = first_column(seen);
        messages.insert(messages.end(), wrote.begin(), wrote.end());
        if (last.null(0, 0) && wrote.empty()) return false;
        remove_unheld(session_, person_, messages);
        // Both go by message, so the one that is behind says where to go on.
        const auto by_list = last.null(0, 0) ? INT64_MAX : last.integer(0, 0), by_author = wrote.empty() ? INT64_MAX : wrote.back();
        position_ = std::min(by_list, by_author);
        return true;
    }

    // As an edit does it, only that nobody is told: at the place of the old mail comes the same one without their name.
    bool remake_renditions()
    {
        const auto messages = first_column(session_.query("select m.id from message m where m.originator = $1 and m.id > $2 and exists (select from revision v "
                                                          "where v.message_id = m.id and v.document is not null) order by m.id limit $3", person_, position_, few));
        for (const auto id : messages) {
            session_.query("select from message where id = $1 for no key update", id);
            const auto facts = facts_of(session_, id, 0);
            const auto revisions = session_.query("select number, rendition_id from revision where message_id = $1 and document is not null order by number", id);
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
        session_.query("update revision set rendition_id = $3 where message_id = $1 and number = $2", facts.id, revision, row.id);
        const auto references = session_.query("select user_id, mailbox_id, uid, home from ref where message_id = $1 and rendition_id = $2 order by mailbox_id, uid",
                                               facts.id, old);
        std::vector<Relocation> moves;
        for (std::size_t i = 0; i < references.size(); ++i) {
            const auto number = [&](int column) { return static_cast<std::int32_t>(references.integer(i, column)); };
            moves.push_back({.user = number(0), .mailbox = number(1), .uid = number(2), .target = number(1), .rendition = row.id, .home = number(3)});
        }
        relocate(session_, changes_, moves);
        for (const auto* sql : {"delete from body where rendition_id = $1", "delete from search_text where rendition_id = $1", "delete from rendition where id = $1"})
            session_.query(sql, old);
    }

    bool end()
    {
        session_.query("update person set class = 2, suspended = false, inbox = 0, sent = 0, drafts = 0, trash = 0, junk = 0, archive = 0, limbo = 0 where id = $1", person_);
        return false;
    }

    Session& session_;
    std::int32_t person_;
    std::int64_t position_ = 0;
    Ids ids_;
    Changes changes_;
};

}  // namespace

std::string name_of(EraseStep step)
{
    static constexpr std::array names{"closing the address", "leaving every list", "removing mailboxes", "removing what nobody else holds",
                                      "taking the name out of what others hold", "ending", "done"};
    return names.at(static_cast<std::size_t>(step));
}

std::int32_t find_erased(Session& session, const std::string& address)
{
    const auto rows = session.query("select e.person_id from closed_address c join erasure e on e.person_id = c.person_id where c.sha256 = $1", Bytes{sha256(address)});
    return rows.empty() ? 0 : static_cast<std::int32_t>(rows.integer(0, 0));
}

void erase(Session& session, std::int32_t person, const std::function<void()>& begun, const std::function<void(EraseStep)>& progress)
{
    const auto rows = session.query("select step from erasure where person_id = $1", person);
    auto step = rows.empty() ? EraseStep::close : static_cast<EraseStep>(rows.integer(0, 0));
    Erasure erasure(session, person);
    for (; step != EraseStep::done; step = static_cast<EraseStep>(static_cast<std::int16_t>(step) + 1)) {
        progress(step);
        while (erasure.advance(step, begun)) {}
    }
}

}  // namespace gateway::store
