// mailbox_names: the limbo row's UIDVALIDITY is the highest that the user ever had, so that a name
// made again gets a larger one.
#include "gateway/store/mailbox_names.h"

#include "gateway/store/mailbox_changes.h"
#include "gateway/store/mailbox_limits.h"
#include "gateway/store/mailbox_renditions.h"
#include "gateway/store/relocate.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace gateway::store {

namespace {

imap::SpecialUse special_use(std::int64_t use)
{
    return static_cast<imap::SpecialUse>(use);
}

MailboxRow mailbox_row(const Rows& rows, std::size_t row)
{
    return {static_cast<std::int32_t>(rows.integer(row, 0)), rows.text(row, 1),
        static_cast<MailboxUse>(rows.integer(row, 2)), static_cast<std::uint32_t>(rows.integer(row, 3)),
        static_cast<std::uint32_t>(rows.integer(row, 4)), static_cast<std::uint32_t>(rows.integer(row, 5)),
        rows.integer(row, 6)};
}

void lock_names(Session& session, std::int32_t user)
{
    session.query("select from person where id = $1 for no key update", user);
}

// "a/b/c" -> "a", "a/b"
std::vector<std::string> parents(const std::string& name)
{
    std::vector<std::string> out;
    for (auto at = name.find('/'); at != std::string::npos; at = name.find('/', at + 1))
        out.push_back(name.substr(0, at));
    return out;
}

// A name that was subscribed to before it was made (again) stays so.
std::int32_t insert_mailbox(Session& session, std::int32_t user, const std::string& name)
{
    const auto validity =
        session.query("update mailbox set uid_validity = greatest(extract(epoch from now())::int, uid_validity + "
                      "1)"
                      " where user_id = $1 and use = 7 returning uid_validity",
            user);
    const bool subscribed =
        session.query("delete from subscription where user_id = $1 and name = $2", user, name).affected() > 0;
    return static_cast<std::int32_t>(session
            .query("insert into mailbox(user_id, name, uid_validity, "
                   "subscribed) values ($1, $2, $3, $4) returning id",
                user, name, static_cast<std::int32_t>(validity.integer(0, 0)), subscribed)
            .integer(0, 0));
}

void make_parents(Session& session, std::int32_t user, const std::string& name)
{
    for (const auto& parent : parents(name))
        if (!find_mailbox(session, user, parent)) insert_mailbox(session, user, parent);
}

bool has_children(Session& session, std::int32_t user, const std::string& name)
{
    return !session
                .query("select 1 from mailbox where user_id = $1 and starts_with(name, $2) limit 1", user, name + "/")
                .empty();
}

bool equal_ignoring_case(const std::string& a, const std::string& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
        [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// RFC 9051 6.3.6: its messages move, the children stay.
imap::Result<void> rename_inbox(
    Session& session, Changes& changes, std::int32_t user, const MailboxRow& inbox, const std::string& to)
{
    make_parents(session, user, to);
    const auto target = insert_mailbox(session, user, to);
    lock_mailboxes(session, {inbox.id, target});
    const auto rows =
        session.query("select uid, home from ref where user_id = $1 and mailbox_id = $2 order by uid", user, inbox.id);
    std::vector<Relocation> all;
    for (std::size_t row = 0; row < rows.size(); ++row)
        all.push_back({.user = user,
            .mailbox = inbox.id,
            .uid = static_cast<std::int32_t>(rows.integer(row, 0)),
            .target = target,
            .home = static_cast<std::int32_t>(rows.integer(row, 1))});
    relocate(session, changes, all);
    return {};
}

imap::Result<void> rename_tree(Session& session, std::int32_t user, const std::string& from, const std::string& to)
{
    const auto tree =
        session.query("select name from mailbox where user_id = $1 and (name = $2 or starts_with(name, $2 || "
                      "'/'))",
            user, from);
    if (tree.empty()) return tl::unexpected(imap::No{"NONEXISTENT", "No such mailbox"});
    for (std::size_t row = 0; row < tree.size(); ++row) {
        const auto renamed = to + tree.text(row, 0).substr(from.size());
        if (auto no = bad_name(renamed)) return tl::unexpected(*no);
        if (find_mailbox(session, user, renamed))
            return tl::unexpected(imap::No{"ALREADYEXISTS", "There is a mailbox " + renamed});
    }
    make_parents(session, user, to);
    session.query("update mailbox set name = $3 || substr(name, length($2) + 1) where user_id = $1 and (name "
                  "= $2 or starts_with(name, $2 || '/'))",
        user, from, to);
    return {};
}

}  // namespace

std::string canonical_name(std::string name)
{
    constexpr std::string_view inbox = "INBOX";
    if (name.size() > 1 && name.back() == '/') name.pop_back();
    const auto first = std::min(name.find('/'), name.size());
    if (equal_ignoring_case(name.substr(0, first), std::string(inbox))) name.replace(0, first, inbox);
    return name;
}

std::optional<imap::No> bad_name(const std::string& name)
{
    if (name.empty()) return imap::No{"CANNOT", "A mailbox needs a name"};
    if (name.size() > mailbox_limits::name_octets) return imap::No{"LIMIT", "That name is too long"};
    if (std::count(name.begin(), name.end(), '/') >= mailbox_limits::depth)
        return imap::No{"LIMIT", "That is too deep"};
    if (name.front() == '/' || name.back() == '/' || name.find("//") != std::string::npos)
        return imap::No{"CANNOT", "A level of that name is empty"};
    if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }))
        return imap::No{"CANNOT", "A name cannot have control characters"};
    return std::nullopt;
}

std::optional<MailboxRow> find_mailbox(Session& session, std::int32_t user, const std::string& name)
{
    if (bad_name(name)) return std::nullopt;
    const auto rows =
        session.query("select id, name, use, uid_next, uid_validity, recent, modseq from mailbox where user_id = "
                      "$1 and name = $2 and use <> 7",
            user, name);
    return rows.empty() ? std::nullopt : std::optional(mailbox_row(rows, 0));
}

imap::Result<MailboxRow> require_mailbox(Session& session, std::int32_t user, const std::string& name, Purpose purpose)
{
    if (auto row = find_mailbox(session, user, name)) return *row;
    // RFC 9051 6.3.12: TRYCREATE promises that CREATE may help.
    const bool creatable = purpose == Purpose::destination && !bad_name(name);
    return tl::unexpected(imap::No{creatable ? "TRYCREATE" : "NONEXISTENT", "No such mailbox"});
}

std::vector<imap::MailboxInfo> list_mailboxes(Session& session, std::int32_t user)
{
    const auto rows =
        session.query("select id, name, use, subscribed from mailbox where user_id = $1 and use <> 7 order by "
                      "name",
            user);
    std::vector<imap::MailboxInfo> out;
    std::set<std::string> names;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        out.push_back({rows.text(row, 1), mailbox_id(static_cast<std::int32_t>(rows.integer(row, 0))),
            special_use(rows.integer(row, 2)), rows.boolean(row, 3)});
        names.insert(out.back().name);
    }
    for (std::size_t row = 0; row < rows.size(); ++row)
        for (const auto& parent : parents(rows.text(row, 1)))
            if (names.insert(parent).second) out.push_back({.name = parent, .selectable = false});
    return out;
}

std::vector<std::string> list_subscriptions(Session& session, std::int32_t user)
{
    const auto rows = session.query("select name from mailbox where user_id = $1 and subscribed and use <> 7"
                                    " union select name from subscription where user_id = $1",
        user);
    std::vector<std::string> out;
    for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(rows.text(row, 0));
    return out;
}

imap::MailboxStatus count_status(Session& session, std::int32_t user, const MailboxRow& mailbox)
{
    const auto rows =
        session.query("select count(*), count(*) filter (where flags & 8 = 0), count(*) filter (where flags & 4 "
                      "<> 0),"
                      " count(*) filter (where uid >= $3) from ref where user_id = $1 and mailbox_id = $2",
            user, mailbox.id, static_cast<std::int32_t>(mailbox.recent));
    const auto count = [&](int column) { return static_cast<std::uint32_t>(rows.integer(0, column)); };
    return {.messages = count(0),
        .recent = count(3),
        .unseen = count(1),
        .deleted = count(2),
        .uid_next = mailbox.uid_next,
        .uid_validity = mailbox.uid_validity,
        .highest_modseq = static_cast<imap::ModSeq>(mailbox.modseq),
        .mailbox_id = mailbox_id(mailbox.id)};
}

std::uint64_t total_size(Session& session, std::int32_t user, std::int32_t mailbox, std::int64_t flag)
{
    const auto rows =
        session.query("select coalesce(sum(d.size), 0)::int8 from ref r join rendition d on d.id = r.rendition_id"
                      " where r.user_id = $1 and r.mailbox_id = $2 and r.flags & $3 = $3",
            user, mailbox, flag);
    return static_cast<std::uint64_t>(rows.integer(0, 0));
}

imap::Uid claim_recent(Session& session, std::int32_t mailbox)
{
    // Nothing is written when nothing is new.
    const auto rows =
        session.query("with old as (select recent from mailbox where id = $1 and recent <> uid_next for no key "
                      "update),"
                      " claimed as (update mailbox set recent = uid_next where id = $1 and exists (select from "
                      "old))"
                      " select coalesce((select recent from old), (select uid_next from mailbox where id = $1), "
                      "1)",
            mailbox);
    return static_cast<imap::Uid>(rows.integer(0, 0));
}

imap::Result<std::int32_t> create_mailbox(
    Session& session, Changes& changes, std::int32_t user, const std::string& name)
{
    if (auto no = bad_name(name)) return tl::unexpected(*no);
    lock_names(session, user);
    if (find_mailbox(session, user, name)) return tl::unexpected(imap::No{"ALREADYEXISTS", "There is such a mailbox"});
    const auto count = session.query("select count(*) from mailbox where user_id = $1", user).integer(0, 0);
    if (count >= mailbox_limits::mailboxes) return tl::unexpected(imap::No{"LIMIT", "Too many mailboxes"});
    make_parents(session, user, name);
    const auto id = insert_mailbox(session, user, name);
    changes.users.insert(user);
    return id;
}

imap::Result<void> delete_mailbox(
    Session& session, Changes& changes, const Account& account, const std::string& name, LeaveScope scope)
{
    lock_names(session, account.id);
    const auto mailbox = find_mailbox(session, account.id, name);
    if (!mailbox) {
        if (has_children(session, account.id, name))
            return tl::unexpected(imap::No{"HASCHILDREN", "It is only a name above other mailboxes"});
        return tl::unexpected(imap::No{"NONEXISTENT", "No such mailbox"});
    }
    if (mailbox->use != MailboxUse::none) return tl::unexpected(imap::No{"CANNOT", "That mailbox always exists"});
    expunge_all(session, changes, account, mailbox->id, scope);
    // RFC 9051 6.3.8: a subscription outlives its mailbox.
    session.query("with gone as (delete from mailbox where id = $1 returning user_id, name, subscribed, "
                  "uid_validity),"
                  " mark as (update mailbox m set uid_validity = greatest(m.uid_validity, gone.uid_validity) "
                  "from gone where m.user_id = gone.user_id and m.use = 7)"
                  " insert into subscription(user_id, name) select user_id, name from gone where subscribed "
                  "and (select count(*) from subscription s where s.user_id = gone.user_id) < $2 "
                  "on conflict do nothing",
        mailbox->id, mailbox_limits::mailboxes);
    session.query("delete from expunge where user_id = $1 and mailbox_id = $2", account.id, mailbox->id);
    changes.mailboxes.insert(mailbox->id);
    changes.users.insert(account.id);
    return {};
}

imap::Result<void> rename_mailbox(
    Session& session, Changes& changes, std::int32_t user, const std::string& from, const std::string& to)
{
    if (auto no = bad_name(to)) return tl::unexpected(*no);
    lock_names(session, user);
    if (find_mailbox(session, user, to)) return tl::unexpected(imap::No{"ALREADYEXISTS", "There is such a mailbox"});
    changes.users.insert(user);
    const auto mailbox = find_mailbox(session, user, from);
    if (mailbox && mailbox->use == MailboxUse::inbox) return rename_inbox(session, changes, user, *mailbox, to);
    if (mailbox && mailbox->use != MailboxUse::none)
        return tl::unexpected(imap::No{"CANNOT", "That mailbox keeps its name"});
    if (to.starts_with(from + "/")) return tl::unexpected(imap::No{"CANNOT", "A mailbox cannot go below itself"});
    return rename_tree(session, user, from, to);
}

imap::Result<void> subscribe_mailbox(
    Session& session, Changes& changes, std::int32_t user, const std::string& name, bool on)
{
    lock_names(session, user);
    changes.users.insert(user);
    if (session
            .query("update mailbox set subscribed = $3 where user_id = $1 and name = $2 and use <> 7", user, name, on)
            .affected() > 0)
        return {};
    if (!on) {
        session.query("delete from subscription where user_id = $1 and name = $2", user, name);
        return {};
    }
    const auto count = session.query("select count(*) from subscription where user_id = $1", user).integer(0, 0);
    if (count >= mailbox_limits::mailboxes) return tl::unexpected(imap::No{"LIMIT", "Too many subscriptions"});
    session.query("insert into subscription(user_id, name) values ($1, $2) on conflict do nothing", user, name);
    return {};
}

}  // namespace gateway::store
