// publish_decide: what each mail of a group becomes: known already, an answer, its list, its place. mapping.md "Mail
// in".
#include "gateway/store/publish_group.h"

namespace gateway::store::publishing {

// One recipient for each person: aliases and details name the same one, and who is in the envelope under any name gets
// it.
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
            other.passed_on = recipient.passed_on;
            other.notify = recipient.notify;
            other.orcpt = std::move(recipient.orcpt);
        }
    }
    job.message.recipients = std::move(merged);
}

// An account was closed after the door took a mail for it: who asks again is told, and nobody gets a second copy.
bool Group::names_nobody(const PublishJob& job) const
{
    return std::any_of(job.message.recipients.begin(), job.message.recipients.end(), [&](const auto& recipient) {
        if (!lives_here(job.message, recipient)) return false;
        const auto* who = person(recipient.address);
        return who == nullptr || !who->native();
    });
}

// The connection was lost at the commit, which had happened: the job comes again.
bool Group::is_stored(PublishJob& job, Person originator)
{
    const auto found = by_guid_.find(job.message.guid);
    const auto known = found == by_guid_.end() ? known_.end() : known_.find(found->second);
    if (known == known_.end() || known->second.originator != originator || known->second.kind != job.message.kind)
        return false;
    const auto rows = session_.query(
        "select v.rendition_id, coalesce((select max(r.uid) from ref r where r.message_id = v.message_id and r.user_id = $2 "
        "and r.mailbox_id = $3), 0) from revision v where v.message_id = $1 and v.number = 1",
        known->second.id, originator, job.message.place ? job.message.place->mailbox : 0);
    job.result =
        Published{known->second.id, rows.empty() ? 0 : rows.integer(0, 0), {known->second.guid, known->second.home},
            false, rows.empty() ? 0 : static_cast<std::int32_t>(rows.integer(0, 1))};
    return true;
}

// Ids of messages by what a mail calls them, most likely first.
std::vector<Id> Group::named(const std::string& id) const
{
    std::vector<Id> out;
    if (const auto own = mapping::own_message_id(id))
        if (const auto found = by_guid_.find(own->guid); found != by_guid_.end()) out.push_back(found->second);
    if (const auto found = by_hash_.find(message_id_hash(id)); found != by_hash_.end())
        out.insert(out.end(), found->second.begin(), found->second.end());
    return out;
}

// mapping.md "What may RCPT name?": a message's address is for the people on its list; who is only claimed is nobody on
// it (email2.md rule 8).
bool Group::may_answer(const PublishJob& job, Person originator) const
{
    if (job.message.proof == email2::Proof::none && !job.message.message_addresses.empty()) return false;
    return std::all_of(
        job.message.message_addresses.begin(), job.message.message_addresses.end(), [&](const auto& address) {
            const auto ids = named(address);
            return std::any_of(ids.begin(), ids.end(), [&](Id id) {
                if (roots_.contains(id)) return true;  // who may post is the list's own rule
                const auto known = known_.find(id);
                return known != known_.end() && known->second.kind == Kind::message &&
                       (known->second.originator == originator ||
                           standing(known->second, originator) == email2::Membership::in);
            });
        });
}

bool Group::is_idempotent(PublishJob& job)
{
    if (job.message.idempotency_key.empty()) return false;
    const auto found = idempotent_.find({person(job.message.originator)->id, job.message.idempotency_key});
    if (found == idempotent_.end()) return false;
    const auto known = known_.find(found->second.message);
    if (known == known_.end()) {  // a draft that was deleted since
        session_.query(
            "delete from idempotency where actor = $1 and key = $2", found->first.first, found->first.second);
        return false;
    }
    // A key is one account's, for one request: with another one under it the client has lost count, and answering
    // either would be wrong.
    const auto& digest = job.message.request_digest;
    if (!digest.empty() && !found->second.digest.empty() && digest != found->second.digest)
        job.result = tl::unexpected(
            email2::Error{email2::Code::conflict, "This Idempotency-Key was used for another request.", ""});
    else job.result = Published{known->second.id, 0, {known->second.guid, known->second.home}, true, 0};
    return true;
}

// The known parents that the originator or a recipient may see; the others' ids are left in `unresolved`.
std::vector<const Known*> Group::visible_parents(
    const PublishJob& job, Person originator, std::vector<std::string>& unresolved)
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
    // Of several of that name: what its author sees before what only a recipient does.
    const auto add = [&](const std::string& id) {
        const Known* found = nullptr;
        for (const auto candidate : named(id)) {
            const auto known = known_.find(candidate);
            if (roots_.contains(candidate)) return;  // no thread and no mail: lists_named() has it
            if (known == known_.end() || !may_see(known->second)) continue;
            const bool own = standing(known->second, originator) == email2::Membership::in;
            if (found == nullptr || own) found = &known->second;
            if (own) break;
        }
        if (found != nullptr) {
            if (std::find(parents.begin(), parents.end(), found) == parents.end()) parents.push_back(found);
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
        if (const auto* who = person(recipient.address))
            (recipient.in_envelope ? question.envelope : question.header).insert(name(who->id));
    for (const auto* parent : parents) {
        if (held_at_root(parent->holders)) continue;  // its renditions show an alias: only mail to that is for the list
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
            const auto is_blind = [&](Id list) {
                const auto* entry = membership(list, p);
                return entry != nullptr && entry->role == role_blind;
            };
            if ((stands && *stands != email2::Membership::in) || is_blind(parent->list) || is_blind(parent->id))
                facts.not_counted.insert(name(p));
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

void Group::deliver(
    Id message, Person person, email2::DeliveryState state, const Recipient* recipient, const PublishJob& job)
{
    delivery_.message.push_back(message);
    delivery_.person.push_back(person);
    delivery_.state.push_back(static_cast<std::int16_t>(state));
    delivery_.notify.push_back(static_cast<std::int16_t>(recipient ? recipient->notify : 0));
    delivery_.orcpt.push_back(recipient ? recipient->orcpt : "");
    delivery_.ret.push_back(static_cast<std::int16_t>(job.message.ret));
    delivery_.envid.push_back(job.message.envid);
    changes_.egress |= state == email2::DeliveryState::pending;
    const bool from_account = job.message.submitted || job.message.native;
    if (from_account && recipient && state == email2::DeliveryState::pending)
        written_to_.emplace(email2::domain_of(recipient->address));
}

void Group::decide(PublishJob& job)
{
    const auto& m = job.message;
    const auto* author = person(m.originator);
    if (author == nullptr) {
        job.result =
            tl::unexpected(email2::Error{email2::Code::invalid, "the originator is no address", "/message/from"});
        return;
    }
    const bool nobody = names_nobody(job);
    merge_recipients(job);
    if (is_stored(job, author->id) || is_idempotent(job) || is_duplicate(job, author->id)) return;
    if (nobody) {
        job.result = tl::unexpected(email2::Error{
            email2::Code::unavailable, "An account that this is for was closed meanwhile: try again.", ""});
        return;
    }
    if (!may_answer(job, author->id)) {
        job.result = tl::unexpected(email2::Error{
            email2::Code::forbidden, "Only people on its list answer a message by its address.", "/message/to"});
        return;
    }

    std::vector<std::string> unresolved;
    const auto lists = lists_named(job);
    const auto parents = visible_parents(job, author->id, unresolved);
    // Asked for by name, a list is inherited from parents that have the author on it, or not at all.
    const auto has_author = [&](const Known* parent) {
        return standing(*parent, author->id, Blind::is_nobody) == email2::Membership::in;
    };
    if (m.inherit == true && m.kind == Kind::message && lists.empty() &&
        std::none_of(parents.begin(), parents.end(), has_author)) {
        job.result = tl::unexpected(email2::Error{
            email2::Code::forbidden, "Only who is on a list passes it on to an answer.", "/message/to/@inherit"});
        return;
    }
    const bool inherited = m.kind == Kind::message && (!lists.empty() || inherits(job, author->id, parents));
    const auto holders = inherited ? holders_of(job, author->id, parents, lists) : std::vector<Id>{};
    const auto as = may_post(job, author->id, holders);
    if (!as) {
        job.result = tl::unexpected(as.error());
        return;
    }
    if (auto admitted = admit(job, author->id); !admitted) {
        job.result = tl::unexpected(std::move(admitted).error());
        return;
    }
    auto draft = identified(job, author->id);
    descend(job, draft, parents, lists, unresolved);
    if (m.list) {
        make_list(job, draft);
    } else {
        filed_.message.push_back(draft.id);
        filed_.rendition.push_back(draft.rendition);
        filed_.parent.push_back(draft.parent);
        filed_.flags.push_back((held_at_root(holders) ? flags::list : 0) | (m.suspect ? flags::junk : 0));
        if (inherited) address_inherited(job, draft, holders, *as);
        else address_own(job, draft);
        file_own(job, draft, parents);
        keep_apart(job, draft);
    }
    record(job, draft);
    record_rendition(job, draft);
    if (m.kind == Kind::import) remember(job, draft);
    if (m.kind == Kind::message)
        changes_.events.push_back(
            {.message = draft.id, .actor = draft.originator, .kind = email2::EventKind::published});
    job.result = Published{draft.id, draft.rendition, {draft.guid, draft.home}, false, 0};
}

// Its names. If answers to it came first, it takes the id and the guid that were kept for it.
Group::Draft Group::identified(const PublishJob& job, Person originator)
{
    const auto& m = job.message;
    Draft draft;
    draft.originator = originator;
    draft.guid = m.guid;
    const auto own = std::string(email2::domain_of(m.originator));
    draft.home = homes_.contains(own) ? own : settings_.domains.front();
    draft.foreign_id = !m.message_id.empty() && m.message_id != email2::Name{draft.guid, draft.home}.str();
    const auto kept =
        draft.foreign_id && m.kind == Kind::message ? missing_.find(message_id_hash(m.message_id)) : missing_.end();
    draft.awaited = kept != missing_.end() && !known_.contains(kept->second.first);
    if (draft.awaited) {
        draft.id = kept->second.first;
        draft.guid = kept->second.second;
        session_.query("delete from missing where hash = $1", kept->first);
        missing_.erase(kept);
    } else {
        draft.id = ids_.next(session_);
    }
    draft.rendition = ids_.next(session_);
    return draft;
}

// Its parents, those that are not here included, and so its thread.
void Group::descend(const PublishJob& job, Draft& draft, const std::vector<const Known*>& parents,
    const std::vector<const Known*>& roots, const std::vector<std::string>& unresolved)
{
    std::int16_t n = 0;
    const auto add_parent = [&](Id parent, std::optional<std::string> mid) {
        if (n == 0) draft.first_parent = parent;
        parent_.message.push_back(draft.id);
        parent_.n.push_back(n++);
        parent_.parent.push_back(parent);
        parent_.mid.push_back(std::move(mid));
        parent_.inherited.push_back(false);
    };
    for (const auto* parent : parents) add_parent(parent->id, std::nullopt);
    if (job.message.kind == Kind::message)
        for (const auto& id : unresolved)
            if (named(id).empty()) add_parent(reserve_missing(id), id);
    const bool answers = n > 0;
    for (const auto* root : roots)  // a post that answers another is its child; else the list's own, and top level
        if (std::none_of(parents.begin(), parents.end(), [&](const Known* p) {
                return std::find(p->holders.begin(), p->holders.end(), root->id) != p->holders.end();
            }))
            add_parent(root->id, std::nullopt);
    draft.parent = parents.empty() ? 0 : parents.front()->id;
    if (draft.awaited) draft.thread = draft.id;  // that of its answers
    else if (!parents.empty()) draft.thread = parents.front()->thread;
    else draft.thread = answers ? draft.first_parent : draft.id;
}

// What votes on it will count against, beside what was found out about its sender.
static std::optional<std::string> authentication_of(const NewMessage& m)
{
    auto text = m.authentication;
    if (const auto network = email2::network_of(m.client); !network.empty())
        text += (text.empty() ? "network=" : " network=") + network;
    if (text.empty()) return std::nullopt;
    return text;
}

// An archive is imported in groups: those of the same group that answer it find it.
void Group::remember(const PublishJob& job, const Draft& draft)
{
    Known known;
    known.id = draft.id;
    known.thread = draft.thread;
    known.list = draft.list;
    known.holders = draft.holders;
    known.originator = draft.originator;
    known.kind = job.message.kind;
    known.guid = draft.guid;
    known.home = draft.home;
    known_.emplace(draft.id, std::move(known));
    by_guid_[draft.guid] = draft.id;
    if (draft.foreign_id) by_hash_[message_id_hash(job.message.message_id)].push_back(draft.id);
}

void Group::record(PublishJob& job, const Draft& draft)
{
    const auto& m = job.message;
    job_of_[draft.id] = &job;
    message_.id.push_back(draft.id);
    if (m.null_sender) unreported_.push_back(draft.id);
    message_.thread.push_back(draft.thread);
    message_.list.push_back(draft.list);
    message_.parent.push_back(draft.first_parent);
    message_.created.push_back(m.created.value_or(now()));
    message_.guid.push_back(parse_uuid(draft.guid));
    message_.originator.push_back(draft.originator);
    message_.home.push_back(homes_.at(draft.home));
    message_.more.push_back(static_cast<std::int16_t>(draft.holders.size() - 1));
    message_.kind.push_back(static_cast<std::int16_t>(m.kind));
    message_.proof.push_back(static_cast<std::int16_t>(m.proof));
    message_.mid.push_back(draft.foreign_id ? std::optional(m.message_id) : std::nullopt);
    if (draft.foreign_id && m.kind != Kind::draft) {
        msgid_.hash.push_back(message_id_hash(m.message_id));
        msgid_.message.push_back(draft.id);
    }
    revision_.message.push_back(draft.id);
    revision_.rendition.push_back(draft.rendition);
    revision_.actor.push_back(draft.originator);
    revision_.document.push_back(m.native ? std::optional(Bytes{m.document}) : std::nullopt);
    revision_.sha.push_back(m.native ? std::nullopt : std::optional(Bytes{job.indexed.sha256}));
    revision_.authentication.push_back(authentication_of(m));
    if (m.idempotency_key.empty()) return;
    idempotency_.actor.push_back(draft.originator);
    idempotency_.key.push_back(m.idempotency_key);
    idempotency_.message.push_back(draft.id);
    idempotency_.digest.push_back(m.request_digest.empty() ? std::nullopt : std::optional(Bytes{m.request_digest}));
}

void Group::record_rendition(PublishJob& job, const Draft& draft)
{
    RenditionRow row;
    row.id = draft.rendition;
    row.message = draft.id;
    row.internal_date = job.message.created.value_or(now());
    row.indexed = &job.indexed;
    row.content = job.message.bytes.bytes();
    std::set<std::int64_t> shown{draft.originator};
    for (const auto& recipient : job.message.recipients)
        if (const auto* who = person(recipient.address); who && recipient.role != email2::Role::blind)
            shown.insert(who->id);
    for (const auto& address : job.message.shown)
        if (const auto* who = person(address)) shown.insert(who->id);
    row.shown.emplace(shown.begin(), shown.end());
    renditions_.push_back(std::move(row));
}

}  // namespace gateway::store::publishing
