// mailbox_transaction: one change of a user's mailboxes: all of it or nothing, announced, and begun
// again after a deadlock.
#pragma once

#include "gateway/store/changes.h"
#include "gateway/store/session.h"
#include "gateway/store/votes.h"

#include <utility>

namespace gateway::store {

// What a change gave, and which mailboxes it touched.
template <class T>
struct Outcome {
    T value;
    Changes changes;
};

// `body(Changes&)` returns an imap::Result; a refusal rolls back. Mailboxes are locked in ascending
// order and lists before them, but leaving and rejoining reach lists that only reading finds, so a
// deadlock remains possible: then it is tried again.
template <class Body>
auto change(Session& session, Body body) -> Outcome<decltype(body(std::declval<Changes&>()))>
{
    constexpr int attempts = 4;
    for (int attempt = 1;; ++attempt) {
        try {
            Transaction transaction(session);
            Changes changes;
            auto value = body(changes);
            if (!value) return {std::move(value), {}};
            finish(session, changes);
            transaction.commit();
            settle_votes(session, changes);  // does not throw
            return {std::move(value), std::move(changes)};
        } catch (const DatabaseError& error) {
            const bool again = error.sqlstate == "40P01" || error.sqlstate == "40001";
            if (!again || attempt == attempts) throw;
        }
    }
}

}  // namespace gateway::store
