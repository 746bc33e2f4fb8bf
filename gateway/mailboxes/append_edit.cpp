// append_edit: an APPEND whose Supersedes names an own message: an edit. mapping.md "The mailbox view".
#include "gateway/mailboxes/account_mailboxes.h"
#include "gateway/mailboxes/append.h"
#include "gateway/mapping/legacy_verb.h"
#include "gateway/store/mail_verbs.h"
#include "gateway/store/mailbox_append.h"
#include "gateway/store/mailbox_transaction.h"
#include "gateway/store/store.h"

namespace gateway::mailboxes {

namespace {

using imap::Async;
using imap::Result;
using imap::Uid;

// Whether Supersedes means an edit there; whose it is, is another question.
bool may_edit_from(const Rooms& rooms, const store::Account& account, const Destination& destination)
{
    return destination.id != account.drafts && destination.id != account.trash && destination.id != account.junk &&
           rooms.settings.verbs != nullptr;
}

}  // namespace

std::optional<store::Facts> superseded(store::Session& session, const Rooms& rooms, const store::Account& account,
    const Destination& destination, const Arriving& arriving)
{
    if (arriving.facts.edits.empty() || !may_edit_from(rooms, account, destination)) return std::nullopt;
    const auto verb = mapping::legacy_verb(*arriving.parsed, arriving.bytes, arriving.facts);
    if (!verb || verb->form != mapping::LegacyForm::supersedes) return std::nullopt;
    auto named = store::messages_named(session, account.id, verb->ids);
    std::erase_if(named, [](const auto& facts) { return !email2::may_read(facts.standing); });
    if (named.size() != 1) return std::nullopt;
    return std::move(named.front());
}

Uid shown_at(store::Session& session, store::Changes& changes, const store::Account& account, std::int64_t message,
    const Destination& destination)
{
    const auto here =
        session.query("select max(uid) from ref where user_id = $1 and mailbox_id = $2 and message_id = $3", account.id,
            destination.id, message);
    if (!here.null(0, 0)) return static_cast<Uid>(here.integer(0, 0));
    const auto newest = session.query(
        "select v.rendition_id from message m join revision v on v.message_id = m.id and v.number = m.revision where m.id = $1",
        message);
    if (newest.empty()) return 0;
    return store::refer(session, changes, account, destination.id,
        {.message = message, .rendition = newest.integer(0, 0), .flags = destination.flags});
}

// 0: an ordinary mail. What clients save of a mail that they submitted, and that was this very edit, is the same once
// more.
Async<Result<Uid>> AccountMailboxes::edit_by_append(Destination destination, Arriving mail)
{
    auto outcome = co_await rooms_->database.run([rooms = rooms_, account = account_, destination, mail](
                                                     store::Session& session) -> store::Outcome<Result<Uid>> {
        const auto& id = mail.facts.message_id;
        const auto message = superseded(session, *rooms, account, destination, mail);
        if (!message) return {Uid{0}, {}};
        const auto once = store::once_for("edit", message->name);
        const bool first = store::is_first_time(session, account.id, once, id);
        if (first) {
            store::PostgresStore verbs(session, rooms->writer, *rooms->settings.verbs);
            if (auto may = email2::may_edit(message->standing, message->standing.newest_revision); !may)
                return {tl::unexpected(refusal(may.error())), {}};
            // Its mark goes with the edit. Should we die before the mail is shown below, the client saves it again,
            // and finds it edited.
            bool acted = false;
            verbs.along([&](store::Changes&) {
                acted = !store::remember_time(session, account.id, once, id, message->id);
                return !acted;
            });
            const auto edited =
                verbs.edit_as_mail(account.address, message->name, message->standing.newest_revision, mail.bytes, {});
            if (!edited && !acted) return {tl::unexpected(refusal(edited.error())), {}};
        }
        return store::change(session, [&](store::Changes& changes) -> Result<Uid> {
            return shown_at(session, changes, account, message->id, destination);
        });
    });
    rooms_->open.hear(outcome.changes);
    co_return std::move(outcome.value);
}

}  // namespace gateway::mailboxes
