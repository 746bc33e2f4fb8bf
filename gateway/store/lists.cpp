// lists: see the header.
#include "gateway/store/lists.h"

#include "gateway/store/fates.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/mail_verbs.h"
#include "gateway/store/people.h"
#include "gateway/store/relocate.h"

namespace gateway::store {

namespace {

#define LIST_COLUMNS "l.message_id, m.guid, d.name, l.alias, l.name, l.posting"
#define LISTS "from list_root l join message m on m.id = l.message_id join domain d on d.id = m.home "

ListRoot list_in(const Rows& rows, std::size_t row)
{
    return {rows.integer(row, 0), {to_string(rows.uuid(row, 1)), rows.text(row, 2)}, rows.text(row, 3),
        rows.text(row, 4), static_cast<email2::Posting>(rows.integer(row, 5))};
}

std::string leave_address(Session& session, std::int32_t person, const ListRoot& root)
{
    return "a-" + token_for(session, person, root.id, TokenAction::leave) + "@" + root.name.server;
}

// The posts in Trash and limbo go back to where they were; what somebody threw away one by one stays there.
void bring_back_posts(Session& session, Changes& changes, std::int32_t person, std::int64_t root)
{
    const auto rows = session.query(R"(
with posts as materialized (select id from message where list_id = $2 and kind = 0 and state = 0
  union select l.message_id from message_list l join message m on m.id = l.message_id where l.list_id = $2 and m.state = 0)
select r.mailbox_id, r.uid, coalesce(b.id, p.inbox) from posts join person p on p.id = $1
join ref r on r.message_id = posts.id and r.user_id = p.id left join mailbox b on b.id = r.home and b.user_id = p.id
where r.mailbox_id in (p.trash, p.limbo) and r.home not in (0, p.sent, p.drafts, p.trash, p.limbo)
 and not exists (select from entry o where o.list_id = posts.id and o.person_id = p.id and o.membership <> 0)
order by posts.id)",
        person, root);
    std::vector<Relocation> back;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto number = [&](int column) { return static_cast<std::int32_t>(rows.integer(i, column)); };
        back.push_back({.user = person, .mailbox = number(0), .uid = number(1), .target = number(2)});
    }
    relocate(session, changes, back);
}

// What was posted since somebody left.
void show_posts(Session& session, Changes& changes, std::int32_t person, std::int64_t root, Time since)
{
    const auto rows = session.query(R"(
with t as materialized (
  select m.id m, v.rendition_id, p.inbox b, 256 | case when m.taken_back then 128 else 0 end flags from message m join revision v on v.message_id = m.id and v.number = m.revision
  join person p on p.id = $1 and p.class = 0
  where m.id in (select id from message where list_id = $2 union select message_id from message_list where list_id = $2)
   and m.id <> $2 and m.kind = 0 and m.state = 0 and m.created > $3 and m.originator <> p.id
   and not exists (select from ref r where r.message_id = m.id and r.user_id = p.id)
   and not exists (select from entry o where o.list_id = m.id and o.person_id = p.id and o.membership <> 0)),
 up as (update mailbox set uid_next = uid_next + (select count(*)::int from t), modseq = modseq + 1
  where id = (select b from t limit 1) returning id, uid_next - (select count(*)::int from t) base, modseq)
insert into ref(message_id, rendition_id, modseq, flags, user_id, mailbox_id, uid)
select t.m, t.rendition_id, up.modseq, t.flags, $1, t.b, up.base + (row_number() over (order by t.m))::int - 1
from t join up on up.id = t.b returning mailbox_id)",
        person, root, since);
    for (std::size_t i = 0; i < rows.size(); ++i)
        changes.mailboxes.insert(static_cast<std::int32_t>(rows.integer(i, 0)));
}

}  // namespace

std::optional<ListRoot> find_list(Session& session, std::string_view alias)
{
    const auto rows = session.query("select " LIST_COLUMNS " " LISTS "where l.alias = $1", alias);
    if (rows.empty()) return std::nullopt;
    return list_in(rows, 0);
}

std::vector<ListRoot> all_lists(Session& session)
{
    const auto rows = session.query("select " LIST_COLUMNS " " LISTS "order by l.alias");
    std::vector<ListRoot> lists;
    for (std::size_t i = 0; i < rows.size(); ++i) lists.push_back(list_in(rows, i));
    return lists;
}

std::vector<OwnedRoot> roots_among(Session& session, const std::vector<std::int64_t>& holders, std::int32_t person)
{
    const auto rows = session.query("select " LIST_COLUMNS ", o.person_id is not null " LISTS
                                    "left join list_owner o on o.message_id = l.message_id and o.person_id = $2 "
                                    "where l.message_id = any($1::int8[]) order by l.message_id",
        holders, person);
    std::vector<OwnedRoot> roots;
    for (std::size_t i = 0; i < rows.size(); ++i) roots.push_back({list_in(rows, i), rows.boolean(i, 6)});
    return roots;
}

std::vector<std::string> owners_of(Session& session, std::int64_t root)
{
    const auto rows = session.query(
        "select p.address from list_owner o join person p on p.id = o.person_id where o.message_id = $1 order by 1",
        root);
    std::vector<std::string> owners;
    for (std::size_t i = 0; i < rows.size(); ++i) owners.push_back(rows.text(i, 0));
    return owners;
}

std::set<std::string> lists_among(Session& session, const std::vector<std::string>& addresses)
{
    const auto rows = session.query("select alias from list_root where alias = any($1::text[])", addresses);
    std::set<std::string> lists;
    for (std::size_t i = 0; i < rows.size(); ++i) lists.insert(rows.text(i, 0));
    return lists;
}

bool may_own_lists(Session& session, std::string_view address)
{
    return !session.query("select from person where address = $1 and own_lists", address).empty();
}

bool add_owner(Session& session, std::int64_t root, std::int32_t person)
{
    return session
               .query(
                   "insert into list_owner(message_id, person_id) values ($1, $2) on conflict do nothing", root, person)
               .affected() == 1;
}

bool remove_owner(Session& session, std::int64_t root, std::int32_t person)
{
    return session.query("delete from list_owner where message_id = $1 and person_id = $2", root, person).affected() ==
           1;
}

void set_posting(Session& session, std::int64_t root, email2::Posting posting)
{
    session.query("update list_root set posting = $2 where message_id = $1", root, static_cast<std::int16_t>(posting));
}

void remove_list(Session& session, std::int64_t root)
{
    session.query("delete from list_owner where message_id = $1", root);
    session.query("delete from list_root where message_id = $1", root);
    settle_fates(session, {root});  // subscribers outside count on a mailing list alone
}

bool allow_lists(Session& session, std::string_view address, bool allowed)
{
    return session.query("update person set own_lists = $2 where address = $1 and inbox <> 0", address, allowed)
               .affected() == 1;
}

Subscribed subscribe(Session& session, Changes& changes, std::int32_t person, const ListRoot& root)
{
    session.query("select from message where id = $1 for no key update", root.id);
    const auto before =
        session.query("select membership, at from entry where list_id = $1 and person_id = $2", root.id, person);
    if (!before.empty() && before.integer(0, 0) != 1) return Subscribed::already;
    session.query(
        "insert into entry(list_id, person_id, changed_by) values ($1, $2, $2) on conflict (list_id, person_id) do update "
        "set membership = 0, changed_by = excluded.changed_by, at = now()",
        root.id, person);
    changes.events.push_back({.message = root.id,
        .actor = person,
        .kind = before.empty() ? email2::EventKind::to_changed : email2::EventKind::rejoined,
        .person = person});
    const bool native = people_by_id(session, {person}).at(person).native();
    if (!before.empty() && native) {
        bring_back_posts(session, changes, person, root.id);
        show_posts(session, changes, person, root.id, before.time(0, 1));
    }
    if (!native) tell_subscribed(session, changes, person, root);
    return before.empty() ? Subscribed::joined : Subscribed::rejoined;
}

void tell_subscribed(Session& session, Changes& changes, std::int32_t person, const ListRoot& root)
{
    tell(session, changes, person, root.id,
        {"done.subscribed", {{"list", root.alias}, {"address", leave_address(session, person, root)}}});
}

std::string address_for(const ListRoot& root, Wish wish)
{
    const auto at = root.alias.find('@');
    return root.alias.substr(0, at) + (wish == Wish::subscribe ? "+subscribe" : "+unsubscribe") + root.alias.substr(at);
}

namespace {

// No row: a mail of this kind went to them today.
bool may_write_today(Session& session, std::int32_t person)
{
    const auto first = session.query(
        "insert into confirmation(person_id) values ($1) on conflict (person_id) do update set at = now() "
        "where confirmation.at < now() - interval '1 day' returning 1",
        person);
    return !first.empty();
}

void ask_to_confirm(Session& session, Changes& changes, std::int32_t person, const ListRoot& root, Wish wish,
    const std::string& public_url)
{
    const bool joins = wish == Wish::subscribe;
    const auto token = token_for(session, person, root.id, joins ? TokenAction::subscribe : TokenAction::leave);
    Said said{joins ? "confirm.subscribe" : "confirm.unsubscribe",
        {{"list", root.alias}, {"address", "a-" + token + "@" + root.name.server}}};
    if (!public_url.empty()) {
        said.key += ".url";
        said.values.emplace_back("url", public_url + "/a/" + token);
    }
    tell(session, changes, person, root.id, said);
}

}  // namespace

Answered answer_wish(Session& session, Changes& changes, std::int32_t person, const ListRoot& root, Wish wish,
    const std::string& public_url)
{
    const auto listed = facts_of(session, root.id, person)->standing.held;
    if (listed == email2::Listed::removed) return Answered::removed;
    if (!may_write_today(session, person)) return Answered::not_today;
    const bool joins = wish == Wish::subscribe, there = listed == email2::Listed::in;
    if (joins != there) ask_to_confirm(session, changes, person, root, wish, public_url);
    else if (joins) tell_subscribed(session, changes, person, root);
    else
        tell(session, changes, person, root.id,
            {"done.unsubscribed", {{"list", root.alias}, {"address", address_for(root, Wish::subscribe)}}});
    return Answered::by_mail;
}

}  // namespace gateway::store
