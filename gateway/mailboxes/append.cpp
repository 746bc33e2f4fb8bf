// append: what APPEND means: a draft, the author's copy of what was submitted, a reference to what
// is here, or an import. mapping.md "The mailbox view".
#include "gateway/mailboxes/account_mailboxes.h"
#include "gateway/mailboxes/changing.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/charges.h"
#include "gateway/store/mailbox_append.h"
#include "gateway/store/mailbox_keywords.h"
#include "gateway/store/mailbox_names.h"
#include "gateway/store/rendition.h"
#include "mime/message.h"

namespace gateway::mailboxes {

namespace {

using imap::Async;
using imap::Result;
using imap::Uid;

imap::No refusal(const email2::Error& error)
{
    switch (error.code) {
    case email2::Code::over_quota: return {"OVERQUOTA", error.text};
    case email2::Code::too_large: return {"TOOBIG", error.text};
    case email2::Code::rate_limited: return {"LIMIT", error.text};
    case email2::Code::forbidden: return {"NOPERM", error.text};
    default: return {"CANNOT", error.text};
    }
}

std::optional<store::Time> date_of(const imap::AppendMessage& message)
{
    return message.internal_date ? std::optional(store::Time(*message.internal_date))
                                 : std::nullopt;
}

}  // namespace

Async<Result<AccountMailboxes::Destination>>
AccountMailboxes::destination(std::string name, imap::AppendMessage& message)
{
    struct Found {
        Destination destination;
        std::vector<std::string> keywords;
    };

    auto found = co_await rooms_->database.run(
        [user = account_.id,
         name = std::move(name),
         flags = message.flags,
         keywords = message.keywords,
         address = account_.address,
         storage = rooms_->settings.storage,
         size = message.mail.size()](store::Session& session) -> Result<Found> {
            const auto mailbox =
                store::require_mailbox(session, user, name, store::Purpose::destination);
            if (!mailbox) return tl::unexpected(mailbox.error());
            if (!store::has_room(session, address, storage, size))
                return tl::unexpected(imap::No{"OVERQUOTA", "Your store is full"});
            const auto bits = keywords.empty() ? Result<imap::Flags>(0)
                                               : store::make_keywords(session, user, keywords);
            if (!bits) return tl::unexpected(bits.error());
            return Found{
                {mailbox->id, mailbox->uid_validity, static_cast<std::int64_t>(flags | *bits)},
                store::read_keywords(session, user)};
        }
    );
    if (!found) co_return tl::unexpected(found.error());
    keywords_->learn(std::move(found->keywords));
    co_return found->destination;
}

Async<Result<imap::Appended>>
AccountMailboxes::append(std::string name, std::vector<imap::AppendMessage> messages)
{
    name = store::canonical_name(std::move(name));
    imap::Appended out;
    for (auto& message : messages) {
        if (message.mail.size() > rooms_->settings.message_size)
            co_return tl::unexpected(imap::No{"TOOBIG", "The message is too large"});
        const auto place = co_await destination(name, message);
        if (!place) co_return tl::unexpected(place.error());
        const auto uid = co_await append_one(*place, std::move(message));
        if (!uid) co_return tl::unexpected(uid.error());
        out.uid_validity = place->uid_validity;
        out.uids.push_back(*uid);
        rooms_->open.hear(store::Changes{.mailboxes = {place->id}});
    }
    co_return out;
}

Async<Result<Uid>>
AccountMailboxes::append_one(Destination destination, imap::AppendMessage message)
{
    // The spool is shared with the database thread, which may outlive a session that is cancelled.
    const auto mail = std::make_shared<mime::Spool>(std::move(message.mail));
    const auto bytes = mail->bytes();
    const auto parsed = std::make_shared<const mime::Message>(mime::parse(bytes));
    const auto facts = mapping::read_facts(*parsed, bytes);
    const auto date = date_of(message);

    if (!facts.edits.empty()) {
        const auto edited = co_await edit_by_append(destination, mail, parsed);
        if (!edited || *edited != 0) co_return edited;
    }
    const auto here = co_await changing(
        *rooms_,
        [rooms = rooms_,
         account = account_,
         destination,
         mail,
         bytes,
         parsed,
         date,
         id = facts.message_id](store::Session& session, store::Changes& changes) -> Result<Uid> {
            if (destination.id == account.drafts) return Uid{0};
            if (destination.id == account.sent) {
                const auto submitted = store::find_submitted(session, account.id, id);
                if (submitted == 0) return Uid{0};
                return store::save_sent(
                    session,
                    changes,
                    rooms->ids,
                    account,
                    submitted,
                    store::index_rendition(*parsed, bytes, {}),
                    bytes,
                    date,
                    destination.flags
                );
            }
            auto same = store::find_same(session, account.id, id, bytes);
            if (!same) return Uid{0};
            same->flags = destination.flags;
            return store::refer(session, changes, account, destination.id, *same);
        }
    );
    if (!here || *here != 0) co_return here;

    store::NewMessage fresh;
    fresh.kind = destination.id == account_.drafts ? store::Kind::draft : store::Kind::import;
    fresh.originator = account_.address;
    fresh.originator_name = account_.name;
    fresh.proof = email2::Proof::account;
    fresh.message_id = facts.message_id;
    fresh.parents = mapping::parent_ids(facts);
    fresh.inherit = false;
    fresh.created = date;
    fresh.place = store::Placement{destination.id, destination.flags};
    fresh.bytes = std::move(*mail);
    const auto published = co_await rooms_->writer.publish(std::move(fresh));
    if (!published) co_return tl::unexpected(refusal(published.error()));
    co_return static_cast<Uid>(published->uid);
}

}  // namespace gateway::mailboxes
