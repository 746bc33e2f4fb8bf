// publish: how a group of mails becomes messages: look up, decide, write.
#include "gateway/store/publish.h"

#include <map>
#include <set>

#include "email2/address.h"
#include "email2/guid.h"
#include "gateway/store/changes.h"
#include "gateway/store/flags.h"
#include "gateway/store/hash.h"
#include "gateway/store/people.h"

namespace gateway::store {

namespace {

using Id = std::int64_t;
using Person = std::int32_t;

enum class Want : std::int16_t { by_rule = 0, trash = 1, sent = 2, in_thread = 3, placed = 4 };
enum EntryRole : std::int16_t { role_to = 0, role_cc = 1, role_blind = 2, role_originator = 3 };

struct Known {  // a message that is named by one of the group
    Id id = 0, thread = 0, list = 0;
    std::vector<Id> holders;
    Person originator = 0;
    int state = 0;
    Kind kind = Kind::message;
    Time created{};
    std::string guid, home, sha;  // sha: of revision 1's bytes
    std::vector<std::set<Person>> shown;
};

struct Membership { std::int16_t role = 0; email2::Membership membership = email2::Membership::in; };

// What a mail names as its parents beyond this is not kept: each unknown one is a row, and a header may name a million.
constexpr std::size_t most_parents = 100;

Time now() { return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

// All that the rows of one group are made of, gathered and then written by one pipeline.
class Group {
public:
    Group(Session& session, const WriterSettings& settings, Ids& ids, const std::vector<PublishJob*>& jobs)
        : session_(session), settings_(settings), ids_(ids), jobs_(jobs) {}
    void run();

private:
    struct Draft {  // what is decided of one job
        Id id = 0, rendition = 0, thread = 0, list = 0, parent = 0;
        std::vector<Id> holders;
        Person originator = 0;
    };
    void look_up();
    void look_up_messages();
    void look_up_lists();
    void decide(PublishJob& job);
    void merge_recipients(PublishJob& job) const;
    bool is_stored(PublishJob& job, Person originator);
    [[nodiscard]] bool may_answer(const PublishJob& job, Person originator) const;
    [[nodiscard]] std::vector<Id> named(const std::string& id) const;
    bool is_idempotent(PublishJob& job);
    bool is_duplicate(PublishJob& job, Person originator);
    void join(PublishJob& job, const Known& known);
    std::vector<const Known*> visible_parents(const PublishJob& job, Person originator, std::vector<std::string>& unresolved);
    bool inherits(const PublishJob& job, Person originator, const std::vector<const Known*>& parents) const;
    void address_own(const PublishJob& job, Draft& draft);
    void address_inherited(const PublishJob& job, Draft& draft, const std::vector<const Known*>& parents);
    void file_own(const PublishJob& job, Draft& draft, const std::vector<const Known*>& parents);
    void adopt_saved_copy(const PublishJob& job, Draft& draft);
    void promote_parents();
    void write();
    void write_references(Session::Pipeline& pipeline);
    void write_deliveries(Session::Pipeline& pipeline);
    Id reserve_missing(const std::string& message_id);
    void want(Id message, Person user, Want want, std::int32_t mailbox = 0, std::int64_t flags = 0);
    void deliver(Id message, Person person, email2::DeliveryState state, const Recipient* recipient, const PublishJob& job);
    [[nodiscard]] const PersonRow* person(const std::string& address) const;
    [[nodiscard]] const Membership* membership(Id list, Person person) const;
    enum class Blind { counts, is_nobody };  // who is blind on a list does not inherit
    [[nodiscard]] std::optional<email2::Membership> standing(const Known& known, Person person, Blind blind = Blind::counts) const;

    Session& session_;
    const WriterSettings& settings_;
    Ids& ids_;
    const std::vector<PublishJob*>& jobs_;
    Changes changes_;

    // looked up
    std::map<std::string, PersonRow> people_;
    std::map<std::int64_t, std::vector<Id>> by_hash_;
    std::map<std::string, Id> by_guid_;
    std::map<std::int64_t, std::pair<Id, std::string>> missing_;  // id and guid kept for a parent that is not here
    std::map<Id, Known> known_;
    std::map<std::pair<Id, Person>, Membership> entries_;
    std::map<std::pair<Person, std::string>, Id> idempotent_;
    std::map<std::string, std::int16_t> homes_;

    // decided: rows by column
    struct { std::vector<Id> id, thread, list, parent; std::vector<Time> created; std::vector<Uuid> guid; std::vector<Person> originator;
             std::vector<std::int16_t> home, more, kind, proof; std::vector<std::optional<std::string>> mid; } message_;
    struct { std::vector<Id> message, parent; std::vector<std::int16_t> n; std::vector<std::optional<std::string>> mid; } parent_;
    struct { std::vector<Id> list, message; } more_list_;
    struct { std::vector<Id> list; std::vector<Person> person; std::vector<std::int16_t> role; } entry_;
    struct { std::vector<std::int64_t> hash; std::vector<Id> message; } msgid_;
    struct { std::vector<std::int64_t> hash; std::vector<Id> id; std::vector<Uuid> guid; } new_missing_;
    struct { std::vector<Id> message, rendition; std::vector<Person> actor; std::vector<std::optional<Bytes>> document, sha;
             std::vector<std::optional<std::string>> authentication; } revision_;
    struct { std::vector<Id> message, rendition, parent; } filed_;            // every message that gets references
    struct { std::vector<Id> message, list; } holder_;                        // inherited: where the people stand
    struct { std::vector<Id> message; std::vector<Person> user; } excluded_;  // of an inherited list, for this message
    struct { std::vector<Id> message; std::vector<Person> user; std::vector<std::int16_t> want; std::vector<std::int32_t> mailbox;
             std::vector<std::int64_t> flags; } want_;
    struct { std::vector<Id> message; std::vector<Person> person; std::vector<std::int16_t> state, notify, ret; std::vector<std::string> orcpt, envid;
             } delivery_;
    struct { std::vector<Id> parent; std::vector<Person> author; } promoted_;
    struct { std::vector<Person> actor; std::vector<std::string> key; std::vector<Id> message; } idempotency_;
    std::vector<RenditionRow> renditions_;
    std::map<Id, PublishJob*> job_of_;
    std::size_t references_at_ = 0;
};

const PersonRow* Group::person(const std::string& address) const
{
    const auto found = people_.find(address);
    return found == people_.end() ? nullptr : &found->second;
}

const Membership* Group::membership(Id list, Person person) const
{
    const auto found = entries_.find({list, person});
    return found == entries_.end() ? nullptr : &found->second;
}

// How a person stands on a known message's effective list: in at any holder, else what they were.
std::optional<email2::Membership> Group::standing(const Known& known, Person person, Blind blind) const
{
    std::optional<email2::Membership> best;
    for (const auto holder : known.holders) {
        const auto* entry = membership(holder, person);
        if (entry && entry->role == role_blind && blind == Blind::is_nobody) continue;
        if (entry && (!best || entry->membership == email2::Membership::in)) best = entry->membership;
    }
    return best;
}

// --- looking up

void Group::look_up()
{
    std::vector<std::string> addresses, names;
    std::vector<std::int64_t> hashes;
    std::vector<Uuid> guids;
    std::vector<std::string> keys;
    // Clients make Message-IDs that look like our names ("UUID@domain"): any id may be a name of ours or a mail's own.
    const auto name_id = [&](const std::string& id) {
        if (const auto own = mapping::own_message_id(id)) guids.push_back(parse_uuid(own->guid));
        hashes.push_back(message_id_hash(id));
    };
    for (const auto* job : jobs_) {
        const auto& m = job->message;
        addresses.push_back(m.originator);
        names.push_back(m.originator_name);
        for (const auto& recipient : m.recipients) {
            addresses.push_back(recipient.address);
            names.push_back(recipient.name);
        }
        for (std::size_t i = 0; i < std::min(m.parents.size(), most_parents); ++i) name_id(m.parents[i]);
        for (const auto& id : m.message_addresses) name_id(id);
        if (!m.message_id.empty()) name_id(m.message_id);
        guids.push_back(parse_uuid(m.guid));
        if (!m.idempotency_key.empty()) keys.push_back(m.idempotency_key);
    }
    people_ = meet_people(session_, addresses, names);

    Session::Pipeline pipeline(session_);
    pipeline.add("select hash, message_id from msgid where hash = any($1::int8[])", hashes);
    pipeline.add("select id, guid from message where guid = any($1::uuid[])", guids);
    pipeline.add("select hash, id, guid from missing where hash = any($1::int8[])", hashes);
    pipeline.add("select actor, key, message_id from idempotency where key = any($1::text[])", keys);
    pipeline.add("select id, name from domain");
    const auto rows = pipeline.run();
    for (std::size_t i = 0; i < rows[0].size(); ++i) by_hash_[rows[0].integer(i, 0)].push_back(rows[0].integer(i, 1));
    for (std::size_t i = 0; i < rows[1].size(); ++i) by_guid_[to_string(rows[1].uuid(i, 1))] = rows[1].integer(i, 0);
    for (std::size_t i = 0; i < rows[2].size(); ++i) missing_[rows[2].integer(i, 0)] = {rows[2].integer(i, 1), to_string(rows[2].uuid(i, 2))};
    for (std::size_t i = 0; i < rows[3].size(); ++i)
        idempotent_[{static_cast<Person>(rows[3].integer(i, 0)), rows[3].text(i, 1)}] = rows[3].integer(i, 2);
    for (std::size_t i = 0; i < rows[4].size(); ++i) homes_[rows[4].text(i, 1)] = static_cast<std::int16_t>(rows[4].integer(i, 0));
    for (const auto& domain : settings_.domains)  // looked for first: an insert that meets a conflict would still use up a number
        if (!homes_.contains(domain))
            homes_[domain] = static_cast<std::int16_t>(session_.query("insert into domain(name) values ($1) on conflict (name) do update set name = excluded.name "
                                                                      "returning id", domain).integer(0, 0));
}

void Group::look_up_messages()
{
    std::vector<Id> ids;
    for (const auto& [hash, messages] : by_hash_) ids.insert(ids.end(), messages.begin(), messages.end());
    for (const auto& [guid, id] : by_guid_) ids.push_back(id);
    for (const auto& [key, id] : idempotent_) ids.push_back(id);
    if (ids.empty()) return;
    Session::Pipeline pipeline(session_);
    pipeline.add("select m.id, m.thread_id, m.list_id, m.originator, m.state, m.kind, m.created, m.guid, d.name from message m join domain d on d.id = m.home "
                 "where m.id = any($1::int8[])", ids);
    pipeline.add("select message_id, list_id from message_list where message_id = any($1::int8[])", ids);
    pipeline.add("select message_id, shown from rendition where message_id = any($1::int8[]) and owner = 0 and shown is not null", ids);
    pipeline.add("select message_id, sha256 from revision where message_id = any($1::int8[]) and number = 1 and sha256 is not null", ids);
    const auto rows = pipeline.run();
    for (std::size_t i = 0; i < rows[0].size(); ++i) {
        Known k;
        k.id = rows[0].integer(i, 0);
        k.thread = rows[0].integer(i, 1);
        k.list = rows[0].integer(i, 2);
        k.holders = {k.list};
        k.originator = static_cast<Person>(rows[0].integer(i, 3));
        k.state = static_cast<int>(rows[0].integer(i, 4));
        k.kind = static_cast<Kind>(rows[0].integer(i, 5));
        k.created = rows[0].time(i, 6);
        k.guid = to_string(rows[0].uuid(i, 7));
        k.home = rows[0].text(i, 8);
        known_.emplace(k.id, std::move(k));
    }
    const auto with = [&](std::size_t result, std::size_t row) -> Known* {
        const auto found = known_.find(rows[result].integer(row, 0));
        return found == known_.end() ? nullptr : &found->second;
    };
    for (std::size_t i = 0; i < rows[1].size(); ++i)
        if (auto* k = with(1, i)) k->holders.push_back(rows[1].integer(i, 1));
    for (std::size_t i = 0; i < rows[2].size(); ++i)
        if (auto* k = with(2, i)) {
            const auto shown = rows[2].integers(i, 1);
            k->shown.emplace_back(shown.begin(), shown.end());
        }
    for (std::size_t i = 0; i < rows[3].size(); ++i)
        if (auto* k = with(3, i)) k->sha = rows[3].text(i, 1);
}

// The lists are held still to the commit, so that nobody who joins meanwhile misses a message (store.md 2).
void Group::look_up_lists()
{
    if (known_.empty()) return;
    std::set<Id> lists;
    std::set<Person> persons;
    for (const auto& [id, known] : known_) {
        lists.insert(known.holders.begin(), known.holders.end());
        for (const auto& shown : known.shown) persons.insert(shown.begin(), shown.end());
    }
    for (const auto& [address, row] : people_) persons.insert(row.id);
    const std::vector<Id> list(lists.begin(), lists.end());
    const std::vector<Person> person(persons.begin(), persons.end());
    Session::Pipeline pipeline(session_);
    pipeline.add("select from message where id = any($1::int8[]) order by id for share", list);
    pipeline.add("select list_id, person_id, role, membership from entry where list_id = any($1::int8[]) and person_id = any($2::int4[])", list, person);
    std::vector<Id> ids;
    for (const auto& [id, known] : known_) ids.push_back(id);
    pipeline.add("select id, list_id from message where id = any($1::int8[])", ids);
    const auto rows = pipeline.run();
    for (std::size_t i = 0; i < rows[2].size(); ++i)
        if (known_.at(rows[2].integer(i, 0)).list != rows[2].integer(i, 1)) throw DatabaseError("a list was detached meanwhile", "40001");
    for (std::size_t i = 0; i < rows[1].size(); ++i)
        entries_[{rows[1].integer(i, 0), static_cast<Person>(rows[1].integer(i, 1))}] = {
            static_cast<std::int16_t>(rows[1].integer(i, 2)), static_cast<email2::Membership>(rows[1].integer(i, 3))};
}

// --- deciding

// One recipient for each person: aliases and details name the same one, and who is in the envelope under any name gets it.
void Group::merge_recipients(PublishJob& job) const
{
    std::map<Person, std::size_t> at;
    std::vector<Recipient> merged;
    for (auto& recipient : job.message.recipients) {
        const auto* who = person(recipient.address);
        if (who == nullptr) continue;
        const auto [place, first] = at.emplace(who->id, merged.size());
        if (first) {
            merged.push_back(std::move(recipient));
        } else if (auto& other = merged[place->second]; recipient.in_envelope && !other.in_envelope) {
            other.in_envelope = true;
            other.notify = recipient.notify;
            other.orcpt = std::move(recipient.orcpt);
        }
    }
    job.message.recipients = std::move(merged);
}

// The connection was lost at the commit, which had happened: the job comes again.
bool Group::is_stored(PublishJob& job, Person originator)
{
    const auto found = by_guid_.find(job.message.guid);
    const auto known = found == by_guid_.end() ? known_.end() : known_.find(found->second);
    if (known == known_.end() || known->second.originator != originator || known->second.kind != job.message.kind) return false;
    const auto rows = session_.query("select v.rendition_id, coalesce((select max(r.uid) from ref r where r.message_id = v.message_id and r.user_id = $2 "
                                     "and r.mailbox_id = $3), 0) from revision v where v.message_id = $1 and v.number = 1",
                                     known->second.id, originator, job.message.place ? job.message.place->mailbox : 0);
    job.result = Published{known->second.id, rows.empty() ? 0 : rows.integer(0, 0), {known->second.guid, known->second.home}, false,
                           rows.empty() ? 0 : static_cast<std::int32_t>(rows.integer(0, 1))};
    return true;
}

// Ids of messages by what a mail calls them, most likely first.
std::vector<Id> Group::named(const std::string& id) const
{
    std::vector<Id> out;
    if (const auto own = mapping::own_message_id(id))
        if (const auto found = by_guid_.find(own->guid); found != by_guid_.end()) out.push_back(found->second);
    if (const auto found = by_hash_.find(message_id_hash(id)); found != by_hash_.end()) out.insert(out.end(), found->second.begin(), found->second.end());
    return out;
}

// mapping.md "What may RCPT name?": a message's address is for the people on its list.
bool Group::may_answer(const PublishJob& job, Person originator) const
{
    return std::all_of(job.message.message_addresses.begin(), job.message.message_addresses.end(), [&](const auto& address) {
        const auto ids = named(address);
        return std::any_of(ids.begin(), ids.end(), [&](Id id) {
            const auto known = known_.find(id);
            return known != known_.end() && known->second.kind == Kind::message && (known->second.originator == originator || standing(known->second, originator) == email2::Membership::in);
        });
    });
}

bool Group::is_idempotent(PublishJob& job)
{
    if (job.message.idempotency_key.empty()) return false;
    const auto found = idempotent_.find({person(job.message.originator)->id, job.message.idempotency_key});
    if (found == idempotent_.end()) return false;
    const auto known = known_.find(found->second);
    if (known == known_.end()) {  // a draft that was deleted since
        session_.query("delete from idempotency where actor = $1 and key = $2", found->first.first, found->first.second);
        return false;
    }
    job.result = Published{known->second.id, 0, {known->second.guid, known->second.home}, true, 0};
    return true;
}

// mapping.md "The same mail twice?": the same Message-ID and identical bytes within the window.
bool Group::is_duplicate(PublishJob& job, Person originator)
{
    const auto& m = job.message;
    if (m.kind != Kind::message || m.native || m.message_id.empty()) return false;
    const auto found = by_hash_.find(message_id_hash(m.message_id));
    if (found == by_hash_.end()) return false;
    for (const auto id : found->second) {
        const auto known = known_.find(id);
        if (known == known_.end() || known->second.kind != Kind::message || known->second.originator != originator) continue;
        if (known->second.sha != job.indexed.sha256 || now() - known->second.created > settings_.dedup_window) continue;
        join(job, known->second);
        return true;
    }
    return false;
}

// The later recipients of a mail that is here already.
void Group::join(PublishJob& job, const Known& known)
{
    filed_.message.push_back(known.id);
    filed_.rendition.push_back(0);
    filed_.parent.push_back(0);
    for (const auto& recipient : job.message.recipients) {
        const auto* who = person(recipient.address);
        if (!recipient.in_envelope || who == nullptr) continue;
        entry_.list.push_back(known.id);
        entry_.person.push_back(who->id);
        entry_.role.push_back(static_cast<std::int16_t>(recipient.role));
        if (who->native()) {
            session_.query("delete from delivery where message_id = $1 and person_id = $2 and state = 6", known.id, who->id);  // no longer `elsewhere`
            want(known.id, who->id, Want::by_rule);
        } else if (job.message.submitted) deliver(known.id, who->id, email2::DeliveryState::pending, &recipient, job);
    }
    job.result = Published{known.id, 0, {known.guid, known.home}, true, 0};
}

// The known parents that the originator or a recipient may see; the others' ids are left in `unresolved`.
std::vector<const Known*> Group::visible_parents(const PublishJob& job, Person originator, std::vector<std::string>& unresolved)
{
    std::vector<const Known*> parents;
    const auto may_see = [&](const Known& known) {
        if (known.kind == Kind::draft) return false;
        if (known.originator == originator) return true;
        if (known.kind != Kind::message) return false;
        const auto in = [&](Person p) { return standing(known, p).has_value(); };
        if (in(originator)) return true;
        for (const auto& recipient : job.message.recipients)
            if (const auto* who = person(recipient.address); who && recipient.in_envelope && in(who->id)) return true;
        return false;
    };
    const auto add = [&](const std::string& id) {
        for (const auto candidate : named(id)) {
            const auto known = known_.find(candidate);
            if (known == known_.end() || !may_see(known->second)) continue;
            if (std::find(parents.begin(), parents.end(), &known->second) == parents.end()) parents.push_back(&known->second);
            return;
        }
        unresolved.push_back(id);
    };
    for (const auto& id : job.message.message_addresses) add(id);
    for (std::size_t i = 0; i < std::min(job.message.parents.size(), most_parents); ++i) add(job.message.parents[i]);
    return parents;
}

bool Group::inherits(const PublishJob& job, Person originator, const std::vector<const Known*>& parents) const
{
    if (parents.empty()) return false;
    if (job.message.inherit) return *job.message.inherit;
    mapping::ListQuestion question;
    const auto name = [](Person p) { return std::to_string(p); };  // persons by id: aliases are one then
    question.originator = name(originator);
    question.to_message_address = !job.message.message_addresses.empty();
    for (const auto& recipient : job.message.recipients)
        if (const auto* who = person(recipient.address)) (recipient.in_envelope ? question.envelope : question.header).insert(name(who->id));
    for (const auto* parent : parents) {
        mapping::ParentFacts facts;
        std::set<Person> asked;
        for (const auto& shown : parent->shown) {
            auto& set = facts.shown.emplace_back();
            for (const auto p : shown) set.insert(name(p));
            asked.insert(shown.begin(), shown.end());
        }
        for (const auto& [address, row] : people_) asked.insert(row.id);
        for (const auto p : asked) {
            const auto stands = standing(*parent, p);
            const auto* entry = membership(parent->list, p);
            if ((stands && *stands != email2::Membership::in) || (entry && entry->role == role_blind)) facts.not_counted.insert(name(p));
        }
        question.parents.push_back(std::move(facts));
    }
    return mapping::inherits(question);
}

Id Group::reserve_missing(const std::string& message_id)
{
    const auto hash = message_id_hash(message_id);
    if (const auto found = missing_.find(hash); found != missing_.end()) return found->second.first;
    const auto id = ids_.next(session_);
    const auto guid = email2::make_guid(now());
    missing_[hash] = {id, guid};
    new_missing_.hash.push_back(hash);
    new_missing_.id.push_back(id);
    new_missing_.guid.push_back(parse_uuid(guid));
    return id;
}

void Group::want(Id message, Person user, Want want, std::int32_t mailbox, std::int64_t flags)
{
    want_.message.push_back(message);
    want_.user.push_back(user);
    want_.want.push_back(static_cast<std::int16_t>(want));
    want_.mailbox.push_back(mailbox);
    want_.flags.push_back(flags);
}

void Group::deliver(Id message, Person person, email2::DeliveryState state, const Recipient* recipient, const PublishJob& job)
{
    delivery_.message.push_back(message);
    delivery_.person.push_back(person);
    delivery_.state.push_back(static_cast<std::int16_t>(state));
    delivery_.notify.push_back(static_cast<std::int16_t>(recipient ? recipient->notify : 0));
    delivery_.orcpt.push_back(recipient ? recipient->orcpt : "");
    delivery_.ret.push_back(static_cast<std::int16_t>(job.message.ret));
    delivery_.envid.push_back(job.message.envid);
    changes_.egress |= state == email2::DeliveryState::pending;
}

// An own list: whoever is in the envelope gets it, whoever is only named stands there as `elsewhere`.
void Group::address_own(const PublishJob& job, Draft& draft)
{
    draft.list = draft.id;
    draft.holders = {draft.id};
    std::set<Person> listed{draft.originator};
    const auto add_entry = [&](Person p, std::int16_t role) {
        entry_.list.push_back(draft.id);
        entry_.person.push_back(p);
        entry_.role.push_back(role);
    };
    add_entry(draft.originator, role_originator);
    for (const auto& recipient : job.message.recipients) {
        const auto* who = person(recipient.address);
        if (who == nullptr) continue;
        if (listed.insert(who->id).second) add_entry(who->id, static_cast<std::int16_t>(recipient.role));
        else if (who->id != draft.originator) continue;
        if (job.message.kind == Kind::draft) continue;  // named, no more
        if (!recipient.in_envelope) {
            if (who->id != draft.originator) deliver(draft.id, who->id, email2::DeliveryState::elsewhere, nullptr, job);
        } else if (who->native()) {
            want(draft.id, who->id, Want::by_rule);
        } else if (job.message.submitted || job.message.native) {
            deliver(draft.id, who->id, email2::DeliveryState::pending, &recipient, job);
        }
    }
}

// An inherited list: the people on it as it is now, in SQL; here only what the mail itself says of them.
void Group::address_inherited(const PublishJob& job, Draft& draft, const std::vector<const Known*>& parents)
{
    draft.list = parents.front()->list;
    for (const auto* parent : parents)
        for (const auto holder : parent->holders)
            if (std::find(draft.holders.begin(), draft.holders.end(), holder) == draft.holders.end()) draft.holders.push_back(holder);
    const auto exclude = [&](Person p) {
        excluded_.message.push_back(draft.id);
        excluded_.user.push_back(p);
    };
    for (const auto holder : draft.holders) {
        holder_.message.push_back(draft.id);
        holder_.list.push_back(holder);
        if (holder != draft.list) {
            more_list_.list.push_back(holder);
            more_list_.message.push_back(draft.id);
        }
    }
    exclude(draft.originator);
    const Known list{.holders = draft.holders};
    for (const auto& recipient : job.message.recipients) {
        const auto* who = person(recipient.address);
        if (who == nullptr) continue;
        if (who->id == draft.originator) {
            if (recipient.in_envelope && who->native()) want(draft.id, who->id, Want::by_rule);
            continue;
        }
        const auto stands = standing(list, who->id, Blind::is_nobody);
        if (stands == email2::Membership::in) {
            if (recipient.in_envelope) continue;
            exclude(who->id);  // named, not in the envelope: they have their copy by other means
            deliver(draft.id, who->id, email2::DeliveryState::elsewhere, nullptr, job);
        } else if (recipient.in_envelope) {  // they had left, or were never on it
            if (!stands && recipient.role != email2::Role::blind) {  // brought in by somebody on it (rule 3)
                entry_.list.push_back(draft.list);
                entry_.person.push_back(who->id);
                entry_.role.push_back(static_cast<std::int16_t>(recipient.role));
                changes_.events.push_back({.message = draft.list, .actor = draft.originator, .kind = email2::EventKind::to_changed, .person = who->id});
            }
            if (!who->native()) deliver(draft.id, who->id, stands ? email2::DeliveryState::withheld : email2::DeliveryState::pending, &recipient, job);
            else want(draft.id, who->id, stands ? Want::trash : Want::by_rule);
        }
    }
}

// The author's own references: Sent, and beside the thread once others take part in it.
void Group::file_own(const PublishJob& job, Draft& draft, const std::vector<const Known*>& parents)
{
    const auto* author = person(job.message.originator);
    if (job.message.place) {
        want(draft.id, author->id, Want::placed, job.message.place->mailbox, job.message.place->flags);
        return;
    }
    if (job.message.kind != Kind::message) return;
    for (const auto* parent : parents)
        if (settings_.own_in_thread && parent->kind == Kind::message && parent->originator != draft.originator) {
            promoted_.parent.push_back(parent->id);
            promoted_.author.push_back(parent->originator);
        }
    if (!author->native() || !(job.message.submitted || job.message.native)) return;
    adopt_saved_copy(job, draft);
    if (!settings_.own_in_thread || parents.empty()) return;
    for (std::size_t i = 0; i < want_.message.size(); ++i)  // addressed to themselves as well: it is there already
        if (want_.message[i] == draft.id && want_.user[i] == author->id && want_.want[i] == static_cast<std::int16_t>(Want::by_rule)) return;
    const bool others = std::any_of(parents.begin(), parents.end(), [&](const Known* p) { return p->originator != draft.originator; });
    want(draft.id, author->id, others ? Want::by_rule : Want::in_thread, 0, flags::seen);
}

// A client may have saved its copy to Sent before it submitted: that copy is the author's private rendition then, else Sent gets ours.
void Group::adopt_saved_copy(const PublishJob& job, Draft& draft)
{
    const auto* author = person(job.message.originator);
    constexpr auto window = std::chrono::minutes(15);
    const auto found = job.message.message_id.empty() ? by_hash_.end() : by_hash_.find(message_id_hash(job.message.message_id));
    if (found != by_hash_.end())
        for (const auto id : found->second) {
            const auto known = known_.find(id);
            if (known == known_.end() || known->second.kind != Kind::import || known->second.originator != author->id) continue;
            if (now() - known->second.created > window) continue;
            const auto moved = session_.query("update ref set message_id = $1 where message_id = $2 and user_id = $3 and exists (select from ref s "
                                              "where s.message_id = $2 and s.user_id = $3 and s.mailbox_id = $4) returning rendition_id",
                                              draft.id, id, author->id, author->sent);
            if (moved.empty()) continue;
            changes_.mailboxes.insert(author->sent);
            session_.query("update rendition set message_id = $1, owner = $2 where message_id = $3", draft.id, author->id, id);
            session_.query("delete from revision where message_id = $1", id);
            session_.query("delete from entry where list_id = $1", id);
            session_.query("delete from msgid where message_id = $1 and hash = $2", id, found->first);
            session_.query("delete from parent where message_id = $1", id);
            session_.query("delete from blob_use where message_id = $1", id);
            session_.query("delete from message where id = $1", id);
            return;
        }
    want(draft.id, author->id, Want::sent, 0, flags::seen);
}

void Group::decide(PublishJob& job)
{
    const auto& m = job.message;
    const auto* author = person(m.originator);
    if (author == nullptr) {
        job.result = tl::unexpected(email2::Error{email2::Code::invalid, "the originator is no address", "/message/from"});
        return;
    }
    merge_recipients(job);
    if (is_stored(job, author->id) || is_idempotent(job) || is_duplicate(job, author->id)) return;
    if (!may_answer(job, author->id)) {
        job.result = tl::unexpected(email2::Error{email2::Code::forbidden, "Only people on its list answer a message by its address.", "/message/to"});
        return;
    }

    std::vector<std::string> unresolved;
    const auto parents = visible_parents(job, author->id, unresolved);
    Draft draft;
    draft.originator = author->id;
    std::string guid = m.guid;
    const auto home_domain = [&]() -> std::string {
        const auto own = std::string(email2::domain_of(m.originator));
        return homes_.contains(own) ? own : settings_.domains.front();
    }();
    const bool foreign_id = !m.message_id.empty() && m.message_id != email2::Name{guid, home_domain}.str();
    const auto kept = foreign_id && m.kind == Kind::message ? missing_.find(message_id_hash(m.message_id)) : missing_.end();
    const bool awaited = kept != missing_.end() && !known_.contains(kept->second.first);
    if (awaited) {  // answers to it came first: it takes the id that was kept for it
        draft.id = kept->second.first;
        guid = kept->second.second;
        session_.query("delete from missing where hash = $1", kept->first);
        missing_.erase(kept);
    } else {
        draft.id = ids_.next(session_);
    }
    draft.rendition = ids_.next(session_);
    job_of_[draft.id] = &job;

    std::int16_t n = 0;
    const auto add_parent = [&](Id parent, std::optional<std::string> mid) {
        parent_.message.push_back(draft.id);
        parent_.n.push_back(n++);
        parent_.parent.push_back(parent);
        parent_.mid.push_back(std::move(mid));
    };
    for (const auto* parent : parents) add_parent(parent->id, std::nullopt);
    if (m.kind == Kind::message)
        for (const auto& id : unresolved)
            if (named(id).empty()) add_parent(reserve_missing(id), id);
    draft.parent = parents.empty() ? 0 : parents.front()->id;
    const Id first_parent = n == 0 ? 0 : *(parent_.parent.end() - n);
    draft.thread = awaited ? draft.id : !parents.empty() ? parents.front()->thread : first_parent != 0 ? first_parent : draft.id;

    filed_.message.push_back(draft.id);
    filed_.rendition.push_back(draft.rendition);
    filed_.parent.push_back(draft.parent);
    if (m.kind == Kind::message && inherits(job, author->id, parents)) address_inherited(job, draft, parents);
    else address_own(job, draft);
    file_own(job, draft, parents);

    message_.id.push_back(draft.id);
    message_.thread.push_back(draft.thread);
    message_.list.push_back(draft.list);
    message_.parent.push_back(first_parent);
    message_.created.push_back(m.created.value_or(now()));
    message_.guid.push_back(parse_uuid(guid));
    message_.originator.push_back(draft.originator);
    message_.home.push_back(homes_.at(home_domain));
    message_.more.push_back(static_cast<std::int16_t>(draft.holders.size() - 1));
    message_.kind.push_back(static_cast<std::int16_t>(m.kind));
    message_.proof.push_back(static_cast<std::int16_t>(m.proof));
    message_.mid.push_back(foreign_id ? std::optional(m.message_id) : std::nullopt);
    if (foreign_id && m.kind != Kind::draft) {
        msgid_.hash.push_back(message_id_hash(m.message_id));
        msgid_.message.push_back(draft.id);
    }
    revision_.message.push_back(draft.id);
    revision_.rendition.push_back(draft.rendition);
    revision_.actor.push_back(draft.originator);
    revision_.document.push_back(m.native ? std::optional(Bytes{m.document}) : std::nullopt);
    revision_.sha.push_back(m.native ? std::nullopt : std::optional(Bytes{job.indexed.sha256}));
    revision_.authentication.push_back(m.authentication.empty() ? std::nullopt : std::optional(m.authentication));
    if (!m.idempotency_key.empty()) {
        idempotency_.actor.push_back(draft.originator);
        idempotency_.key.push_back(m.idempotency_key);
        idempotency_.message.push_back(draft.id);
    }

    RenditionRow row;
    row.id = draft.rendition;
    row.message = draft.id;
    row.internal_date = m.created.value_or(now());
    row.indexed = &job.indexed;
    row.content = job.message.bytes.bytes();
    std::set<std::int64_t> shown{draft.originator};
    for (const auto& recipient : m.recipients)
        if (const auto* who = person(recipient.address); who && recipient.role != email2::Role::blind) shown.insert(who->id);
    row.shown.emplace(shown.begin(), shown.end());
    renditions_.push_back(std::move(row));

    if (m.kind == Kind::message)
        changes_.events.push_back({.message = draft.id, .actor = draft.originator, .kind = email2::EventKind::published});
    job.result = Published{draft.id, draft.rendition, {guid, home_domain}, false, 0};
}

// --- writing

// A message that lay in Sent alone appears at the top level of its author once somebody else answers it.
void Group::promote_parents()
{
    if (promoted_.parent.empty()) return;
    const auto rows = session_.query(R"(
with t as materialized (
  select distinct on (x.message, p.id) x.message m, p.id u, p.inbox b, s.rendition_id rendition
  from unnest($1::int8[], $2::int4[]) x(message, author) join person p on p.id = x.author and p.class = 0
  join ref s on s.message_id = x.message and s.user_id = p.id and s.mailbox_id = p.sent
  where not exists (select from ref o where o.message_id = x.message and o.user_id = p.id and o.mailbox_id <> p.sent)),
 n as (select b, count(*)::int n from t group by b),
 l as materialized (select id from mailbox where id in (select b from n) order by id for no key update),
 up as (update mailbox m set uid_next = m.uid_next + n.n, modseq = m.modseq + 1 from n join l on l.id = n.b where m.id = n.b
        returning m.id, m.uid_next - n.n base, m.modseq)
insert into ref(message_id, rendition_id, modseq, user_id, mailbox_id, uid, flags)
select t.m, t.rendition, up.modseq, t.u, t.b, up.base + (row_number() over (partition by t.b order by t.m))::int - 1, 8
from t join up on up.id = t.b returning mailbox_id)", promoted_.parent, promoted_.author);
    for (std::size_t i = 0; i < rows.size(); ++i) changes_.mailboxes.insert(static_cast<std::int32_t>(rows.integer(i, 0)));
}

// Everybody's references in one statement: the people of inherited lists from their entries, the others as decided.
static constexpr const char* reference_statement = R"(
with g as materialized (select m.id, case when g.rendition = 0 then r.rendition_id else g.rendition end rendition, g.parent
   from unnest($1::int8[], $2::int8[], $3::int8[]) g(id, rendition, parent) join message m on m.id = g.id
   left join revision r on g.rendition = 0 and r.message_id = m.id and r.number = m.revision),
 members as materialized (
  select distinct h.m, e.person_id u from unnest($4::int8[], $5::int8[]) h(m, list)
  join entry e on e.list_id = h.list and e.membership = 0 and e.role <> 2 join person p on p.id = e.person_id and p.class = 0
  where not exists (select from unnest($6::int8[], $7::int4[]) x(m, u) where x.m = h.m and x.u = e.person_id)),
 wanted as (select m, u, 0::int2 want, 0 mailbox, 0::int8 flags from members
  union all select * from unnest($8::int8[], $9::int4[], $10::int2[], $11::int4[], $12::int8[])),
 t as materialized (
  select w.m, w.u, w.flags, g.rendition,
    case w.want when 1 then p.trash when 2 then p.sent when 4 then w.mailbox else coalesce(r.mailbox_id, p.inbox) end b,
    case w.want when 1 then coalesce(r.mailbox_id, went.home, p.inbox) else 0 end home
  from wanted w join g on g.id = w.m join person p on p.id = w.u
  left join lateral (select r.mailbox_id from ref r where r.message_id = g.parent and r.user_id = w.u
    and r.mailbox_id not in (p.sent, p.drafts, p.archive, p.junk, p.trash, p.limbo) order by r.modseq desc limit 1) r on g.parent <> 0
  left join lateral (select nullif(r.home, 0) home from ref r where r.message_id = g.parent and r.user_id = w.u
    and r.mailbox_id in (p.trash, p.limbo) limit 1) went on w.want = 1
  where not (w.want = 3 and r.mailbox_id is null)
    and not (w.want = 0 and exists (select from ref r where r.message_id = w.m and r.user_id = w.u and r.mailbox_id not in (p.sent, p.drafts)))),
 n as materialized (select b, count(*)::int n from t group by b),
 l as materialized (select id from mailbox where id in (select b from n) order by id for no key update),
 up as (update mailbox m set uid_next = m.uid_next + n.n, modseq = m.modseq + 1 from n join l on l.id = n.b where m.id = n.b
  returning m.id, m.uid_next - n.n base, m.modseq)
insert into ref(message_id, rendition_id, modseq, user_id, mailbox_id, uid, flags, home)
select t.m, t.rendition, up.modseq, t.u, t.b, up.base + (row_number() over (partition by t.b order by t.m))::int - 1, t.flags, t.home
from t join up on up.id = t.b returning message_id, mailbox_id, uid)";

void Group::write_references(Session::Pipeline& pipeline)
{
    references_at_ = pipeline.add(reference_statement, filed_.message, filed_.rendition, filed_.parent, holder_.message, holder_.list,
                                  excluded_.message, excluded_.user, want_.message, want_.user, want_.want, want_.mailbox, want_.flags);
}

// Deliveries to the outside: those decided, and the correspondents on inherited lists. Whatever is pending is queued, each with an
// envelope sender of its own, so that a bounce finds its entry.
void Group::write_deliveries(Session::Pipeline& pipeline)
{
    if (delivery_.message.empty() && holder_.message.empty()) return;
    pipeline.add(R"(
with given as (select * from unnest($1::int8[], $2::int4[], $3::int2[], $4::int2[], $5::text[], $6::int2[], $7::text[])
   g(message_id, person_id, state, notify, orcpt, ret, envid)),
 wanted as (
  select message_id, person_id, state, notify, orcpt, ret, envid from given
  union all
  select distinct h.m, e.person_id, 0::int2, 0::int2, '', 0::int2, '' from unnest($8::int8[], $9::int8[]) h(m, list)
  join entry e on e.list_id = h.list and e.membership = 0 and e.role <> 2 join person p on p.id = e.person_id and p.class <> 0
  where not exists (select from unnest($10::int8[], $11::int4[]) x(m, u) where x.m = h.m and x.u = e.person_id)),
 d as (insert into delivery(message_id, person_id, state) select distinct on (message_id, person_id) message_id, person_id, state from wanted
   order by message_id, person_id
   on conflict (message_id, person_id) do update set state = 0, at = now() where delivery.state = 6 and excluded.state = 0
   returning message_id, person_id, state),
 tokens as (insert into token(token, person_id, message_id, action, expires)
   select translate(replace(gen_random_uuid()::text, '-', ''), '0123456789abcdef', 'abcdefghijklmnop'), person_id, message_id, 0, now() + interval '60 days'
   from d where state = 0 returning token, person_id, message_id)
insert into egress(message_id, person_id, due, sender, notify, orcpt, ret, envid)
select t.message_id, t.person_id, now() + make_interval(secs => $12::int4), 'b-' || t.token || '@' || o.name, coalesce(g.notify, 0), coalesce(g.orcpt, ''),
  coalesce(g.ret, 0), coalesce(g.envid, '')
from tokens t join message m on m.id = t.message_id join domain o on o.id = m.home
left join given g on g.message_id = t.message_id and g.person_id = t.person_id)",
                 delivery_.message, delivery_.person, delivery_.state, delivery_.notify, delivery_.orcpt, delivery_.ret, delivery_.envid, holder_.message,
                 holder_.list, excluded_.message, excluded_.user, static_cast<std::int32_t>(settings_.undo.count()));
    changes_.egress = true;
}

void Group::write()
{
    write_large(session_, renditions_);
    Session::Pipeline pipeline(session_);
    if (!new_missing_.hash.empty())
        pipeline.add("insert into missing(hash, id, guid) select * from unnest($1::int8[], $2::int8[], $3::uuid[])", new_missing_.hash, new_missing_.id,
                     new_missing_.guid);
    if (!message_.id.empty()) {
        pipeline.add("insert into message(id, thread_id, list_id, parent_id, created, guid, originator, home, more_lists, kind, proof, mid) select * from "
                     "unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::timestamptz[], $6::uuid[], $7::int4[], $8::int2[], $9::int2[], $10::int2[], "
                     "$11::int2[], $12::text[])",
                     message_.id, message_.thread, message_.list, message_.parent, message_.created, message_.guid, message_.originator, message_.home,
                     message_.more, message_.kind, message_.proof, message_.mid);
        pipeline.add("insert into revision(message_id, number, actor, rendition_id, document, sha256, authentication) select m, 1, a, r, d, s, t from "
                     "unnest($1::int8[], $2::int4[], $3::int8[], $4::bytea[], $5::bytea[], $6::text[]) x(m, a, r, d, s, t)",
                     revision_.message, revision_.actor, revision_.rendition, revision_.document, revision_.sha, revision_.authentication);
        add_renditions(pipeline, renditions_);
    }
    if (!parent_.message.empty())
        pipeline.add("insert into parent(message_id, n, parent_id, mid) select * from unnest($1::int8[], $2::int2[], $3::int8[], $4::text[])",
                     parent_.message, parent_.n, parent_.parent, parent_.mid);
    if (!more_list_.list.empty())
        pipeline.add("insert into message_list(list_id, message_id) select * from unnest($1::int8[], $2::int8[])", more_list_.list, more_list_.message);
    if (!entry_.list.empty())
        pipeline.add("insert into entry(list_id, person_id, role) select * from unnest($1::int8[], $2::int4[], $3::int2[]) on conflict do nothing",
                     entry_.list, entry_.person, entry_.role);
    if (!msgid_.hash.empty())
        pipeline.add("insert into msgid(hash, message_id) select * from unnest($1::int8[], $2::int8[])", msgid_.hash, msgid_.message);
    if (!idempotency_.key.empty())
        pipeline.add("insert into idempotency(actor, key, message_id) select * from unnest($1::int4[], $2::text[], $3::int8[])", idempotency_.actor,
                     idempotency_.key, idempotency_.message);
    write_references(pipeline);
    write_deliveries(pipeline);
    const auto rows = pipeline.run();
    const auto& references = rows[references_at_];
    for (std::size_t i = 0; i < references.size(); ++i) {
        changes_.mailboxes.insert(static_cast<std::int32_t>(references.integer(i, 1)));
        const auto job = job_of_.find(references.integer(i, 0));
        if (job != job_of_.end() && job->second->message.place && *job->second->result && references.integer(i, 1) == job->second->message.place->mailbox)
            (*job->second->result)->uid = static_cast<std::int32_t>(references.integer(i, 2));
    }
}

void Group::run()
{
    Transaction transaction(session_);
    look_up();
    look_up_messages();
    look_up_lists();
    for (auto* job : jobs_) decide(*job);
    promote_parents();
    write();
    finish(session_, changes_);
    transaction.commit();
}

}  // namespace

void prepare(PublishJob& job)
{
    const auto bytes = job.message.bytes.bytes();
    if (job.message.guid.empty()) job.message.guid = email2::make_guid(now());
    job.parsed = mime::parse(bytes);
    job.indexed = index_rendition(job.parsed, bytes, job.message.trace);
}

std::vector<std::int64_t> hashes_of(const PublishJob& job)
{
    std::vector<std::int64_t> out;
    const auto& m = job.message;
    if (!m.message_id.empty()) out.push_back(message_id_hash(m.message_id));
    for (std::size_t i = 0; i < std::min(m.parents.size(), most_parents); ++i) out.push_back(message_id_hash(m.parents[i]));
    if (!m.idempotency_key.empty()) out.push_back(message_id_hash("key:" + m.originator + ":" + m.idempotency_key));
    return out;
}

void publish_group(Session& session, const WriterSettings& settings, Ids& ids, const std::vector<PublishJob*>& jobs)
{
    for (auto* job : jobs) job->result.reset();
    Group(session, settings, ids, jobs).run();
}

}  // namespace gateway::store
