// verbs_store: list, search, file, flag, folder, subscribe: a user's own store. email2.md "Verbs".
#include "gateway/store/effective.h"
#include "gateway/store/envelope_words.h"
#include "gateway/store/events.h"
#include "gateway/store/flags.h"
#include "gateway/store/mailbox_changes.h"
#include "gateway/store/mailbox_keywords.h"
#include "gateway/store/mailbox_names.h"
#include "gateway/store/mailbox_transaction.h"
#include "gateway/store/store.h"
#include "mime/fold.h"

namespace gateway::store {

using email2::Code;
using email2::Error;

namespace {

struct FlagName {
    const char* name;
    FlagBits bit;
};
constexpr FlagName system_flags[] = {{"\\Answered", flags::answered}, {"\\Flagged", flags::flagged},
    {"\\Deleted", flags::deleted}, {"\\Seen", flags::seen}, {"\\Draft", flags::draft}};

std::vector<std::string> names_of(FlagBits bits, const std::vector<std::string>& keywords)
{
    std::vector<std::string> names;
    for (const auto& flag : system_flags)
        if (bits & flag.bit) names.emplace_back(flag.name);
    for (std::size_t i = 0; i < keywords.size(); ++i)
        if (bits & (FlagBits{1} << (first_keyword_bit + i))) names.push_back(keywords[i]);
    return names;
}

Error refusal(const imap::No& no)
{
    if (no.code == "NONEXISTENT" || no.code == "TRYCREATE") return {Code::not_found, no.text, ""};
    if (no.code == "ALREADYEXISTS") return {Code::conflict, no.text, ""};
    if (no.code == "CANNOT") return {Code::forbidden, no.text, ""};
    if (no.code == "LIMIT") return {Code::too_large, no.text, ""};
    return {Code::invalid, no.text, ""};
}

Account account_of(const PersonRow& person)
{
    Account account;
    account.id = person.id;
    account.address = person.address;
    account.inbox = person.inbox;
    account.sent = person.sent;
    account.drafts = person.drafts;
    account.trash = person.trash;
    account.junk = person.junk;
    account.archive = person.archive;
    account.limbo = person.limbo;
    return account;
}

std::map<std::int32_t, std::vector<std::int32_t>> by_mailbox_of(const Rows& rows)  // columns: mailbox, uid
{
    std::map<std::int32_t, std::vector<std::int32_t>> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out[static_cast<std::int32_t>(rows.integer(i, 0))].push_back(static_cast<std::int32_t>(rows.integer(i, 1)));
    return out;
}

// References, and what is on the list without one (email2.md rule 2, "unfiled"): that is found by thread and search, in
// no folder. Position: message ids, which rise with time, so that a page stays where it is while mail comes in.
constexpr const char* listing = R"(
with found as (
 select distinct on (m.id) m.id, r.rendition_id, coalesce(b.name, '') folder, r.flags
 from ref r join message m on m.id = r.message_id join mailbox b on b.id = r.mailbox_id
 where r.user_id = $1 and m.id > $2 and b.use <> 7 and m.state in (0, 2) and ($3 = 0 or r.mailbox_id = $3) and ($4 = 0 or m.thread_id = $4)
  and ($5 = '' or exists (select from search_text s where s.rendition_id = r.rendition_id and strpos(s.text, $5) > 0))
 order by m.id, b.use limit $6),
 unfiled as (
 select distinct m.id, v.rendition_id, '' folder, 0::int8 flags
 from entry e join lateral (select m.* from message m where m.list_id = e.list_id and m.id > $2 and m.state = 0 and m.kind = 0
    union select m.* from message_list l join message m on m.id = l.message_id
    where l.list_id = e.list_id and m.id > $2 and m.state = 0 and m.kind = 0) m on true
 join revision v on v.message_id = m.id and v.number = m.revision
 where $3 = 0 and e.person_id = $1 and e.membership = 0 and ($4 = 0 or m.thread_id = $4) and )" EFFECTIVE(
    "m", "$1") R"( = 0 and not )" ELSEWHERE("m", "$1") R"(
  and not exists (select from ref r join mailbox b on b.id = r.mailbox_id and b.use <> 7 where r.message_id = m.id and r.user_id = $1)
  and ($5 = '' or exists (select from search_text s where s.rendition_id = v.rendition_id and strpos(s.text, $5) > 0))
 order by 1 limit $6)
select m.id, m.guid, d.name, coalesce(t.guid, x.guid, m.guid), m.revision, f.folder, f.flags, p.address, p.class, p.name, m.created, v.size, v.preview, v.envelope
from (select * from found union all select * from unfiled) f join message m on m.id = f.id join domain d on d.id = m.home
join rendition v on v.id = f.rendition_id join person p on p.id = m.originator
left join message t on t.id = m.thread_id left join missing x on x.id = m.thread_id
order by m.id limit $6)";

}  // namespace

email2::Result<email2::References> PostgresStore::list(const std::string& actor, const email2::Page& page)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    std::int64_t thread = 0;
    if (!page.thread.empty()) {
        const auto name = email2::parse_name(page.thread);
        if (!name) return tl::unexpected(Error{Code::invalid, "The thread is named by guid@server.", ""});
        const auto seen = look(actor, *name);
        if (!seen) return tl::unexpected(seen.error());
        thread = seen->facts.thread;
    }
    std::int32_t folder = 0;
    if (!page.folder.empty()) {
        const auto mailbox = require_mailbox(session_, who->id, canonical_name(page.folder), Purpose::open);
        if (!mailbox) return tl::unexpected(refusal(mailbox.error()));
        folder = mailbox->id;
    }
    const auto limit = std::clamp<std::int32_t>(static_cast<std::int32_t>(page.limit), 1, 1000);
    const auto rows = session_.query(
        listing, who->id, static_cast<std::int64_t>(page.after), folder, thread, mime::fold(page.query), limit + 1);
    const auto keywords = read_keywords(session_, who->id);
    email2::References out;
    for (std::size_t i = 0; i < rows.size() && i < static_cast<std::size_t>(limit); ++i) {
        email2::Reference reference;
        reference.position = static_cast<std::uint64_t>(rows.integer(i, 0));
        reference.message = {to_string(rows.uuid(i, 1)), rows.text(i, 2)};
        reference.thread = {to_string(rows.uuid(i, 3)), rows.text(i, 2)};
        reference.revision = static_cast<std::uint32_t>(rows.integer(i, 4));
        reference.folder = rows.text(i, 5);
        reference.flags = names_of(rows.integer(i, 6), keywords);
        reference.from = {rows.text(i, 7), static_cast<email2::Class>(rows.integer(i, 8)), rows.text(i, 9)};
        reference.created = rows.time(i, 10);
        reference.size = static_cast<std::uint64_t>(rows.integer(i, 11));
        reference.preview = rows.text(i, 12);
        const auto envelope = rows.octets(i, 13);
        reference.from.name = author_name(envelope, reference.from);
        reference.subject = envelope_words(envelope).subject;
        out.references.push_back(std::move(reference));
    }
    out.more = rows.size() > static_cast<std::size_t>(limit);
    return out;
}

email2::Result<email2::Reference> PostgresStore::file(
    const std::string& actor, const email2::Name& id, const email2::Filing& filing)
{
    const auto seen = look(actor, id);
    if (!seen) return tl::unexpected(seen.error());
    const auto account = account_of(seen->person);
    std::vector<std::string> add, remove;
    FlagChange change;
    const auto split = [](const std::vector<std::string>& from, std::vector<std::string>& keywords) {
        FlagBits bits = 0;
        for (const auto& name : from) {
            const auto found = std::find_if(
                std::begin(system_flags), std::end(system_flags), [&](const auto& flag) { return name == flag.name; });
            if (found != std::end(system_flags)) bits |= found->bit;
            else keywords.push_back(name);
        }
        return bits;
    };
    change.set = split(filing.add_flags, add);
    change.keep = ~split(filing.remove_flags, remove);
    const auto made = make_keywords(session_, seen->person.id, add);
    if (!made) return tl::unexpected(refusal(made.error()));
    change.set |= static_cast<FlagBits>(*made);
    change.keep &= ~static_cast<FlagBits>(bits_of(read_keywords(session_, seen->person.id), remove));

    const auto outcome = store::change(session_, [&](Changes& changes) -> imap::Result<bool> {
        // What is found below must not be moved by another client before it is changed. Lists before mailboxes: moving
        // may leave them.
        if (filing.folder)
            session_.query(
                "with x as (select id, list_id from message where id = $1 or ($2 and thread_id = $3)) select from message where id in "
                "(select list_id from x union select l.list_id from message_list l join x on x.id = l.message_id) order by id for no key update",
                seen->facts.id, filing.thread, seen->facts.thread);
        session_.query("select from mailbox where user_id = $1 order by id for no key update", seen->person.id);
        const auto rows = session_.query(
            "select r.mailbox_id, r.uid from ref r join message m on m.id = r.message_id join person p on p.id = r.user_id "
            "where r.user_id = $1 and (m.id = $2 or ($3 and m.thread_id = $4)) and r.mailbox_id <> p.limbo "
            "order by r.mailbox_id, r.uid",
            seen->person.id, seen->facts.id, filing.thread, seen->facts.thread);
        // Sent is a view of one's own messages: what lies elsewhere as well stays there when it is filed.
        const auto only_sent = by_mailbox_of(session_.query(
            "select r.mailbox_id, r.uid from ref r join message m on m.id = r.message_id join person p on p.id = r.user_id "
            "where r.user_id = $1 and (m.id = $2 or ($3 and m.thread_id = $4)) and r.mailbox_id = p.sent and not exists (select from ref o "
            "where o.message_id = m.id and o.user_id = $1 and o.mailbox_id not in (p.limbo, p.sent)) order by r.uid",
            seen->person.id, seen->facts.id, filing.thread, seen->facts.thread));
        auto by_mailbox = by_mailbox_of(rows);
        std::optional<MailboxRow> target;
        if (filing.folder) {
            const auto mailbox =
                require_mailbox(session_, seen->person.id, canonical_name(*filing.folder), Purpose::destination);
            if (!mailbox) return tl::unexpected(mailbox.error());
            target = *mailbox;
        }
        if (change.set != 0 || change.keep != -1)
            for (const auto& [mailbox, uids] : by_mailbox)
                (void)store_flags(session_, changes, seen->person.id, mailbox, uids, change, std::nullopt);
        by_mailbox.erase(seen->person.sent);
        if (!only_sent.empty()) by_mailbox.insert(*only_sent.begin());
        if (target)
            for (const auto& [mailbox, uids] : by_mailbox)
                if (target->id != mailbox)
                    (void)move(session_, changes, account, mailbox, uids, target->id, LeaveScope::thread);
        return true;
    });
    if (!outcome.value) return tl::unexpected(refusal(outcome.value.error()));
    email2::Page page;
    page.after = static_cast<std::uint64_t>(seen->facts.id - 1);
    page.limit = 1;
    auto listed = list(actor, page);
    if (!listed) return tl::unexpected(listed.error());
    if (listed->references.empty() || !(listed->references.front().message == id) ||
        listed->references.front().folder.empty())
        return tl::unexpected(Error{Code::not_found, "The message is in no folder of yours.", ""});
    return listed->references.front();
}

email2::Result<std::vector<email2::Folder>> PostgresStore::folders(const std::string& actor)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    static constexpr const char* uses[] = {"", "", "\\Sent", "\\Drafts", "\\Trash", "\\Junk", "\\Archive"};  // RFC 6154
    const auto rows = session_.query(
        "select b.name, b.use, count(r.uid)::int, (count(*) filter (where r.flags & 8 = 0 and r.uid is not null))::int from mailbox b "
        "left join ref r on r.user_id = b.user_id and r.mailbox_id = b.id where b.user_id = $1 and b.use <> 7 "
        "group by b.id, b.name, b.use order by b.name",
        who->id);
    std::vector<email2::Folder> folders;
    for (std::size_t i = 0; i < rows.size(); ++i)
        folders.push_back({rows.text(i, 0), uses[rows.integer(i, 1)], static_cast<std::uint32_t>(rows.integer(i, 2)),
            static_cast<std::uint32_t>(rows.integer(i, 3))});
    return folders;
}

email2::Result<email2::Folder> PostgresStore::create_folder(const std::string& actor, const std::string& name)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    const auto outcome = change(
        session_, [&](Changes& changes) { return create_mailbox(session_, changes, who->id, canonical_name(name)); });
    if (!outcome.value) return tl::unexpected(refusal(outcome.value.error()));
    return email2::Folder{canonical_name(name), "", 0, 0};
}

email2::Result<email2::Folder> PostgresStore::rename_folder(
    const std::string& actor, const std::string& from, const std::string& to)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    const auto outcome = change(session_, [&](Changes& changes) -> imap::Result<bool> {
        if (auto renamed = rename_mailbox(session_, changes, who->id, canonical_name(from), canonical_name(to));
            !renamed)
            return tl::unexpected(renamed.error());
        return true;
    });
    if (!outcome.value) return tl::unexpected(refusal(outcome.value.error()));
    const auto all = folders(actor);
    const auto found =
        std::find_if(all->begin(), all->end(), [&](const auto& folder) { return folder.name == canonical_name(to); });
    return found != all->end() ? *found : email2::Folder{canonical_name(to), "", 0, 0};
}

email2::Result<void> PostgresStore::remove_folder(const std::string& actor, const std::string& name)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    const auto account = account_of(*who);
    const auto outcome = change(session_, [&](Changes& changes) -> imap::Result<bool> {
        if (auto removed = delete_mailbox(session_, changes, account, canonical_name(name), LeaveScope::thread);
            !removed)
            return tl::unexpected(removed.error());
        return true;
    });
    if (!outcome.value) return tl::unexpected(refusal(outcome.value.error()));
    return {};
}

// So many of everybody's events are looked through for one person's at once, and so many times before the answer says
// how far it came: who was away long finds few of theirs among many.
constexpr std::int32_t events_window = 2'000;
constexpr int events_windows = 25;

email2::Result<email2::Events> PostgresStore::events(const std::string& actor, std::uint64_t after, std::uint32_t limit)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    email2::Events out;
    out.last = after;
    for (int i = 0; i < events_windows && out.events.empty(); ++i) {
        const auto telling = tell_events(session_, static_cast<std::int64_t>(out.last), events_window, {who->id});
        bool full = false;
        for (const auto& told : telling.told) {
            full = out.events.size() == limit;
            if (full) break;
            out.events.push_back(*told.event);
            out.last = told.event->sequence;
        }
        if (full) break;
        out.last =
            static_cast<std::uint64_t>(telling.last);  // theirs or not, so that pruning does not overtake the quiet
        if (!telling.more) break;
    }
    // Asked after what was read, for pruning may have come in between.
    const auto floor = static_cast<std::uint64_t>(session_.query("select seq from event_floor").integer(0, 0));
    if (after < floor)
        return tl::unexpected(
            Error{Code::gone, "Events up to " + std::to_string(floor) + " are no longer kept.", "", floor});
    return out;
}

}  // namespace gateway::store
