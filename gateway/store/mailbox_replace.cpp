// mailbox_replace: see the header.
#include "gateway/store/mailbox_replace.h"

#include "gateway/store/flags.h"
#include "gateway/store/hash.h"
#include "gateway/store/mailbox_changes.h"
#include "gateway/store/relocate.h"

namespace gateway::store {

namespace {

// Set by the gateway, whatever a client sends along.
constexpr FlagBits told = flags::edited | flags::failed | flags::withdrawn | flags::list;

// The content of the revisions before `revision` goes, but for what somebody has at a UID still: a
// draft may be copied.
void forget_before(Session& session, const Facts& facts, std::int32_t revision, const Indexed& newest)
{
    Session::Pipeline pipeline(session);
    for (const auto* sql :
        {"delete from body where rendition_id in (select v.id from rendition v where v.message_id = $1 and v.revision < $2"
         " and not exists (select from ref r where r.message_id = $1 and r.rendition_id = v.id))",
            "delete from search_text where rendition_id in (select v.id from rendition v where v.message_id = $1 and v.revision < $2"
            " and not exists (select from ref r where r.message_id = $1 and r.rendition_id = v.id))"})
        pipeline.add(sql, facts.id, revision);
    pipeline.add(
        "update revision set redacted = true, document = null, sha256 = null where message_id = $1 and number < $2",
        facts.id, revision);
    std::vector<std::string> digests;
    for (const auto& attachment : newest.attachments) digests.push_back(from_hex(attachment.sha256));
    std::vector<Bytes> kept;
    for (const auto& digest : digests) kept.push_back({digest});
    pipeline.add(
        "delete from blob_use where message_id = $1 and sha256 <> all($3::bytea[])"
        " and not exists (select from ref r join rendition v on v.id = r.rendition_id where r.message_id = $1 and v.revision < $2)",
        facts.id, revision, kept);
    pipeline.run();
}

}  // namespace

std::optional<Replaced> find_replaced(Session& session, std::int32_t user, const Place& place)
{
    const auto rows = session.query(
        "select r.message_id, v.size, (select count(*) from ref o where o.user_id = $1 and o.mailbox_id = $2"
        " and o.message_id = r.message_id and o.uid <= $3)"
        " from ref r join rendition v on v.id = r.rendition_id"
        " where r.user_id = $1 and r.mailbox_id = $2 and r.uid = $3",
        user, place.mailbox, place.uid);
    if (rows.empty()) return std::nullopt;
    return Replaced{rows.integer(0, 0), static_cast<std::uint64_t>(rows.integer(0, 1)), rows.integer(0, 2)};
}

imap::Uid save_again(Session& session, Changes& changes, Ids& ids, const Account& account, const Facts& facts,
    const Place& place, const SavedDraft& saved)
{
    RenditionRow row;
    row.id = ids.next(session);
    row.message = facts.id;
    row.revision = facts.revision + 1;
    row.internal_date =
        saved.internal_date.value_or(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    row.indexed = saved.indexed;
    row.content = saved.bytes;
    insert_rendition(session, row);
    session.query("insert into revision(message_id, number, actor, rendition_id, sha256) values ($1, $2, $3, $4, $5)",
        facts.id, row.revision, account.id, row.id, Bytes{saved.indexed->sha256});
    const bool foreign = !saved.message_id.empty() && saved.message_id != facts.name.str();
    session.query("update message set revision = $2, mid = $3 where id = $1", facts.id, row.revision,
        foreign ? std::optional(saved.message_id) : std::nullopt);
    const auto uids = relocate(session, changes,
        {{.user = account.id,
            .mailbox = place.mailbox,
            .uid = place.uid,
            .target = place.mailbox,
            .rendition = row.id,
            .set_flags = saved.flags,
            .clear_flags = ~saved.flags}});
    forget_before(session, facts, row.revision, *saved.indexed);
    changes.events.push_back(
        {.message = facts.id, .revision = row.revision, .actor = account.id, .kind = email2::EventKind::edited});
    return static_cast<imap::Uid>(uids.front());
}

imap::Uid place_edited(Session& session, Changes& changes, const Account& account, const Replaced& replaced,
    std::int32_t mailbox, std::int32_t destination, std::int64_t flags, LeaveScope scope)
{
    const auto rows = session.query(
        "select uid from ref where user_id = $1 and mailbox_id = $2 and message_id = $3 order by uid offset $4 limit 1",
        account.id, mailbox, replaced.message, replaced.nth - 1);
    if (rows.empty()) return 0;
    auto uid = static_cast<std::int32_t>(rows.integer(0, 0));
    if (destination != mailbox) {
        const auto moved = move(session, changes, account, mailbox, {uid}, destination, scope);
        if (moved.to.empty()) return 0;
        uid = static_cast<std::int32_t>(moved.to.front());
    }
    session.query(
        "update ref set flags = (flags & $4) | ($5 & ~$4) where user_id = $1 and mailbox_id = $2 and uid = $3",
        account.id, destination, uid, told, flags);
    return static_cast<imap::Uid>(uid);
}

}  // namespace gateway::store
