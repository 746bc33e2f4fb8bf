// append: what APPEND means: a draft, the author's copy of what was submitted, a reference to what
// is here, or an import. mapping.md "The mailbox view".
#include "gateway/mailboxes/append.h"

#include "gateway/mailboxes/account_mailboxes.h"
#include "gateway/mailboxes/changing.h"
#include "gateway/store/charges.h"
#include "gateway/store/mailbox_append.h"
#include "gateway/store/mailbox_keywords.h"
#include "gateway/store/mailbox_names.h"
#include "gateway/store/rendition.h"

namespace gateway::mailboxes {

using imap::Async;
using imap::Result;
using imap::Uid;

imap::No refusal(const email2::Error& error)
{
    switch (error.code) {
    case email2::Code::over_quota: return {"OVERQUOTA", error.text};
    case email2::Code::too_large: return {"TOOBIG", error.text};
    case email2::Code::rate_limited: return {"LIMIT", error.text};
    case email2::Code::forbidden:
    case email2::Code::not_found: return {"NOPERM", error.text};
    default: return {"CANNOT", error.text};
    }
}

Arriving arriving(imap::AppendMessage message)
{
    Arriving out;
    out.mail = std::make_shared<mime::Spool>(std::move(message.mail));
    out.bytes = out.mail->bytes();
    out.parsed = std::make_shared<const mime::Message>(mime::parse(out.bytes));
    out.facts = mapping::read_facts(*out.parsed, out.bytes);
    if (message.internal_date) out.date = store::Time(*message.internal_date);
    return out;
}

Async<Result<Destination>> find_destination(Rooms& rooms, store::Account account, Keywords& keywords, std::string name,
    const imap::AppendMessage& message, Room room)
{
    struct Found {
        Destination destination;
        std::vector<std::string> keywords;
    };

    auto found = co_await rooms.database.run(
        [user = account.id, name = std::move(name), flags = message.flags, keywords = message.keywords,
            address = account.address, storage = rooms.settings.storage, room,
            size = message.mail.size()](store::Session& session) -> Result<Found> {
            const auto mailbox = store::require_mailbox(session, user, name, store::Purpose::destination);
            if (!mailbox) return tl::unexpected(mailbox.error());
            if (room == Room::needed && !store::has_room(session, address, storage, size))
                return tl::unexpected(imap::No{"OVERQUOTA", "Your store is full"});
            const auto bits = keywords.empty() ? Result<imap::Flags>(0) : store::make_keywords(session, user, keywords);
            if (!bits) return tl::unexpected(bits.error());
            return Found{{mailbox->id, mailbox->uid_validity, static_cast<std::int64_t>(flags | *bits)},
                store::read_keywords(session, user)};
        });
    if (!found) co_return tl::unexpected(found.error());
    keywords.learn(std::move(found->keywords));
    co_return found->destination;
}

Result<Uid> place_known(store::Session& session, store::Changes& changes, Rooms& rooms, const store::Account& account,
    const Destination& destination, const Arriving& arriving)
{
    const auto& id = arriving.facts.message_id;
    if (destination.id == account.drafts) return Uid{0};
    if (destination.id == account.sent) {
        const auto submitted = store::find_submitted(session, account.id, id);
        if (submitted == 0) return Uid{0};
        return store::save_sent(session, changes, rooms.ids, account, submitted,
            store::index_rendition(*arriving.parsed, arriving.bytes, {}), arriving.bytes, arriving.date,
            destination.flags);
    }
    auto same = store::find_same(session, account.id, id, arriving.bytes);
    if (!same) return Uid{0};
    same->flags = destination.flags;
    return store::refer(session, changes, account, destination.id, *same);
}

store::NewMessage new_message(const store::Account& account, const Destination& destination, Arriving& arriving)
{
    store::NewMessage fresh;
    fresh.kind = destination.id == account.drafts ? store::Kind::draft : store::Kind::import;
    fresh.originator = account.address;
    fresh.originator_name = account.name;
    fresh.proof = email2::Proof::account;
    fresh.message_id = arriving.facts.message_id;
    fresh.parents = mapping::parent_ids(arriving.facts);
    fresh.inherit = false;
    fresh.created = arriving.date;
    fresh.place = store::Placement{destination.id, destination.flags};
    fresh.bytes = std::move(*arriving.mail);
    return fresh;
}

Async<Result<imap::Appended>> AccountMailboxes::append(std::string name, std::vector<imap::AppendMessage> messages)
{
    name = store::canonical_name(std::move(name));
    imap::Appended out;
    for (auto& message : messages) {
        if (message.mail.size() > rooms_->settings.message_size)
            co_return tl::unexpected(imap::No{"TOOBIG", "The message is too large"});
        const auto place = co_await find_destination(*rooms_, account_, *keywords_, name, message, Room::needed);
        if (!place) co_return tl::unexpected(place.error());
        const auto uid = co_await append_one(*place, std::move(message));
        if (!uid) co_return tl::unexpected(uid.error());
        out.uid_validity = place->uid_validity;
        out.uids.push_back(*uid);
        rooms_->open.hear(store::Changes{.mailboxes = {place->id}});
    }
    co_return out;
}

Async<Result<Uid>> AccountMailboxes::append_one(Destination destination, imap::AppendMessage message)
{
    auto mail = arriving(std::move(message));
    if (!mail.facts.edits.empty()) {
        const auto edited = co_await edit_by_append(destination, mail);
        if (!edited || *edited != 0) co_return edited;
    }
    const auto here = co_await changing(*rooms_,
        [rooms = rooms_, account = account_, destination, mail](store::Session& session, store::Changes& changes) {
            return place_known(session, changes, *rooms, account, destination, mail);
        });
    if (!here || *here != 0) co_return here;
    const auto published = co_await rooms_->writer.publish(new_message(account_, destination, mail));
    if (!published) co_return tl::unexpected(refusal(published.error()));
    co_return static_cast<Uid>(published->uid);
}

}  // namespace gateway::mailboxes
