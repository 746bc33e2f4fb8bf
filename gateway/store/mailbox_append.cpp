// mailbox_append: see the header.
#include "gateway/store/mailbox_append.h"

#include "gateway/mapping/mail_in.h"
#include "gateway/store/flags.h"
#include "gateway/store/hash.h"
#include "gateway/store/mailbox_renditions.h"
#include "gateway/store/membership.h"
#include "gateway/store/relocate.h"

namespace gateway::store {

namespace {

constexpr std::size_t candidates_limit = 20;  // renditions under one Message-ID that are compared

// Messages known by that id: our own form, or the Message-ID of mail that came in.
std::vector<std::int64_t> named(Session& session, const std::string& message_id)
{
    // Clients make Message-IDs that look like our names: it may be either.
    const auto own = mapping::own_message_id(message_id);
    const auto rows =
        session.query("select id from message where guid = $2 union select message_id from msgid where hash = $1",
            message_id_hash(message_id), own ? std::optional(parse_uuid(own->guid)) : std::nullopt);
    std::vector<std::int64_t> out;
    for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(rows.integer(row, 0));
    return out;
}

}  // namespace

std::optional<NewReference> find_same(
    Session& session, std::int32_t user, const std::string& message_id, std::string_view bytes)
{
    if (message_id.empty()) return std::nullopt;
    const auto rows =
        session.query("select m.id, d.id from message m join rendition d on "
                      "d.message_id = m.id and d.owner in (0, $2)"
                      " where m.id = any($1) and m.state in (0, 2) and m.kind <> 1"
                      " and not exists (select from entry e where e.list_id = m.id and e.person_id = $2 and "
                      "e.membership = 2)"
                      " and (m.originator = $2 or exists (select from ref r where r.message_id = m.id and "
                      "r.user_id = $2)"
                      "  or exists (select from entry e where e.person_id = $2 and e.membership = 0 and "
                      "(e.list_id = m.list_id"
                      "   or e.list_id in (select l.list_id from message_list l where l.message_id = m.id))))"
                      " and d.size = $3 order by d.owner desc, m.id, d.id desc limit $4",
            named(session, message_id), user, static_cast<std::int64_t>(bytes.size()),
            static_cast<std::int64_t>(candidates_limit));
    for (std::size_t row = 0; row < rows.size(); ++row)
        if (bytes_of(session, rows.integer(row, 1), 0, bytes.size()) == bytes)
            return NewReference{.message = rows.integer(row, 0), .rendition = rows.integer(row, 1)};
    return std::nullopt;
}

imap::Uid refer(
    Session& session, Changes& changes, const Account& account, std::int32_t mailbox, const NewReference& reference)
{
    const bool counts = mailbox != account.trash && mailbox != account.sent && mailbox != account.drafts;
    session.query("select from message where id = (select list_id from message where id = $1) for no key "
                  "update",
        reference.message);
    // Held still by its list. What cold storage took meanwhile becomes an import after all.
    if (session.query("select from message where id = $1 and state in (0, 2)", reference.message).empty()) return 0;
    lock_mailboxes(session, {mailbox});
    const auto uid = add_reference(session, changes, account.id, mailbox, reference);
    if (!counts) return uid;
    // As with COPY out of Trash: what remains there shall not come back a second time.
    session.query("update ref set home = 0 where user_id = $1 and message_id = $2 and mailbox_id = $3", account.id,
        reference.message, account.trash);
    settle_return(session, changes, account.id, {reference.message});
    return uid;
}

std::int64_t find_submitted(Session& session, std::int32_t user, const std::string& message_id)
{
    if (message_id.empty()) return 0;
    const auto rows =
        session.query("select id from message where id = any($1) and originator = $2 and kind = 0 and state in (0, 2)"
                      " and created > now() - interval '15 minutes' order by created desc limit 1",
            named(session, message_id), user);
    return rows.empty() ? 0 : rows.integer(0, 0);
}

imap::Uid save_sent(Session& session, Changes& changes, Ids& ids, const Account& account, std::int64_t message,
    const Indexed& indexed, std::string_view bytes, std::optional<Time> internal_date, std::int64_t flags)
{
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    RenditionRow row;
    row.id = ids.next(session);
    row.message = message;
    row.owner = account.id;
    row.internal_date = internal_date.value_or(now);
    row.indexed = &indexed;
    row.content = bytes;
    insert_rendition(session, row);

    lock_mailboxes(session, {account.sent});
    const auto rows =
        session.query("select uid from ref where user_id = $1 and mailbox_id = $2 and message_id = $3 order by "
                      "uid limit 1",
            account.id, account.sent, message);
    if (rows.empty())
        return add_reference(
            session, changes, account.id, account.sent, {.message = message, .rendition = row.id, .flags = flags});
    const auto uids = relocate(session, changes,
        {{.user = account.id,
            .mailbox = account.sent,
            .uid = static_cast<std::int32_t>(rows.integer(0, 0)),
            .target = account.sent,
            .rendition = row.id,
            .set_flags = flags,
            .clear_flags = ~flags}});
    return static_cast<imap::Uid>(uids.front());
}

}  // namespace gateway::store
