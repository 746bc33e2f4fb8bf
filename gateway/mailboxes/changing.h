// changing: one change of the store on a database thread, and word of it to this process's open mailboxes.
#pragma once

#include "gateway/mailboxes/rooms.h"
#include "gateway/store/mailbox_transaction.h"

namespace gateway::mailboxes {

// `body(Session&, Changes&)` returns an imap::Result. It is durable when this returns.
template <class Body>
auto changing(Rooms& rooms, Body body) -> imap::Async<decltype(body(std::declval<store::Session&>(), std::declval<store::Changes&>()))>
{
    auto outcome = co_await rooms.database.run([body = std::move(body)](store::Session& session) {
        return store::change(session, [&](store::Changes& changes) { return body(session, changes); });
    });
    if (outcome.value) rooms.open.hear(outcome.changes);
    co_return std::move(outcome.value);
}

}  // namespace gateway::mailboxes
