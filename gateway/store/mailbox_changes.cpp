// mailbox_changes: set-based; lists are locked before mailboxes, as publishing does.
#include "gateway/store/mailbox_changes.h"

#include "gateway/store/charges.h"
#include "gateway/store/fates.h"
#include "gateway/store/flags.h"
#include "gateway/store/mailbox_purge.h"
#include "gateway/store/relocate.h"
#include "gateway/store/votes.h"

#include <algorithm>

namespace gateway::store {

namespace {

using Uids = std::vector<std::int32_t>;
using Messages = std::vector<std::int64_t>;

void note(Changes& changes, std::int32_t user, const Messages& messages, email2::EventKind kind)
{
    for (const auto message : messages)
        changes.events.push_back({.message = message, .actor = user, .kind = kind, .person = user});
}

// Leaving and rejoining change the lists that these messages are shown by.
void lock_lists_of(Session& session, std::int32_t user, std::int32_t mailbox, const Uids& uids)
{
    session.query(
        "with here as (select message_id from ref where user_id = $1 and mailbox_id = $2 and uid = any($3))"
        " select from message where id in (select m.list_id from here join message m on m.id = here.message_id"
        " union all select l.list_id from here join message_list l on l.message_id = here.message_id)"
        " order by id for no key update",
        user, mailbox, uids);
}

struct Here {  // a reference about to go or to move
    std::int32_t uid = 0, home = 0;
    std::int64_t message = 0;
};

std::vector<Here> present(Session& session, std::int32_t user, std::int32_t mailbox, const Uids& uids)
{
    const auto rows =
        session.query("select uid, home, message_id from ref where user_id = $1 and mailbox_id = $2 and uid = "
                      "any($3) order by uid",
            user, mailbox, uids);
    std::vector<Here> out;
    for (std::size_t row = 0; row < rows.size(); ++row)
        out.push_back({static_cast<std::int32_t>(rows.integer(row, 0)), static_cast<std::int32_t>(rows.integer(row, 1)),
            rows.integer(row, 2)});
    return out;
}

Messages messages_of(const std::vector<Here>& all)
{
    Messages out;
    for (const auto& one : all) out.push_back(one.message);
    return out;
}

// \Deleted ones among `uids`, or all of them.
Uids deleted_ones(Session& session, std::int32_t user, std::int32_t mailbox, const std::optional<Uids>& uids)
{
    const auto rows =
        session.query("select uid from ref where user_id = $1 and mailbox_id = $2 and flags & 4 <> 0 and ($3 or "
                      "uid = any($4)) order by uid",
            user, mailbox, !uids.has_value(), uids.value_or(Uids{}));
    Uids out;
    for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(static_cast<std::int32_t>(rows.integer(row, 0)));
    return out;
}

void delete_references(Session& session, Changes& changes, std::int32_t user, std::int32_t mailbox, const Uids& uids)
{
    if (uids.empty()) return;
    session.query("with gone as (delete from ref where user_id = $1 and mailbox_id = $2 and uid = any($3) "
                  "returning uid),"
                  " up as (update mailbox set modseq = modseq + 1 where id = $2 and exists (select from "
                  "gone) returning modseq)"
                  " insert into expunge(user_id, mailbox_id, modseq, uids)"
                  " select $1, $2, up.modseq, range_agg(int4range(uid, uid + 1)) from gone, up group by "
                  "up.modseq",
        user, mailbox, uids);
    changes.mailboxes.insert(mailbox);
    note_gone(session, user);
}

// Moving to Junk is a vote, moving out takes it back; who empties Junk into Trash has not changed their mind
// (mapping.md "The mailbox view").
void vote_by_moving(Session& session, Changes& changes, const Account& account, std::int32_t from, std::int32_t to,
    const Messages& messages)
{
    if (from == to || messages.empty()) return;
    if (to == account.junk) cast_votes(session, changes, account.id, messages, email2::Vote::spam);
    else if (from == account.junk && to != account.trash)
        cast_votes(session, changes, account.id, messages, email2::Vote::none);
}

// Of references in Trash: which are to be remembered in limbo, because rejoining can bring them
// back.
Uids returnable(Session& session, const Account& account, const Uids& uids)
{
    const auto rows =
        session.query("select r.uid from ref r join message m on m.id = r.message_id where r.user_id = $1 and "
                      "r.mailbox_id = $2 and r.uid = any($3)"
                      " and m.kind = 0 and r.home not in (0, $4, $5) and not exists (select from ref o where "
                      "o.message_id = r.message_id"
                      " and o.user_id = $1 and o.mailbox_id not in ($2, $4, $5)) order by r.uid",
            account.id, account.trash, uids, account.sent, account.drafts);
    Uids out;
    for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(static_cast<std::int32_t>(rows.integer(row, 0)));
    return out;
}

void empty_from_trash(Session& session, Changes& changes, const Account& account, const Uids& uids)
{
    const auto kept = returnable(session, account, uids);
    std::vector<Relocation> to_limbo;
    for (const auto& one : present(session, account.id, account.trash, kept))
        to_limbo.push_back({.user = account.id,
            .mailbox = account.trash,
            .uid = one.uid,
            .target = account.limbo,
            .clear_flags = flags::deleted,
            .home = one.home});
    relocate(session, changes, to_limbo);
    Uids rest;
    std::set_difference(uids.begin(), uids.end(), kept.begin(), kept.end(), std::back_inserter(rest));
    delete_references(session, changes, account.id, account.trash, rest);
}

void expunge_these(Session& session, Changes& changes, const Account& account, std::int32_t mailbox, const Uids& uids,
    LeaveScope scope)
{
    if (uids.empty()) return;
    auto messages = messages_of(present(session, account.id, mailbox, uids));
    if (mailbox == account.trash) {
        empty_from_trash(session, changes, account, uids);
    } else {
        delete_references(session, changes, account.id, mailbox, uids);
        if (mailbox != account.sent && mailbox != account.drafts)
            settle_trash(session, changes, account.id, messages, mailbox, scope);
    }
    references_ended(session, messages);
    const auto dead = purge(session, messages);
    const auto is_dead = [&](auto message) { return std::find(dead.begin(), dead.end(), message) != dead.end(); };
    std::erase_if(messages, is_dead);
    std::erase_if(changes.events, [&](const auto& event) { return is_dead(event.message); });  // of this step, \Deleted
    note(changes, account.id, messages, email2::EventKind::filed);
}

Uids all_uids(Session& session, std::int32_t user, std::int32_t mailbox)
{
    const auto rows =
        session.query("select uid from ref where user_id = $1 and mailbox_id = $2 order by uid", user, mailbox);
    Uids out;
    for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(static_cast<std::int32_t>(rows.integer(row, 0)));
    return out;
}

}  // namespace

imap::Stored store_flags(Session& session, Changes& changes, std::int32_t user, std::int32_t mailbox,
    const std::vector<std::int32_t>& uids, FlagChange change, std::optional<imap::ModSeq> unchanged_since)
{
    lock_mailboxes(session, {mailbox});
    const auto limit =
        static_cast<std::int64_t>(std::min<imap::ModSeq>(unchanged_since.value_or(INT64_MAX), INT64_MAX));
    // The mailbox's modseq rises only if something changes; reading below sees the state before,
    // `changed` the one after.
    const auto rows =
        session.query("with changed as (update ref set flags = (flags & $4) | $5, modseq = (select modseq + 1 "
                      "from mailbox where id = $2)"
                      "  where user_id = $1 and mailbox_id = $2 and uid = any($3) and modseq <= $6 and (flags & "
                      "$4 | $5) <> flags"
                      "  returning uid, flags, modseq),"
                      " up as (update mailbox set modseq = modseq + 1 where id = $2 and exists (select from "
                      "changed))"
                      " select r.uid, coalesce(c.flags, r.flags), coalesce(c.modseq, r.modseq), r.message_id, "
                      "c.uid is not null, r.modseq > $6"
                      " from ref r left join changed c on c.uid = r.uid where r.user_id = $1 and r.mailbox_id = "
                      "$2 and r.uid = any($3) order by r.uid",
            user, mailbox, uids, change.keep, change.set, limit);
    imap::Stored out;
    Messages flagged;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto uid = static_cast<imap::Uid>(rows.integer(row, 0));
        if (rows.boolean(row, 5)) {
            out.modified.push_back(uid);
            continue;
        }
        out.changed.push_back(
            {uid, static_cast<imap::Flags>(rows.integer(row, 1)), static_cast<imap::ModSeq>(rows.integer(row, 2))});
        if (rows.boolean(row, 4)) flagged.push_back(rows.integer(row, 3));
    }
    if (!flagged.empty()) changes.mailboxes.insert(mailbox);
    note(changes, user, flagged, email2::EventKind::flagged);
    return out;
}

std::vector<imap::Uid> expunge(Session& session, Changes& changes, const Account& account, std::int32_t mailbox,
    const std::optional<Uids>& uids, LeaveScope scope)
{
    lock_lists_of(session, account.id, mailbox, deleted_ones(session, account.id, mailbox, uids));
    lock_mailboxes(session, {mailbox, account.trash, account.limbo});
    const auto gone = deleted_ones(session, account.id, mailbox, uids);
    expunge_these(session, changes, account, mailbox, gone, scope);
    return {gone.begin(), gone.end()};
}

void lock_for_replacing(
    Session& session, const Account& account, std::int32_t mailbox, std::int32_t uid, std::int32_t destination)
{
    lock_lists_of(session, account.id, mailbox, {uid});
    lock_mailboxes(session, {mailbox, destination, account.trash, account.limbo});
}

void expunge_replaced(Session& session, Changes& changes, const Account& account, std::int32_t mailbox,
    std::int32_t uid, LeaveScope scope)
{
    expunge_these(session, changes, account, mailbox, {uid}, scope);
}

void expunge_all(Session& session, Changes& changes, const Account& account, std::int32_t mailbox, LeaveScope scope)
{
    lock_lists_of(session, account.id, mailbox, all_uids(session, account.id, mailbox));
    lock_mailboxes(session, {mailbox, account.trash, account.limbo});
    expunge_these(session, changes, account, mailbox, all_uids(session, account.id, mailbox), scope);
}

imap::Copied copy(Session& session, Changes& changes, const Account& account, std::int32_t mailbox, const Uids& uids,
    std::int32_t destination)
{
    const bool returning = mailbox == account.trash && destination != account.trash;
    if (returning) lock_lists_of(session, account.id, mailbox, uids);
    lock_mailboxes(session, {mailbox, destination});
    // In Trash the folder that it came from is remembered.
    const auto rows =
        session.query("with src as materialized (select uid, message_id, rendition_id, flags, home, row_number() "
                      "over (order by uid)::int k"
                      "  from ref where user_id = $1 and mailbox_id = $2 and uid = any($3)),"
                      " up as (update mailbox set uid_next = uid_next + (select count(*)::int from src), modseq "
                      "= modseq + 1"
                      "  where id = $4 and exists (select from src) returning uid_next - (select count(*)::int "
                      "from src) base, modseq),"
                      " made as (insert into ref(message_id, rendition_id, modseq, flags, user_id, mailbox_id, "
                      "uid, home)"
                      "  select message_id, rendition_id, up.modseq, flags, $1, $4, up.base + k - 1,"
                      "  case when $4 <> $5 then 0 when $2 = $5 then home else $2 end from src, up)"
                      " select src.uid, up.base + src.k - 1, src.message_id from src, up order by src.uid",
            account.id, mailbox, uids, destination, account.trash);
    imap::Copied out;
    Messages messages;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        out.from.push_back(static_cast<imap::Uid>(rows.integer(row, 0)));
        out.to.push_back(static_cast<imap::Uid>(rows.integer(row, 1)));
        messages.push_back(rows.integer(row, 2));
    }
    if (messages.empty()) return out;
    changes.mailboxes.insert(destination);
    note(changes, account.id, messages, email2::EventKind::filed);
    vote_by_moving(session, changes, account, mailbox, destination, messages);
    if (!returning) return out;
    // It is back by this copy: what remains in Trash shall not come back a second time.
    session.query(
        "update ref set home = 0 where user_id = $1 and mailbox_id = $2 and uid = any($3)", account.id, mailbox, uids);
    settle_return(session, changes, account.id, messages);
    return out;
}

imap::Copied move(Session& session, Changes& changes, const Account& account, std::int32_t mailbox, const Uids& uids,
    std::int32_t destination, LeaveScope scope)
{
    const bool leaving = destination == account.trash && mailbox != account.trash;
    const bool returning = mailbox == account.trash && destination != account.trash;
    if (leaving || returning) lock_lists_of(session, account.id, mailbox, uids);
    lock_mailboxes(session, {mailbox, destination});
    const auto here = present(session, account.id, mailbox, uids);
    std::vector<Relocation> relocations;
    imap::Copied out;
    for (const auto& one : here) {
        relocations.push_back({.user = account.id,
            .mailbox = mailbox,
            .uid = one.uid,
            .target = destination,
            .home = destination != account.trash ? 0
                    : leaving                    ? mailbox
                                                 : one.home});
        out.from.push_back(static_cast<imap::Uid>(one.uid));
    }
    for (const auto uid : relocate(session, changes, relocations)) out.to.push_back(static_cast<imap::Uid>(uid));
    const auto messages = messages_of(here);
    note(changes, account.id, messages, email2::EventKind::filed);
    vote_by_moving(session, changes, account, mailbox, destination, messages);
    if (leaving) settle_trash(session, changes, account.id, messages, mailbox, scope);
    if (returning) settle_return(session, changes, account.id, messages);
    return out;
}

imap::Uid add_reference(
    Session& session, Changes& changes, std::int32_t user, std::int32_t mailbox, const NewReference& reference)
{
    const auto rows =
        session.query("with up as (update mailbox set uid_next = uid_next + 1, modseq = modseq + 1 where id = $2 "
                      "returning uid_next - 1 uid, modseq)"
                      " insert into ref(message_id, rendition_id, modseq, flags, user_id, mailbox_id, uid)"
                      " select $3, $4, up.modseq, $5 | case when (select taken_back from message where id = $3) "
                      "then 128 else 0 end, $1, $2, up.uid from up returning uid",
            user, mailbox, reference.message, reference.rendition, reference.flags);
    changes.mailboxes.insert(mailbox);
    note(changes, user, {reference.message}, email2::EventKind::filed);
    return static_cast<imap::Uid>(rows.integer(0, 0));
}

}  // namespace gateway::store
