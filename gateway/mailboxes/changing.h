// changing: one change of the store on a database thread, and word of it to this process's open
// mailboxes.
#pragma once

#include "gateway/mailboxes/rooms.h"
#include "gateway/store/mailbox_transaction.h"

namespace gateway::mailboxes {

// `body(Session&, Changes&)` returns an imap::Result. It is durable when this returns, and `own`,
// the mailbox in which the caller stands, is as new as that.
template <class Body>
auto changing(Rooms& rooms, Body body, std::shared_ptr<SharedMailbox> own = nullptr)
    -> imap::Async<decltype(body(std::declval<store::Session&>(), std::declval<store::Changes&>()))>
{
    auto outcome = co_await rooms.database.run([body = std::move(body)](store::Session& session) {
        return store::change(session, [&](store::Changes& changes) { return body(session, changes); });
    });
    if (!outcome.value) co_return std::move(outcome.value);
    const bool here = own && outcome.changes.mailboxes.erase(own->id()) > 0;
    rooms.open.hear(outcome.changes);
    if (here) co_await own->refresh();
    co_return std::move(outcome.value);
}

}  // namespace gateway::mailboxes
