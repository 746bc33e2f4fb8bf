#include "model_world.h"

#include "gateway/store/effective.h"
#include "gateway/store/mailbox_changes.h"
#include "gateway/store/mailbox_names.h"
#include "gateway/store/mailbox_transaction.h"

#include <algorithm>
#include <atomic>
#include <sstream>

namespace model {

namespace store = gateway::store;
using email2::Listed;

namespace {

email2::Content content_of(int text)
{
    return test::text("Subject", "Text " + std::to_string(text));
}

email2::Role role_of(int role)
{
    return role == cc ? email2::Role::cc : role == blind ? email2::Role::blind : email2::Role::to;
}

std::vector<std::string> names_of(int flags)
{
    std::vector<std::string> out;
    if (flags & seen) out.emplace_back("\\Seen");
    if (flags & flagged) out.emplace_back("\\Flagged");
    return out;
}

template <class T>
Outcome outcome(const email2::Result<T>& result)
{
    return result ? std::nullopt : Outcome(result.error().code);
}

std::string word(const Outcome& outcome)
{
    return outcome ? std::string(email2::name_of(*outcome)) : "done";
}

const char* word(Listed listed)
{
    static constexpr const char* words[] = {"never", "in", "left", "removed"};
    return words[static_cast<int>(listed)];
}

// What only one of two has.
template <class T, class Tell>
std::string difference(const std::string& what, const T& expected, const T& found, Tell tell)
{
    if (expected == found) return {};
    std::ostringstream out;
    out << what << ":";
    T missing, surplus;
    std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(), std::back_inserter(missing));
    std::set_difference(found.begin(), found.end(), expected.begin(), expected.end(), std::back_inserter(surplus));
    for (const auto& one : missing) out << " wanted " << tell(one) << ";";
    for (const auto& one : surplus) out << " found " << tell(one) << ";";
    return out.str();
}

}  // namespace

std::unique_ptr<test::Village> quick_village()
{
    auto village = std::make_unique<test::Village>();
    const auto name = village->session.query("select current_database()::text").text(0, 0);
    village->session.command(("alter database " + name + " set plan_cache_mode = force_generic_plan")
            .c_str());  // for the writer's connection, which comes
    village->session.command("set plan_cache_mode = force_generic_plan");
    return village;
}

World::World(test::Village& village, Size size) : model(size.natives, size.correspondents), village_(village)
{
    static std::atomic<int> count{0};
    const auto number = std::to_string(++count);
    const char* const names[] = {"ann", "ben", "cat", "dan", "eva", "fay"};
    for (int i = 0; i < size.natives; ++i) {
        addresses_.push_back(names[i] + number + "@one.test");
        persons_.push_back(*store::create_account(village_.session, addresses_.back(), "verifier"));
    }
    for (int i = 0; i < size.correspondents; ++i) {
        addresses_.push_back("far" + std::to_string(i) + "-" + number + "@legacy.test");
        persons_.push_back(store::meet_people(village_.session, {addresses_.back()}, {""}).begin()->second.id);
    }
    first_event_ =
        static_cast<std::uint64_t>(village_.session.query("select coalesce(max(seq), 0) from event").integer(0, 0));
}

email2::Name World::name(Label label) const
{
    const auto found = names_.find(label);
    return found != names_.end() ? found->second : email2::Name{"01920000-0000-7000-8000-000000000000", "one.test"};
}

std::string World::said(User user) const
{
    return user < 0 ? "nobody" : addresses_.at(static_cast<std::size_t>(user));
}

User World::user_of(const std::string& address) const
{
    const auto found = std::find(addresses_.begin(), addresses_.end(), address);
    return found == addresses_.end() ? -1 : static_cast<User>(found - addresses_.begin());
}

Outcome World::act(const Operation& o, store::Session& session, store::Writer& writer)
{
    store::PostgresStore verbs(session, writer, village_.settings);
    const auto& actor = addresses_.at(static_cast<std::size_t>(o.user));
    email2::Name id;
    email2::Publication publication;
    {
        const std::lock_guard lock(mutex_);
        id = name(o.label);
        for (const auto parent : o.parents) publication.parents.push_back(name(parent).str());
    }
    switch (o.verb) {
    case Verb::publish: {
        for (int i = 0; i < o.unresolved; ++i)
            publication.parents.push_back("mid:" + actor + std::to_string(o.label) + "-" + std::to_string(i) + "@x");
        for (const auto& [person, role] : o.entries) publication.entries.push_back({said(person), "", role_of(role)});
        publication.inherit = o.inherit;
        publication.draft = o.draft;
        publication.content = content_of(o.text);
        const auto published = verbs.publish(actor, publication);
        if (!published) return published.error().code;
        const auto row = session.query("select id from message where guid = $1", store::parse_uuid(published->id.guid))
                             .integer(0, 0);
        const std::lock_guard lock(mutex_);
        names_[o.label] = published->id;
        ids_[o.label] = row;
        labels_[row] = o.label;
        return std::nullopt;
    }
    case Verb::edit: {
        const auto revisions =
            session.query("select revision from message where guid = $1", store::parse_uuid(id.guid));
        const auto newest = revisions.empty() ? 1 : revisions.integer(0, 0);
        return outcome(verbs.edit(actor, id, static_cast<std::uint32_t>(newest - o.replaces), content_of(o.text)));
    }
    case Verb::redact: return outcome(verbs.redact(actor, id));
    case Verb::change: {
        email2::ListChange change;
        for (const auto& [person, role] : o.entries) change.add.push_back({said(person), "", role_of(role)});
        for (const auto person : o.remove) change.remove.push_back(said(person));
        change.detach = o.detach;
        change.inherit = o.inherit;
        return outcome(verbs.change_list(actor, id, change));
    }
    case Verb::leave: return outcome(verbs.leave(actor, id, o.thread));
    case Verb::rejoin: return outcome(verbs.rejoin(actor, id, o.thread));
    case Verb::withdraw: return outcome(verbs.withdraw(actor, id));
    case Verb::undelete: return outcome(verbs.undelete(actor, id));
    case Verb::file: {
        email2::Filing filing;
        if (!o.folder.empty()) filing.folder = o.folder;
        filing.thread = o.thread == true;
        filing.add_flags = names_of(o.add_flags);
        filing.remove_flags = names_of(o.remove_flags);
        return outcome(verbs.file(actor, id, filing));
    }
    case Verb::create_folder: return outcome(verbs.create_folder(actor, o.folder));
    case Verb::rename_folder: return outcome(verbs.rename_folder(actor, o.folder, o.other));
    case Verb::remove_folder: return outcome(verbs.remove_folder(actor, o.folder));
    default: return in_mailbox(o, session);
    }
}

// As an IMAP client does it.
Outcome World::in_mailbox(const Operation& o, store::Session& session)
{
    std::int64_t message = 0;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = ids_.find(o.label); found != ids_.end()) message = found->second;
    }
    if (session.query("select from message where id = $1", message).empty()) return email2::Code::not_found;
    const auto user = persons_.at(static_cast<std::size_t>(o.user));
    const auto account = *store::find_account(session, addresses_.at(static_cast<std::size_t>(o.user)));
    const auto done = store::change(session, [&](store::Changes& changes) -> imap::Result<bool> {
        const auto from = store::find_mailbox(session, user, o.folder),
                   destination = store::find_mailbox(session, user, o.other);
        if (!from || (o.verb != Verb::expunge && !destination)) return tl::unexpected(imap::No{"NONEXISTENT", ""});
        const auto rows =
            session.query("select uid from ref where user_id = $1 and mailbox_id = $2 and message_id = $3 order by uid",
                user, from->id, message);
        std::vector<std::int32_t> uids;
        for (std::size_t i = 0; i < rows.size(); ++i) uids.push_back(static_cast<std::int32_t>(rows.integer(i, 0)));
        if (uids.empty()) return true;
        std::size_t reached = 0;
        if (o.verb == Verb::expunge) {
            (void)store::store_flags(session, changes, user, from->id, uids, {-1, 4}, std::nullopt);
            reached = store::expunge(session, changes, account, from->id, uids, store::LeaveScope::thread).size();
        } else if (o.verb == Verb::copy) {
            reached = store::copy(session, changes, account, from->id, uids, destination->id).from.size();
        } else {
            reached = store::move(session, changes, account, from->id, uids, destination->id, store::LeaveScope::thread)
                          .from.size();
        }
        // An edit gave it a new UID since these were read: a client would be told and ask again.
        if (reached != uids.size()) throw store::DatabaseError("another UID by now", "40001");
        return true;
    });
    return done.value ? std::nullopt : Outcome(email2::Code::not_found);
}

std::string World::step(const Operation& operation, std::mt19937& random)
{
    const auto wanted = model.apply(operation);
    const auto found = act(operation, village_.session, village_.writer);
    if (wanted != found) return "the verb: wanted " + word(wanted) + ", found " + word(found);
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<std::uint32_t>(n)); };
    if (pick(3) == 0)
        if (auto differs = compare_references(model); !differs.empty()) return differs;
    if (pick(25) == 0)
        if (auto differs = compare(model); !differs.empty()) return differs;
    if (model.exists(operation.label) && pick(4) == 0) return compare_get(pick(model.natives()), operation.label);
    return {};
}

std::string World::compare(const Reference_store& against)
{
    for (const auto look : {&World::compare_references, &World::compare_holders, &World::compare_standing})
        if (auto differs = (this->*look)(against); !differs.empty()) return differs;
    return {};
}

std::string World::compare_all()
{
    if (auto differs = compare(model); !differs.empty()) return differs;
    for (User user = 0; user < model.natives(); ++user) {
        if (auto differs = compare_events(user); !differs.empty()) return differs;
        if (auto differs = compare_lists(user); !differs.empty()) return differs;
    }
    for (const auto& [label, message] : model.messages()) {
        const auto user = label % model.natives();
        if (auto differs = compare_get(user, label); !differs.empty()) return differs;
        if (auto differs = compare_history(user, label); !differs.empty()) return differs;
    }
    return {};
}

std::string World::compare_references(const Reference_store& against)
{
    using Row = std::tuple<User, Label, std::string, int, int>;
    const std::vector<std::int32_t> natives(persons_.begin(), persons_.begin() + against.natives());
    const auto rows = village_.session.query(
        "select r.user_id, r.message_id, b.name, r.flags::int, v.revision from ref r join mailbox b on b.id = r.mailbox_id and b.use <> 7 "
        "join rendition v on v.id = r.rendition_id where r.user_id = any($1::int4[])",
        natives);
    std::vector<Row> found, wanted;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto user =
            std::find(natives.begin(), natives.end(), static_cast<std::int32_t>(rows.integer(i, 0))) - natives.begin();
        const auto label = labels_.find(rows.integer(i, 1));
        found.emplace_back(user, label == labels_.end() ? -1 : label->second, rows.text(i, 2),
            static_cast<int>(rows.integer(i, 3)), static_cast<int>(rows.integer(i, 4)));
    }
    for (User user = 0; user < against.natives(); ++user) {
        std::map<FolderId, std::string> names;
        for (const auto& [name, id] : against.folders(user)) names[id] = name;
        for (const auto& [label, folder, flags, revision] : against.view(user))
            wanted.emplace_back(user, label, names[folder], flags, revision);
    }
    std::sort(found.begin(), found.end());
    std::sort(wanted.begin(), wanted.end());
    return difference("references", wanted, found, [&](const Row& r) {
        return said(std::get<0>(r)) + " #" + std::to_string(std::get<1>(r)) + " in " + std::get<2>(r) + " flags " +
               std::to_string(std::get<3>(r)) + " revision " + std::to_string(std::get<4>(r));
    });
}

std::string World::compare_standing(const Reference_store& against)
{
    using Row = std::tuple<Label, User, int>;
    std::vector<std::int64_t> ids;
    for (const auto& [label, message] : against.messages()) ids.push_back(ids_.at(label));
    const auto rows =
        village_.session.query("select m.id, p.id, coalesce(" EFFECTIVE(
                                   "m", "p.id") ", -1)::int from message m join person p on p.id = any($2::int4[]) "
                                                "where m.id = any($1::int8[])",
            ids, persons_);
    std::vector<Row> found, wanted;
    for (std::size_t i = 0; i < rows.size(); ++i)
        found.emplace_back(labels_.at(rows.integer(i, 0)),
            std::find(persons_.begin(), persons_.end(), static_cast<std::int32_t>(rows.integer(i, 1))) -
                persons_.begin(),
            static_cast<int>(rows.integer(i, 2)) + 1);
    for (const auto& [label, message] : against.messages())
        for (User user = 0; user < against.everybody(); ++user)
            wanted.emplace_back(label, user, static_cast<int>(against.effective(message, user)));
    std::sort(found.begin(), found.end());
    std::sort(wanted.begin(), wanted.end());
    return difference("standing", wanted, found, [&](const Row& r) {
        return said(std::get<1>(r)) + " " + word(static_cast<Listed>(std::get<2>(r))) + " on #" +
               std::to_string(std::get<0>(r));
    });
}

std::string World::compare_holders(const Reference_store& against)
{
    using Row = std::tuple<Label, std::vector<Label>, int, bool>;
    std::vector<std::int64_t> ids;
    for (const auto& [label, id] : ids_) ids.push_back(id);
    const auto rows = village_.session.query(
        "select m.id, m.list_id, m.revision, m.state = 1, array(select l.list_id from message_list l where l.message_id = m.id order by 1), m.more_lists "
        "from message m where m.id = any($1::int8[])",
        ids);
    std::vector<Row> found, wanted;
    const auto sorted = [](std::vector<Label> labels) {
        std::sort(labels.begin() + 1, labels.end());
        return labels;
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::vector<Label> lists{labels_.at(rows.integer(i, 1))};
        const auto more = rows.integers(i, 4);
        for (const auto list : more) lists.push_back(labels_.at(list));
        if (static_cast<std::int64_t>(more.size()) != rows.integer(i, 5)) lists.push_back(-1);
        found.emplace_back(
            labels_.at(rows.integer(i, 0)), sorted(lists), static_cast<int>(rows.integer(i, 2)), rows.boolean(i, 3));
    }
    for (const auto& [label, message] : against.messages())
        wanted.emplace_back(
            label, sorted(against.holders(message)), static_cast<int>(message.revisions.size()), message.withdrawn);
    std::sort(found.begin(), found.end());
    std::sort(wanted.begin(), wanted.end());
    return difference("messages", wanted, found, [](const Row& r) {
        auto out = "#" + std::to_string(std::get<0>(r)) + " held by";
        for (const auto list : std::get<1>(r)) out += " #" + std::to_string(list);
        return out + " revision " + std::to_string(std::get<2>(r)) + (std::get<3>(r) ? " withdrawn" : "");
    });
}

std::string World::compare_get(User user, Label label)
{
    const auto what = "get #" + std::to_string(label) + " by " + said(user);
    const auto& message = model.messages().at(label);
    const auto may = email2::may_read(model.standing(message, user));
    const auto got = village_.verbs.get(said(user), name(label), std::nullopt);
    const auto wanted = may ? Outcome() : Outcome(may.error().code);
    if (wanted != outcome(got)) return what + ": wanted " + word(wanted) + ", found " + word(outcome(got));
    if (!got) return {};
    if (got->revision != message.revisions.size()) return what + ": revision " + std::to_string(got->revision);
    if (got->draft != message.draft) return what + ": draft";
    if ((got->state == email2::State::withdrawn) != message.withdrawn) return what + ": state";
    if (got->from.address != said(message.originator)) return what + ": from " + got->from.address;
    const auto content = message.withdrawn ? email2::Content{} : content_of(message.revisions.back().text);
    if (got->content.body.text != content.body.text || got->content.subject != content.subject)
        return what + ": content " + got->content.body.text;
    if (got->to.inherit == message.own) return what + ": inherits";
    std::vector<std::string> parents;
    for (const auto parent : message.parents) parents.push_back(name(parent).str());
    for (int i = 0; i < message.unresolved; ++i)
        parents.push_back("mid:" + said(message.originator) + std::to_string(label) + "-" + std::to_string(i) + "@x");
    if (got->parents != parents) return what + ": parents";
    const auto top = model.thread(message);
    if (model.messages().at(top).unresolved == 0 && got->thread != name(top))
        return what + ": thread " + got->thread.str();
    std::vector<Reference_store::Line> lines, expected = model.list(message, user);
    for (const auto& entry : got->to.entries)
        lines.emplace_back(user_of(entry.person.address), static_cast<int>(entry.role),
            static_cast<int>(entry.membership),
            entry.delivery && entry.delivery->state == email2::DeliveryState::withheld);
    std::sort(lines.begin(), lines.end());
    std::sort(expected.begin(), expected.end());
    return difference(what + ": list", expected, lines, [&](const auto& l) {
        return said(std::get<0>(l)) + " role " + std::to_string(std::get<1>(l)) + " membership " +
               std::to_string(std::get<2>(l)) + (std::get<3>(l) ? " withheld" : "");
    });
}

std::string World::compare_history(User user, Label label)
{
    const auto what = "history of #" + std::to_string(label) + " by " + said(user);
    const auto& message = model.messages().at(label);
    const auto may = email2::may_read_history(model.standing(message, user));
    const auto got = village_.verbs.history(said(user), name(label));
    const auto wanted = may ? Outcome() : Outcome(may.error().code);
    if (wanted != outcome(got)) return what + ": wanted " + word(wanted) + ", found " + word(outcome(got));
    if (!got) return {};
    if (got->size() != message.revisions.size()) return what + ": " + std::to_string(got->size()) + " revisions";
    for (std::size_t i = 0; i < got->size(); ++i) {
        const auto& revision = message.revisions[i];
        const auto& found = (*got)[i];
        if (found.by != said(revision.by) || found.redacted != revision.redacted)
            return what + ": revision " + std::to_string(i + 1);
        if (found.content.has_value() == revision.redacted)
            return what + ": content of revision " + std::to_string(i + 1);
        if (found.content && found.content->body.text != content_of(revision.text).body.text)
            return what + ": text of revision " + std::to_string(i + 1);
    }
    return {};
}

std::string World::compare_events(User user)
{
    std::vector<Event> found;
    const auto wanted = model.events(user);
    const auto events = village_.verbs.events(said(user), first_event_, 10'000);
    for (const auto& event : events->events)
        for (const auto& [label, own] : names_)
            if (own == event.message)
                found.push_back({label, event.kind, event.actor.empty() ? -1 : user_of(event.actor), -1});
    std::sort(found.begin(), found.end());
    return difference("events of " + said(user), wanted, found, [&](const Event& e) {
        return "kind " + std::to_string(static_cast<int>(e.kind)) + " of #" + std::to_string(e.label) + " by " +
               said(e.actor);
    });
}

std::string World::compare_lists(User user)
{
    std::vector<std::string> wanted, found;
    std::map<FolderId, std::pair<int, int>> counts;
    std::set<Label> labels;
    for (const auto& [label, folder, flags, revision] : model.view(user)) {
        ++counts[folder].first;
        counts[folder].second += (flags & seen) == 0;
        labels.insert(label);
    }
    for (const auto& [label, message] : model.messages())  // unfiled: on its list, in no folder
        if (!message.draft && !message.withdrawn && model.effective(message, user) == email2::Listed::in)
            labels.insert(label);
    for (const auto& [name, id] : model.folders(user))
        wanted.push_back(name + " " + std::to_string(counts[id].first) + " " + std::to_string(counts[id].second));
    const auto folders = village_.verbs.folders(said(user));
    for (const auto& folder : *folders)
        found.push_back(folder.name + " " + std::to_string(folder.messages) + " " + std::to_string(folder.unseen));
    for (const auto label : labels) wanted.push_back(name(label).str());
    const auto listed = village_.verbs.list(said(user), {"", "", "", 0, 1000});
    for (const auto& reference : listed->references) found.push_back(reference.message.str());
    std::sort(wanted.begin(), wanted.end());
    std::sort(found.begin(), found.end());
    return difference("folders of " + said(user), wanted, found, [](const std::string& s) { return s; });
}

}  // namespace model
