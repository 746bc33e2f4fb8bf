// mail_verbs: see the header.
#include "gateway/store/mail_verbs.h"

#include "gateway/mapping/legacy_verb.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/flags.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/follow_ups_sql.h"
#include "gateway/store/hash.h"
#include "gateway/store/membership.h"
#include "gateway/store/people.h"
#include "gateway/store/relocate.h"

#include <algorithm>
#include <set>

namespace gateway::store {

namespace {

constexpr std::size_t most_named = 100;     // messages that one mail may mean: Chat-Delete names several
constexpr std::size_t most_authors = 50;    // in From: whoever writes as more is no person
constexpr std::int64_t most_recalled = 50;  // messages among which a recalled one is looked for

std::string key_of(std::string_view what, const std::string& message_id)
{
    return "mail " + std::string(what) + ":" + message_id;
}

std::vector<std::int32_t> numbers(const Rows& rows, int column)
{
    std::vector<std::int32_t> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(static_cast<std::int32_t>(rows.integer(i, column)));
    return out;
}

// Sets or clears a keyword on every reference to a message. Their number.
std::size_t mark(Session& session, Changes& changes, std::int64_t message, FlagBits set, FlagBits clear)
{
    lock_mailboxes(
        session, numbers(session.query("select distinct mailbox_id from ref where message_id = $1", message), 0));
    const auto rows = session.query(R"(
with here as materialized (select user_id, mailbox_id, uid from ref where message_id = $1 and (flags | $2) & ~$3 <> flags),
 up as (update mailbox set modseq = modseq + 1 where id in (select mailbox_id from here) returning id, modseq)
update ref r set flags = (r.flags | $2) & ~$3, modseq = up.modseq from here h join up on up.id = h.mailbox_id
where r.user_id = h.user_id and r.mailbox_id = h.mailbox_id and r.uid = h.uid returning r.mailbox_id)",
        message, set, clear);
    const auto mailboxes = numbers(rows, 0);
    changes.mailboxes.insert(mailboxes.begin(), mailboxes.end());
    return rows.size();
}

// Whoever gets a reference later has $Withdrawn on it as well. False: it was so already.
bool set_taken_back(Session& session, std::int64_t message, bool taken_back)
{
    return !session
                .query("update message set taken_back = $2 where id = $1 and taken_back <> $2 returning 1", message,
                    taken_back)
                .empty();
}

// Who is outside and had the message by us, as one of a thread or a mailing list, gets what replaces it as the mail
// that it is: the newest rendition, in its author's bytes.
void relay_edit(Session& session, Changes& changes, std::int64_t message, std::int32_t author)
{
    const auto queued = session.query(
        "with people as (update delivery d set state = 0, at = now() where d.message_id = $1 and d.person_id <> $5 and " HAS_IT
        "and " ON_LIST "returning d.person_id), " NEW_TOKENS QUEUE_FROM_TOKENS,
        message, static_cast<std::int16_t>(Mail::message), std::int64_t{0}, 0.0, author);
    changes.egress |= !queued.empty();
}

// The same of a mail that takes it back, or restores it, which is no rendition. Who was not told of the one yet needs
// not hear of the other.
void relay_word(Session& session, Changes& changes, std::int64_t message, std::int32_t author, std::string_view bytes)
{
    const auto queued = session.query(
        "with untold as (delete from egress where message_id = $1 and kind = $3 and owner = 0 and sender <> '' returning person_id), "
        "people as (select d.person_id from delivery d where d.message_id = $1 and d.person_id <> $2 and " HAS_IT
        "and " ON_LIST "and d.person_id not in (select person_id from untold)), " NEW_TOKENS_OF_FOLLOW_UPS
        "insert into egress(message_id, person_id, kind, due, sender, content) select $1, t.person_id, $3, now(), "
        "'b-' || t.token || '@' || d.name, $4 from tokens t join message m on m.id = $1 join domain d on d.id = m.home returning 1",
        message, author, static_cast<std::int16_t>(Mail::opaque), Bytes{bytes});
    changes.egress |= !queued.empty();
}

}  // namespace

std::vector<Facts> messages_named(Session& session, std::int32_t person, const std::vector<std::string>& ids)
{
    std::vector<std::int64_t> hashes;
    std::vector<Uuid> guids;
    for (std::size_t i = 0; i < std::min(ids.size(), most_named); ++i) {
        hashes.push_back(message_id_hash(ids[i]));
        if (const auto own = mapping::own_message_id(ids[i])) guids.push_back(parse_uuid(own->guid));
    }
    const auto rows = session.query(
        "select id from message where kind = 0 and id not in (select message_id from list_root) and (guid = any($1::uuid[]) "
        "or id in (select message_id from msgid where hash = any($2::int8[]))) order by id limit $3",
        guids, hashes, static_cast<std::int64_t>(most_named));
    std::vector<Facts> found;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (auto facts = facts_of(session, rows.integer(i, 0), person)) found.push_back(std::move(*facts));
    return found;
}

std::optional<Facts> message_recalled(
    Session& session, std::int32_t person, const std::string& conversation, const std::string& subject)
{
    if (conversation.empty() || subject.empty()) return std::nullopt;
    const auto rows = session.query(
        "select m.id, m.revision from message m where m.originator = $1 and m.kind = 0 and m.state in (0, 2) "
        "and m.created > now() - interval '30 days' and (m.list_id in (select list_id from entry where person_id = $1) "
        "or m.id in (select r.message_id from ref r where r.user_id = $1)) order by m.id desc limit $2",
        person, most_recalled);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto bytes =
            bytes_of_revision(session, rows.integer(i, 0), static_cast<std::int32_t>(rows.integer(i, 1)));
        const auto known = mapping::read_facts(mime::parse(bytes), bytes);
        if (known.subject == subject && mapping::conversation_of(known.thread_index) == conversation)
            return facts_of(session, rows.integer(i, 0), person);
    }
    return std::nullopt;
}

std::string proven_domain(Session& session, const Facts& facts)
{
    if (facts.proof != email2::Proof::dkim) return {};
    const auto rows = session.query(
        "select coalesce(authentication, '') from revision where message_id = $1 and number = 1", facts.id);
    if (rows.empty()) return {};
    constexpr std::string_view label = "domain=";
    std::string_view words = rows.octets(0, 0);
    while (!words.empty()) {
        const auto word = words.substr(0, words.find(' '));
        if (word.starts_with(label)) return std::string(word.substr(label.size()));
        words.remove_prefix(std::min(word.size() + 1, words.size()));
    }
    return {};
}

bool has_reached_all(Session& session, const Facts& facts, const Reached& reached)
{
    const auto known = find_people(session, reached.people);
    std::vector<std::int32_t> people;
    for (const auto& address : reached.people) {
        const auto found = known.find(address);
        if (found == known.end()) return false;
        if (found->second.id != facts.originator) people.push_back(found->second.id);
    }
    const auto on_it = [&](const std::string& name, bool root) {
        const auto parsed = email2::parse_name(name);
        const auto other = parsed ? facts_of(session, *parsed, 0) : std::nullopt;
        if (!other) return false;
        return root ? std::find(facts.holders.begin(), facts.holders.end(), other->id) != facts.holders.end()
                    : other->holders == facts.holders;
    };
    if (!std::all_of(reached.lists.begin(), reached.lists.end(), [&](const auto& name) { return on_it(name, true); }))
        return false;
    if (!std::all_of(
            reached.messages.begin(), reached.messages.end(), [&](const auto& name) { return on_it(name, false); }))
        return false;
    return session
        .query(
            "select 1 from unnest($1::int4[]) p where not exists (select from entry e where e.person_id = p and e.list_id = any($2::int8[]) "
            "and (e.role <> 2 or e.list_id = $3)) or exists (select from delivery d where d.message_id = $3 and d.person_id = p and d.state in (4, 6)) limit 1",
            people, facts.holders, facts.id)
        .empty();
}

std::string once_for(std::string_view act, const email2::Name& message)
{
    return std::string(act) + " " + message.guid;
}

bool is_first_time(Session& session, std::int32_t person, std::string_view what, const std::string& message_id)
{
    if (message_id.empty()) return true;
    return session.query("select from idempotency where actor = $1 and key = $2", person, key_of(what, message_id))
        .empty();
}

// Waits for whoever is about to remember the same.
bool remember_time(
    Session& session, std::int32_t person, std::string_view what, const std::string& message_id, std::int64_t message)
{
    if (message_id.empty()) return true;
    return session
               .query("insert into idempotency(actor, key, message_id) values ($1, $2, $3) on conflict do nothing",
                   person, key_of(what, message_id), message)
               .affected() == 1;
}

std::optional<Facts> lock_message(Session& session, std::int64_t message, std::int32_t person)
{
    const auto found = facts_of(session, message, person);
    if (!found) return std::nullopt;
    auto ids = found->holders;
    ids.push_back(found->id);
    lock_lists(session, ids);
    auto facts = facts_of(session, message, person);
    if (facts && facts->holders != found->holders) throw DatabaseError("the list changed its place meanwhile", "40001");
    return facts;
}

// Somebody may move theirs while it is read here: then it is found at its new place the next time.
void show_revision(Session& session, Changes& changes, std::int64_t message, std::int64_t rendition,
    std::int32_t author, Unseen unseen)
{
    for (;;) {
        const auto references = session.query(
            "select user_id, mailbox_id, uid, home from ref where message_id = $1 and rendition_id <> $2 order by mailbox_id, uid",
            message, rendition);
        if (references.empty()) return;
        std::vector<Relocation> relocations;
        for (std::size_t i = 0; i < references.size(); ++i) {
            const auto number = [&](int column) { return static_cast<std::int32_t>(references.integer(i, column)); };
            Relocation move{.user = number(0),
                .mailbox = number(1),
                .uid = number(2),
                .target = number(1),
                .rendition = rendition,
                .set_flags = flags::edited,
                .home = number(3)};
            if (unseen == Unseen::everybody || (unseen == Unseen::others && move.user != author))
                move.clear_flags = flags::seen;
            relocations.push_back(move);
        }
        relocate(session, changes, relocations);
    }
}

std::vector<std::int64_t> persons_shown(
    Session& session, const mapping::MailFacts& mail, std::int32_t author, const email2::Domains& domains)
{
    std::vector<std::string> header;
    for (const auto* field : {&mail.from, &mail.to, &mail.cc})
        for (const auto& address : *field)
            if (auto normal = email2::normalise(address.spec(), domains)) header.push_back(std::move(*normal));
    std::set<std::int64_t> shown{author};
    for (const auto& [address, person] : find_people(session, header)) shown.insert(person.id);
    return {shown.begin(), shown.end()};
}

bool is_all_by(
    Session& session, const std::string& account, const mapping::MailFacts& mail, const email2::Domains& domains)
{
    if (mail.from.size() > most_authors) return false;
    std::vector<std::string> authors;
    for (const auto& each : mail.from) {
        auto normal = email2::normalise(each.spec(), domains);
        if (!normal) return false;
        authors.push_back(std::move(*normal));
    }
    const auto people = find_people(session, authors);
    return std::all_of(authors.begin(), authors.end(), [&](const auto& author) {
        const auto found = people.find(author);
        return found != people.end() && found->second.address == account;
    });
}

void remember_message_id(Session& session, const std::string& message_id, std::int64_t message)
{
    if (message_id.empty()) return;
    session.query(
        "insert into msgid(hash, message_id) select $1, $2 where not exists (select from msgid where hash = $1 and message_id = $2)",
        message_id_hash(message_id), message);
}

email2::Result<void> edit_by_mail(
    Session& session, Ids& ids, Changes& changes, const Facts& facts, const MailedEdit& edit)
{
    if (auto may = email2::may_edit(facts.standing, facts.standing.newest_revision); !may)
        return tl::unexpected(may.error());
    RenditionRow row;
    row.id = ids.next(session);
    row.message = facts.id;
    row.revision = facts.revision + 1;
    row.internal_date = facts.created;
    row.shown = edit.shown;
    row.indexed = edit.indexed;
    row.content = edit.bytes;
    insert_rendition(session, row);
    session.query(
        "insert into revision(message_id, number, actor, rendition_id, document, sha256, authentication) values ($1, $2, $3, $4, $5, $6, $7)",
        facts.id, row.revision, edit.author, row.id,
        edit.document.empty() ? std::optional<Bytes>() : std::optional(Bytes{edit.document}),
        Bytes{edit.indexed->sha256}, edit.authentication);
    session.query("update message set revision = $2 where id = $1", facts.id, row.revision);
    remember_message_id(session, edit.message_id, facts.id);
    show_revision(session, changes, facts.id, row.id, edit.author, Unseen::everybody);
    relay_edit(session, changes, facts.id, edit.author);
    changes.events.push_back(
        {.message = facts.id, .revision = row.revision, .actor = edit.author, .kind = email2::EventKind::edited});
    return {};
}

email2::Result<bool> withdraw_by_mail(
    Session& session, Changes& changes, const Facts& facts, std::int32_t author, std::string_view bytes)
{
    const auto step = email2::may_withdraw(facts.standing);
    if (!step) return tl::unexpected(step.error());
    if (*step != email2::Step::act) return false;
    if (!set_taken_back(session, facts.id, true)) return false;
    (void)mark(session, changes, facts.id, flags::withdrawn, 0);
    relay_word(session, changes, facts.id, author, bytes);
    changes.events.push_back(
        {.message = facts.id, .revision = facts.revision, .actor = author, .kind = email2::EventKind::withdrawn});
    return true;
}

email2::Result<bool> undelete_by_mail(
    Session& session, Changes& changes, const Facts& facts, std::int32_t author, std::string_view bytes)
{
    if (auto may = email2::may_edit(facts.standing, facts.standing.newest_revision); !may)
        return tl::unexpected(may.error());
    if (!set_taken_back(session, facts.id, false)) return false;
    (void)mark(session, changes, facts.id, 0, flags::withdrawn);
    relay_word(session, changes, facts.id, author, bytes);
    changes.events.push_back(
        {.message = facts.id, .revision = facts.revision, .actor = author, .kind = email2::EventKind::undeleted});
    return true;
}

// Lines: the key, then "name=value".
std::string content_of(const Said& said)
{
    auto out = said.key;
    for (const auto& [name, value] : said.values) {
        out += "\n" + name + "=";
        for (const char c : value) out += c == '\n' || c == '\r' ? ' ' : c;
    }
    return out;
}

Said said_in(std::string_view content)
{
    Said said;
    said.key = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(said.key.size() + 1, content.size()));
    while (!content.empty()) {
        const auto line = content.substr(0, content.find('\n'));
        if (const auto equals = line.find('='); equals != std::string_view::npos)
            said.values.emplace_back(line.substr(0, equals), line.substr(equals + 1));
        content.remove_prefix(std::min(line.size() + 1, content.size()));
    }
    return said;
}

// It is no event, but takes a number like one for its Message-ID.
void tell(Session& session, Changes& changes, std::int32_t person, std::int64_t message, const Said& said)
{
    const auto content = content_of(said);
    const auto waits = session.query(
        "select from egress where message_id = $1 and person_id = $2 and kind = $3 and content = $4 and owner = 0",
        message, person, static_cast<std::int16_t>(Mail::answer), Bytes{content});
    if (!waits.empty()) return;
    const auto number = session.query("select nextval('event_sequence')").integer(0, 0);
    queue_mail(session, changes, Mail::answer, message, person, number, std::chrono::seconds(0), {}, content);
}

}  // namespace gateway::store
