#include "gateway/store/facts.h"

#include "email2/xml.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/envelope_words.h"
#include "gateway/store/hash.h"
#include "gateway/store/rendition.h"
#include "mime/message.h"

#include <algorithm>
#include <stdexcept>

namespace gateway::store {

namespace {

#define FACTS_COLUMNS                                                                                                                             \
    "select m.id, m.thread_id, m.list_id, m.guid, d.name, m.originator, m.revision, m.withdrawn_by, m.kind, m.state, m.proof, m.created, m.mid, " \
    "m.more_lists, h.originator, h.proof, o.message_id from message m join domain d on d.id = m.home join message h on h.id = m.list_id "         \
    "left join list_root o on o.message_id = m.list_id "

email2::Listed listed(int membership)
{
    return membership == 0 ? email2::Listed::in : membership == 1 ? email2::Listed::left : email2::Listed::removed;
}

// A post that was sent to a mailing list by a stranger, or to others besides it, holds a list of its own beside that of
// the root.
bool holds_itself(const Facts& facts)
{
    return facts.list != facts.id &&
           std::find(facts.holders.begin(), facts.holders.end(), facts.id) != facts.holders.end();
}

// The list root among the holders, and whether the actor owns it.
void read_root(Session& session, Facts& facts, std::int32_t actor)
{
    const auto roots = roots_among(session, facts.holders, actor);
    if (roots.empty()) return;
    facts.root = roots.front().root;
    facts.standing.held_at_root = true;
    facts.standing.list_root = facts.root->id == facts.id;
    facts.standing.list_owner = std::all_of(roots.begin(), roots.end(), [](const auto& root) { return root.owned; });
}

void read_standing(Session& session, Facts& facts, std::int32_t actor)
{
    auto& standing = facts.standing;
    // As EFFECTIVE in effective.h says it. Who is blind on a list is so on the message that holds it, and nobody to the
    // answers (email2.md "Blind people").
    const auto entries = session.query(
        "select list_id, membership, role from entry where person_id = $1 and (list_id = any($2::int8[]) or list_id = $3) "
        "and (role <> 2 or list_id = $3)",
        actor, facts.holders, facts.id);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto membership = listed(static_cast<int>(entries.integer(i, 1)));
        facts.blind = facts.blind || entries.integer(i, 2) == 2;
        if (entries.integer(i, 0) == facts.id && facts.list != facts.id) {
            // Who is on a post alone: a guest of the list (holds_itself).
            const bool guest = membership == email2::Listed::in && holds_itself(facts);
            standing.here = membership == email2::Listed::in ? email2::Listed::never : membership;
            if (guest) standing.held = email2::Listed::in;
            if (standing.held == email2::Listed::never && holds_itself(facts)) standing.held = membership;
        } else {  // the best of all holders
            standing.held = standing.held == email2::Listed::never ? membership : std::min(standing.held, membership);
        }
    }
    const auto here = session.query(
        "select exists (select from ref r join person p on p.id = r.user_id where r.message_id = $1 and r.user_id = $2 "
        "and r.mailbox_id <> p.limbo), not exists (select from ref where message_id = $1 and user_id = $2) "
        "and exists (select from delivery where message_id = $1 and person_id = $2 and state = 6)",
        facts.id, actor);
    standing.in_trash = here.boolean(0, 0);
    standing.elsewhere = here.boolean(0, 1);
}

std::optional<Facts> read_facts(Session& session, const Rows& rows, std::int32_t actor)
{
    if (rows.empty()) return std::nullopt;
    const auto number = [&](int column) { return static_cast<std::int32_t>(rows.integer(0, column)); };
    Facts facts;
    facts.id = rows.integer(0, 0);
    facts.thread = rows.integer(0, 1);
    facts.list = rows.integer(0, 2);
    facts.holders = {facts.list};
    facts.name = {to_string(rows.uuid(0, 3)), rows.text(0, 4)};
    facts.originator = number(5);
    facts.revision = number(6);
    facts.withdrawn_by = number(7);
    facts.kind = number(8);
    constexpr int gone = 3;
    facts.standing.gone = number(9) == gone;
    facts.state = facts.standing.gone ? email2::State::archived : static_cast<email2::State>(number(9));
    facts.proof = static_cast<email2::Proof>(number(10));
    facts.created = rows.time(0, 11);
    if (!rows.null(0, 12)) facts.mid = rows.text(0, 12);
    if (number(13) > 0) {
        const auto more =
            session.query("select list_id from message_list where message_id = $1 order by list_id", facts.id);
        for (std::size_t i = 0; i < more.size(); ++i) facts.holders.push_back(more.integer(i, 0));
    }
    auto& standing = facts.standing;
    standing.state = facts.state;
    standing.draft = facts.kind == 1;
    standing.holds_list = facts.list == facts.id;
    standing.newest_revision = static_cast<std::uint32_t>(facts.revision);
    standing.originator = facts.originator == actor && facts.proof != email2::Proof::none;
    standing.holder_originator = number(14) == actor && static_cast<email2::Proof>(number(15)) != email2::Proof::none;
    if (facts.holders.size() > 1)  // of all of them, or of none
        standing.holder_originator =
            session
                .query(
                    "select coalesce(bool_and(originator = $2 and proof <> 0), false) from message where id = any($1::int8[])",
                    facts.holders, actor)
                .boolean(0, 0);
    standing.withdrew = facts.state == email2::State::withdrawn && facts.withdrawn_by == actor;
    if (!rows.null(0, 16) || number(13) > 0) read_root(session, facts, actor);
    read_standing(session, facts, actor);
    return facts;
}

email2::Delivery delivery_of(const Rows& rows, std::size_t row, int from, Time created, bool native)
{
    email2::Delivery delivery;
    if (rows.null(row, from)) {  // local deliveries are implied
        delivery.state = native ? email2::DeliveryState::delivered : email2::DeliveryState::pending;
        delivery.at = created;
        return delivery;
    }
    delivery.state = static_cast<email2::DeliveryState>(rows.integer(row, from));
    delivery.at = rows.time(row, from + 1);
    if (!rows.null(row, from + 2))
        delivery.failure =
            email2::Failure{"smtp", rows.text(row, from + 2), rows.text(row, from + 3), rows.text(row, from + 4)};
    return delivery;
}

// "spf=pass dkim=pass dmarc=pass domain=legacy.test": words that the document has no place for (arc) stay in the store.
void read_authentication(std::string_view words, email2::Origin& origin)
{
    const std::pair<std::string_view, std::string email2::Origin::*> known[] = {{"spf=", &email2::Origin::spf},
        {"dkim=", &email2::Origin::dkim}, {"dmarc=", &email2::Origin::dmarc}, {"domain=", &email2::Origin::domain}};
    while (!words.empty()) {
        const auto word = words.substr(0, words.find(' '));
        for (const auto& [name, member] : known)
            if (word.starts_with(name)) origin.*member = word.substr(name.size());
        words.remove_prefix(std::min(word.size() + 1, words.size()));
    }
}

}  // namespace

std::optional<Facts> facts_of(Session& session, const email2::Name& name, std::int32_t actor)
{
    return read_facts(session,
        session.query(FACTS_COLUMNS "where m.guid = $1 and d.name = $2", parse_uuid(name.guid), name.server), actor);
}

std::optional<Facts> facts_of(Session& session, std::int64_t message, std::int32_t actor)
{
    return read_facts(session, session.query(FACTS_COLUMNS "where m.id = $1", message), actor);
}

namespace {

// The list root whose subscribers are not to be seen; 0: none.
std::int64_t hidden_root(const Facts& facts)
{
    if (!facts.root || (facts.standing.list_root && facts.standing.list_owner)) return 0;
    return facts.root->id;
}

}  // namespace

std::vector<email2::Entry> list_of(Session& session, const Facts& facts, std::int32_t viewer)
{
    const auto rows = session.query(R"(
select p.address, p.class, p.name, e.role, greatest(e.membership, o.membership), d.state, d.at, d.status, coalesce(d.remote, ''), coalesce(d.text, ''), p.id
from (select distinct on (person_id) person_id, role, membership, at from entry where list_id = any($1::int8[]) and (role <> 2 or list_id = $2)
  and ($3 = 0 or list_id <> $3 or person_id = $4)
 order by person_id, membership, role) e
join person p on p.id = e.person_id left join delivery d on d.message_id = $2 and d.person_id = p.id
left join entry o on o.list_id = $2 and $2 <> all($1::int8[]) and o.person_id = p.id and o.membership <> 0
order by e.role, e.at, p.id)",
        facts.holders, facts.id, hidden_root(facts), viewer);
    std::vector<email2::Entry> list;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        email2::Entry entry;
        entry.person = {rows.text(i, 0), static_cast<email2::Class>(rows.integer(i, 1)), rows.text(i, 2)};
        const auto role = rows.integer(i, 3);
        entry.role = role == 1 ? email2::Role::cc : role == 2 ? email2::Role::blind : email2::Role::to;
        entry.membership = static_cast<email2::Membership>(rows.integer(i, 4));
        const auto person = static_cast<std::int32_t>(rows.integer(i, 10));
        if (entry.role == email2::Role::blind && viewer != facts.originator && viewer != person) continue;
        if (facts.kind == 0 && person != facts.originator)
            entry.delivery = delivery_of(rows, i, 5, facts.created, entry.person.kind == email2::Class::native);
        list.push_back(std::move(entry));
    }
    return list;
}

std::vector<email2::Entry> shown_list(Session& session, const Facts& facts)
{
    auto list = facts.standing.list_root ? std::vector<email2::Entry>{} : list_of(session, facts, 0);
    std::erase_if(list, [](const auto& entry) { return entry.membership != email2::Membership::in; });
    if (!facts.root) return list;
    list.insert(
        list.begin(), email2::Entry{facts.root->person(), email2::Role::to, email2::Membership::in, std::nullopt});
    return list;
}

std::string bytes_of_revision(Session& session, std::int64_t message, std::int32_t revision)
{
    const auto rows =
        session.query("select rendition_id from revision where message_id = $1 and number = $2", message, revision);
    return rows.empty() ? std::string{} : read_content(session, rows.integer(0, 0));
}

std::optional<RevisionDocument> document_of_revision(Session& session, std::int64_t message, std::int32_t revision)
{
    const auto rows =
        session.query("select rendition_id, document, redacted from revision where message_id = $1 and number = $2",
            message, revision);
    if (rows.empty()) throw std::out_of_range("no such revision");
    if (rows.boolean(0, 2)) return std::nullopt;
    if (!rows.null(0, 1)) {
        auto document = email2::read_replacement(rows.octets(0, 1));
        if (!document) throw std::runtime_error("a stored document cannot be read: " + document.error().text);
        return RevisionDocument{std::move(document->content), std::move(document->foreign), {}};
    }
    const auto bytes = read_content(session, rows.integer(0, 0));
    auto mapped = mapping::map_content(mime::parse(bytes), bytes);
    return RevisionDocument{std::move(mapped.content), {}, std::move(mapped.defects)};
}

std::optional<email2::Content> content_of_revision(Session& session, std::int64_t message, std::int32_t revision)
{
    auto document = document_of_revision(session, message, revision);
    if (!document) return std::nullopt;
    return std::move(document->content);
}

std::string document_of(const email2::Content& content, const std::vector<std::string>& foreign)
{
    email2::Publication publication;
    publication.content = content;
    publication.foreign = foreign;
    return email2::write(publication);
}

email2::Message message_of(
    Session& session, const Facts& facts, std::int32_t viewer, std::optional<std::int32_t> revision)
{
    const auto number = revision.value_or(facts.revision);
    email2::Message message;
    message.id = facts.name;
    message.revision = static_cast<std::uint32_t>(number);
    message.proof = facts.proof;
    message.created = facts.created;
    message.draft = facts.kind == 1;
    message.state = facts.state;
    message.to.inherit = facts.list != facts.id;
    if (facts.standing.list_root) message.list = email2::MailingList{facts.root->alias, facts.root->posting};
    message.to.entries = list_of(session, facts, viewer);

    Session::Pipeline pipeline(session);
    pipeline.add("select address, class, name from person where id = $1", facts.originator);
    pipeline.add(
        "select v.at, p.address, v.sha256, v.authentication, r.size - length(r.trace), r.envelope from revision v join person p on p.id = v.actor "
        "join rendition r on r.id = v.rendition_id where v.message_id = $1 and v.number = $2",
        facts.id, number);
    pipeline.add(
        "select coalesce(m.guid, x.guid), coalesce(d.name, $2) from (select $1::int8 id) t left join message m on m.id = t.id "
        "left join domain d on d.id = m.home left join missing x on x.id = t.id",
        facts.thread, facts.name.server);
    pipeline.add(
        "select m.guid, d.name, p.mid from parent p left join message m on m.id = p.parent_id left join domain d on d.id = m.home "
        "where p.message_id = $1 order by p.n",
        facts.id);
    const auto rows = pipeline.run();
    message.from = {rows[0].text(0, 0), static_cast<email2::Class>(rows[0].integer(0, 1)), rows[0].text(0, 2)};
    if (rows[1].empty()) throw std::out_of_range("no such revision");
    message.from.name = author_name(rows[1].octets(0, 5), message.from);
    for (auto& entry : message.to.entries)
        if (entry.person.address == message.from.address) entry.person.name = message.from.name;
    if (number > 1) {
        message.edited = rows[1].time(0, 0);
        message.edited_by = rows[1].text(0, 1);
    }
    message.thread = rows[2].null(0, 0) ? facts.name : email2::Name{to_string(rows[2].uuid(0, 0)), rows[2].text(0, 1)};
    for (std::size_t i = 0; i < rows[3].size(); ++i)
        if (!rows[3].null(i, 0) || !rows[3].null(i, 2))  // else it was deleted since
            message.parents.push_back(rows[3].null(i, 0) ? "mid:" + rows[3].text(i, 2)
                                                         : to_string(rows[3].uuid(i, 0)) + "@" + rows[3].text(i, 1));
    if (!rows[1].null(0, 2)) {
        email2::Origin origin;
        origin.message_id = facts.mid.value_or("");
        origin.sha256 = to_hex(rows[1].octets(0, 2));
        origin.size = static_cast<std::uint64_t>(rows[1].integer(0, 4));
        if (!rows[1].null(0, 3)) read_authentication(rows[1].text(0, 3), origin);
        message.origin = std::move(origin);
    }
    if (facts.state == email2::State::withdrawn || facts.standing.gone) return message;
    if (auto document = document_of_revision(session, facts.id, number)) {
        message.content = std::move(document->content);
        message.foreign = std::move(document->foreign);
        if (message.origin)
            for (const auto defect : document->defects) message.origin->defects.emplace_back(mime::name_of(defect));
    }
    return message;
}

std::vector<std::int64_t> parents_of(Session& session, std::int64_t message)
{
    const auto rows = session.query("select parent_id from parent where message_id = $1 order by n", message);
    std::vector<std::int64_t> parents;
    for (std::size_t i = 0; i < rows.size(); ++i) parents.push_back(rows.integer(i, 0));
    return parents;
}

Threading threading_of(Session& session, const std::vector<std::int64_t>& parents)
{
    Threading threading;
    for (const auto parent : parents) {
        const auto facts = facts_of(session, parent, 0);
        if (!facts || facts->standing.list_root) continue;  // a list root is no mail
        auto id = facts->message_id();
        if (threading.parents.empty()) {  // the first parent's own chain, and itself
            if (facts->standing.gone) {   // its bytes lie in cold storage; deleted, it is a beginning
                const auto chain = session.query("select chain from cold where message_id = $1", parent);
                if (!chain.empty()) threading.references = chain.texts(0, 0);
            } else {
                const auto bytes = bytes_of_revision(session, parent, facts->revision);
                auto known = mapping::read_facts(mime::parse(bytes), bytes);
                threading.references = std::move(known.references);
                threading.thread_index = std::move(known.thread_index);
                // A correspondent's edit is shown in their very bytes, with an id of its own: answers hang below it,
                // and so below the first one.
                if (!known.message_id.empty() && known.message_id != id) {
                    threading.references.push_back(std::move(id));
                    id = std::move(known.message_id);
                }
            }
            threading.references.push_back(id);
        }
        threading.parents.push_back(id);
    }
    return threading;
}

}  // namespace gateway::store
