// publish_address: whom a message reaches and where it is filed. email2.md rule 2, mapping.md "Who receives it?".
#include "gateway/store/publish_group.h"

namespace gateway::store::publishing {

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
        } else if (recipient.full) {
            full_.message.push_back(draft.id);
            full_.person.push_back(who->id);
            changes_.events.push_back({.message = draft.id, .kind = email2::EventKind::failed, .person = who->id});
        } else if (who->native()) {
            want(draft.id, who->id, Want::by_rule);
        } else if (job.message.submitted || job.message.native || recipient.passed_on) {
            deliver(draft.id, who->id, email2::DeliveryState::pending, &recipient, job);
        }
    }
}

// What came before in this group on that list: that reaches them as all that the list reached before, and not as mail.
void Group::exclude_from_earlier(Id list, Person person)
{
    std::map<Id, Known> earlier;
    std::set<Id> reached;
    for (std::size_t i = 0; i < holder_.message.size(); ++i) {
        earlier[holder_.message[i]].holders.push_back(holder_.list[i]);
        if (holder_.list[i] == list) reached.insert(holder_.message[i]);
    }
    for (const auto message : reached) {
        if (standing(earlier[message], person, Blind::is_nobody) == email2::Membership::in)
            continue;  // by another list
        excluded_.message.push_back(message);
        excluded_.user.push_back(person);
    }
}

// Onto a list that was there before. What comes later in the group finds them on it.
void Group::enter(Id list, Person person, std::int16_t role)
{
    const auto [row, fresh] = entered_.try_emplace({list, person}, entry_.list.size());
    if (!fresh) {
        if (auto& before = entry_.role[row->second]; before == role_blind) before = role;  // who was blind is named now
        return;
    }
    entry_.list.push_back(list);
    entry_.person.push_back(person);
    entry_.role.push_back(role);
    exclude_from_earlier(list, person);
    entries_.try_emplace({list, person}, Membership{role, email2::Membership::in});
}

// What the envelope and the header of a mail with an inherited list say beyond that list.
template <class AddGuest, class Exclude>
void Group::address_named(
    const PublishJob& job, Draft& draft, bool post, const AddGuest& add_guest, const Exclude& exclude)
{
    for (std::size_t i = 0; i < parent_.message.size(); ++i) {
        const auto known = parent_.message[i] == draft.id ? known_.find(parent_.parent[i]) : known_.end();
        if (known == known_.end()) continue;
        const auto& its = known->second.holders;
        const auto held = [&](Id holder) {
            return std::find(draft.holders.begin(), draft.holders.end(), holder) != draft.holders.end();
        };
        parent_.inherited[i] = std::all_of(its.begin(), its.end(), held);
        if (parent_.inherited[i] && known->second.state != 0)  // there may be nobody on its list, or somebody again
            unsettled_.insert(unsettled_.end(), its.begin(), its.end());
    }
    const Known list{.holders = draft.holders};
    std::string skipped;
    for (const auto& recipient : job.message.recipients) {
        const auto* who = person(recipient.address);
        if (who == nullptr) continue;
        if (who->id == draft.originator) {
            if (recipient.in_envelope && who->native()) want(draft.id, who->id, Want::by_rule);
            continue;
        }
        auto stands = standing(list, who->id, Blind::is_nobody);
        if (const auto* entry = membership(draft.list, who->id);
            !stands && entry != nullptr && entry->membership != email2::Membership::in)
            stands = email2::Membership::removed;  // blind, and gone: they come back by their own act or a ruler's
        if (stands == email2::Membership::in) {
            if (recipient.in_envelope) continue;
            exclude(who->id);  // named, not in the envelope: they have their copy by other means
            deliver(draft.id, who->id, email2::DeliveryState::elsewhere, nullptr, job);
        } else if (recipient.in_envelope) {  // they had left, or were never on it
            const bool blind = recipient.role == email2::Role::blind;
            if (!stands && (post || blind)) {
                add_guest(who->id, static_cast<std::int16_t>(recipient.role));
                if (!who->native()) deliver(draft.id, who->id, email2::DeliveryState::pending, &recipient, job);
                else if (blind) want(draft.id, who->id, Want::by_rule);
                continue;
            }
            exclude(who->id);  // decided here: who is brought in stands among the list's people by then
            if (!stands) {     // brought in by somebody on it (rule 3)
                enter(draft.list, who->id, static_cast<std::int16_t>(recipient.role));
                changes_.events.push_back({.message = draft.list,
                    .actor = draft.originator,
                    .kind = email2::EventKind::to_changed,
                    .person = who->id});
                if (who->native()) joined_[draft.list].insert(who->id);
            }
            if (stands) skipped += (skipped.empty() ? "" : " ") + std::to_string(who->id);
            const bool removed =
                stands == email2::Membership::removed;  // nothing of the thread is theirs to read, this neither
            if (!who->native() || removed)
                deliver(draft.id, who->id, stands ? email2::DeliveryState::withheld : email2::DeliveryState::pending,
                    &recipient, job);
            else want(draft.id, who->id, stands ? Want::trash : Want::by_rule);
        }
    }
    if (skipped.empty() || !job.message.submitted) return;
    skipped_.list.push_back(draft.list);
    skipped_.author.push_back(draft.originator);
    skipped_.people.push_back(std::move(skipped));
}

// An inherited list: the people on it as it is now, in SQL; here only what the mail itself says of them.
void Group::address_inherited(const PublishJob& job, Draft& draft, const std::vector<Id>& holders, email2::PostsAs as)
{
    draft.list = holders.front();
    draft.holders = holders;
    const auto exclude = [&](Person p) {
        excluded_.message.push_back(draft.id);
        excluded_.user.push_back(p);
    };
    const bool post = held_at_root(holders);
    // Whoever only claims to be on the list writes to nobody by us; of a mailing list its own rule says who posts.
    if (!post && job.message.proof == email2::Proof::none) unproven_.push_back(draft.id);
    const auto add_guest = [&](Person p, std::int16_t role) {  // on this message alone, never on the list
        entry_.list.push_back(draft.id);
        entry_.person.push_back(p);
        entry_.role.push_back(role);
        if (draft.holders.back() != draft.id) draft.holders.push_back(draft.id);
    };
    if (post && as == email2::PostsAs::guest) add_guest(draft.originator, role_originator);
    exclude(draft.originator);
    address_named(job, draft, post, add_guest, exclude);
    for (const auto holder : draft.holders) {
        holder_.message.push_back(draft.id);
        holder_.list.push_back(holder);
        if (holder != draft.list) {
            more_list_.list.push_back(holder);
            more_list_.message.push_back(draft.id);
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
        if (want_.message[i] == draft.id && want_.user[i] == author->id &&
            want_.want[i] == static_cast<std::int16_t>(Want::by_rule))
            return;
    const bool others =
        std::any_of(parents.begin(), parents.end(), [&](const Known* p) { return p->originator != draft.originator; });
    want(draft.id, author->id, others ? Want::by_rule : Want::in_thread, 0, flags::seen);
}

// A client may have saved its copy to Sent before it submitted: that copy is the author's private rendition then, else
// Sent gets ours.
void Group::adopt_saved_copy(const PublishJob& job, Draft& draft)
{
    const auto* author = person(job.message.originator);
    constexpr auto window = std::chrono::minutes(15);
    const auto found =
        job.message.message_id.empty() ? by_hash_.end() : by_hash_.find(message_id_hash(job.message.message_id));
    if (found != by_hash_.end())
        for (const auto id : found->second) {
            const auto known = known_.find(id);
            if (known == known_.end() || known->second.kind != Kind::import || known->second.originator != author->id)
                continue;
            if (now() - known->second.created > window) continue;
            const auto moved = session_.query(
                "update ref set message_id = $1 where message_id = $2 and user_id = $3 and exists (select from ref s "
                "where s.message_id = $2 and s.user_id = $3 and s.mailbox_id = $4) returning rendition_id",
                draft.id, id, author->id, author->sent);
            if (moved.empty()) continue;
            adopted_ = true;
            changes_.mailboxes.insert(author->sent);
            session_.query(
                "update rendition set message_id = $1, owner = $2 where message_id = $3", draft.id, author->id, id);
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

}  // namespace gateway::store::publishing
