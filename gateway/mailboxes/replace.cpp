// replace: what REPLACE means: a draft saved again stays that draft, an own message is edited, and
// what was only kept here gives way to the other mail. mapping.md "The mailbox view".
#include "gateway/mailboxes/append.h"
#include "gateway/mailboxes/selected.h"
#include "gateway/store/charges.h"
#include "gateway/store/mail_verbs.h"
#include "gateway/store/mailbox_append.h"
#include "gateway/store/mailbox_names.h"
#include "gateway/store/mailbox_replace.h"
#include "gateway/store/mailbox_transaction.h"
#include "gateway/store/publish.h"
#include "gateway/store/store.h"

namespace gateway::mailboxes {

namespace {

using imap::Async;
using imap::Result;
using imap::Uid;
using Outcome = store::Outcome<Result<Uid>>;

enum class Meaning { edit, save_again, exchange };

// An import is exchanged, not edited: whoever is its originator here, its author is somebody else
// (mapping.md "APPEND elsewhere"). So is a draft that leaves Drafts, as it does once it was sent.
Result<Meaning> meaning_of(const store::Facts& facts, const store::Account& account, std::int32_t destination)
{
    const auto kind = static_cast<store::Kind>(facts.kind);
    if (!facts.standing.originator || kind == store::Kind::notice)
        return tl::unexpected(imap::No{"NOPERM", "Only who wrote a message replaces it"});
    if (kind == store::Kind::import) return Meaning::exchange;
    if (kind == store::Kind::draft) return destination == account.drafts ? Meaning::save_again : Meaning::exchange;
    for (const auto elsewhere : {account.drafts, account.trash, account.junk})
        if (destination == elsewhere)
            return tl::unexpected(imap::No{"CANNOT", "A message that was sent is edited where it lies"});
    return Meaning::edit;
}

struct Replacing {
    std::shared_ptr<Rooms> rooms;
    store::Account account;
    store::Place place;
    Destination to;
    Arriving mail;
};

imap::No gone()
{
    return {"", "The message to be replaced is gone"};
}

// The other mail needs room for what it has more.
bool fits(store::Session& session, const Replacing& asked, const store::Replaced& replaced)
{
    const auto size = asked.mail.bytes.size();
    return size <= replaced.size ||
           store::has_room(session, asked.account.address, asked.rooms->settings.storage, size - replaced.size);
}

imap::No full()
{
    return {"OVERQUOTA", "Your store is full"};
}

Outcome edit(store::Session& session, const Replacing& asked, const store::Facts& facts)
{
    const auto& settings = asked.rooms->settings;
    const auto& account = asked.account;
    if (!settings.verbs) return {tl::unexpected(imap::No{"CANNOT", "Nothing is edited here"}), {}};
    store::PostgresStore verbs(session, asked.rooms->writer, *settings.verbs);
    const auto newest = facts.standing.newest_revision;
    if (auto may = email2::may_edit(facts.standing, newest); !may) return {tl::unexpected(refusal(may.error())), {}};
    return store::change(session, [&](store::Changes& changes) -> Result<Uid> {
        const auto replaced = store::find_replaced(session, account.id, asked.place);
        if (!replaced) return tl::unexpected(gone());
        if (auto edited = verbs.edit_as_mail_within(changes, account.address, facts.name, newest, asked.mail.bytes, {});
            !edited)
            return tl::unexpected(refusal(edited.error()));
        const auto uid = store::place_edited(
            session, changes, account, *replaced, asked.place.mailbox, asked.to.id, asked.to.flags, settings.leave);
        if (uid == 0) return tl::unexpected(gone());
        return uid;
    });
}

Outcome save_again(store::Session& session, const Replacing& asked)
{
    const auto& mail = asked.mail;
    const auto indexed = store::index_rendition(*mail.parsed, mail.bytes, {});
    return store::change(session, [&](store::Changes& changes) -> Result<Uid> {
        const auto& account = asked.account;
        store::lock_for_replacing(session, account, asked.place.mailbox, asked.place.uid, asked.to.id);
        const auto replaced = store::find_replaced(session, account.id, asked.place);
        const auto facts = replaced ? store::facts_of(session, replaced->message, account.id) : std::nullopt;
        if (!facts) return tl::unexpected(gone());
        if (!fits(session, asked, *replaced)) return tl::unexpected(full());
        const store::SavedDraft saved{&indexed, mail.bytes, mail.facts.message_id, mail.date, asked.to.flags};
        return store::save_again(session, changes, asked.rooms->ids, account, *facts, asked.place, saved);
    });
}

Outcome exchange(store::Session& session, Replacing asked)
{
    const auto& account = asked.account;
    const auto& settings = asked.rooms->settings;
    store::PublishJob job;
    job.message = new_message(account, asked.to, asked.mail);
    store::prepare(job);
    asked.mail.bytes = job.message.bytes.bytes();
    return store::change(session, [&](store::Changes& changes) -> Result<Uid> {
        store::lock_for_replacing(session, account, asked.place.mailbox, asked.place.uid, asked.to.id);
        const auto replaced = store::find_replaced(session, account.id, asked.place);
        if (!replaced) return tl::unexpected(gone());
        if (!fits(session, asked, *replaced)) return tl::unexpected(full());
        auto uid = place_known(session, changes, *asked.rooms, account, asked.to, asked.mail);
        if (!uid) return uid;
        if (*uid == 0) {
            // Drafts and imports: nothing else of the writer's settings is about them.
            const store::WriterSettings writer{.domains = settings.domains};
            store::publish_within(session, changes, writer, asked.rooms->ids, {&job});
            if (!*job.result) return tl::unexpected(refusal(job.result->error()));
            uid = static_cast<Uid>((*job.result)->uid);
        }
        store::expunge_replaced(session, changes, account, asked.place.mailbox, asked.place.uid, settings.leave);
        return uid;
    });
}

// What APPEND would make an edit of is one here as well: the draft of it goes in the same step. The mail may have been
// submitted before, and is the edit already.
Outcome exchange_for_edit(store::Session& session, const Replacing& asked, const store::Facts& edited)
{
    const auto& account = asked.account;
    const auto& id = asked.mail.facts.message_id;
    const auto newest = edited.standing.newest_revision;
    const auto once = store::once_for("edit", edited.name);
    const bool first = store::is_first_time(session, account.id, once, id);
    if (auto may = email2::may_edit(edited.standing, newest); first && !may)
        return {tl::unexpected(refusal(may.error())), {}};
    store::PostgresStore verbs(session, asked.rooms->writer, *asked.rooms->settings.verbs);
    return store::change(session, [&](store::Changes& changes) -> Result<Uid> {
        if (!store::find_replaced(session, account.id, asked.place)) return tl::unexpected(gone());
        if (first && store::remember_time(session, account.id, once, id, edited.id)) {
            const auto done =
                verbs.edit_as_mail_within(changes, account.address, edited.name, newest, asked.mail.bytes, {});
            if (!done) return tl::unexpected(refusal(done.error()));
        }
        const auto uid = shown_at(session, changes, account, edited.id, asked.to);
        store::expunge_replaced(
            session, changes, account, asked.place.mailbox, asked.place.uid, asked.rooms->settings.leave);
        return uid;
    });
}

Outcome replace_one(store::Session& session, const Replacing& asked)
{
    const auto replaced = store::find_replaced(session, asked.account.id, asked.place);
    const auto facts = replaced ? store::facts_of(session, replaced->message, asked.account.id) : std::nullopt;
    if (!facts) return {tl::unexpected(gone()), {}};
    const auto meaning = meaning_of(*facts, asked.account, asked.to.id);
    if (!meaning) return {tl::unexpected(meaning.error()), {}};
    switch (*meaning) {
    case Meaning::edit: return edit(session, asked, *facts);
    case Meaning::save_again: return save_again(session, asked);
    default: break;
    }
    if (const auto edited = superseded(session, *asked.rooms, asked.account, asked.to, asked.mail))
        return exchange_for_edit(session, asked, *edited);
    return exchange(session, asked);
}

}  // namespace

Async<Result<imap::Appended>> Selected::replace(Uid uid, std::string destination, imap::AppendMessage message)
{
    if (read_only()) co_return tl::unexpected(imap::No{"READ-ONLY", "This mailbox is read-only"});
    if (message.mail.size() > rooms_->settings.message_size)
        co_return tl::unexpected(imap::No{"TOOBIG", "The message is too large"});
    const auto place = co_await find_destination(
        *rooms_, account_, *keywords_, store::canonical_name(std::move(destination)), message, Room::asked_later);
    if (!place) co_return tl::unexpected(place.error());
    const Replacing asked{
        rooms_, account_, {mailbox_->id(), static_cast<std::int32_t>(uid)}, *place, arriving(std::move(message))};
    auto outcome =
        co_await rooms_->database.run([asked](store::Session& session) { return replace_one(session, asked); });
    if (!outcome.value) co_return tl::unexpected(outcome.value.error());
    outcome.changes.mailboxes.erase(mailbox_->id());
    rooms_->open.hear(outcome.changes);
    co_await mailbox_->refresh();
    co_return imap::Appended{place->uid_validity, {*outcome.value}};
}

}  // namespace gateway::mailboxes
