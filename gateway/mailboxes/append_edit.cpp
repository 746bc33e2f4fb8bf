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

// The one message that is meant and shown to the user; nullopt: none, so that the mail is one like any other.
std::optional<store::Facts> replaced(store::Session& session, std::int32_t user, const std::vector<std::string>& ids)
{
    auto named = store::messages_named(session, user, ids);
    std::erase_if(named, [](const auto& facts) { return !email2::may_read(facts.standing); });
    if (named.size() != 1) return std::nullopt;
    return std::move(named.front());
}

// Where the user sees it in that mailbox, a new reference when they do not.
Uid shown_at(store::Session& session, store::Changes& changes, const store::Account& account, std::int64_t message,
    std::int32_t mailbox, std::int64_t flags)
{
    const auto here =
        session.query("select max(uid) from ref where user_id = $1 and mailbox_id = $2 and message_id = $3", account.id,
            mailbox, message);
    if (!here.null(0, 0)) return static_cast<Uid>(here.integer(0, 0));
    const auto newest = session.query(
        "select v.rendition_id from message m join revision v on v.message_id = m.id and v.number = m.revision where m.id = $1",
        message);
    if (newest.empty()) return 0;
    return store::refer(
        session, changes, account, mailbox, {.message = message, .rendition = newest.integer(0, 0), .flags = flags});
}

}  // namespace

// 0: an ordinary mail. What clients save of a mail that they submitted, and that was this very edit, is the same once
// more.
Async<Result<Uid>> AccountMailboxes::edit_by_append(
    Destination destination, std::shared_ptr<mime::Spool> mail, std::shared_ptr<const mime::Message> parsed)
{
    if (destination.id == account_.drafts || destination.id == account_.trash || destination.id == account_.junk ||
        !rooms_->settings.verbs)
        co_return Uid{0};
    const auto bytes = mail->bytes();
    const auto facts = mapping::read_facts(*parsed, bytes);
    const auto verb = mapping::legacy_verb(*parsed, bytes, facts);
    if (!verb || verb->form != mapping::LegacyForm::supersedes) co_return Uid{0};
    auto outcome = co_await rooms_->database.run(
        [rooms = rooms_, account = account_, destination, mail, bytes, ids = verb->ids, id = facts.message_id](
            store::Session& session) -> store::Outcome<Result<Uid>> {
            const auto message = replaced(session, account.id, ids);
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
                    verbs.edit_as_mail(account.address, message->name, message->standing.newest_revision, bytes, {});
                if (!edited && !acted) return {tl::unexpected(refusal(edited.error())), {}};
            }
            return store::change(session, [&](store::Changes& changes) -> Result<Uid> {
                return shown_at(session, changes, account, message->id, destination.id, destination.flags);
            });
        });
    rooms_->open.hear(outcome.changes);
    co_return std::move(outcome.value);
}

}  // namespace gateway::mailboxes
