// changes: what a transaction did, gathered to its end: events, and whom to wake. store.md 6.
#pragma once

#include "email2/message.h"
#include "gateway/store/session.h"

#include <cstdint>
#include <set>
#include <vector>

namespace gateway::store {

struct NewEvent {
    std::int64_t message = 0;
    std::int32_t revision = 1;
    std::int32_t actor = 0;  // person, 0: the server
    email2::EventKind kind = email2::EventKind::published;
    std::int32_t person = 0;    // whom it is about, 0: nobody in particular
    std::int64_t sequence = 0;  // given by finish()
};

struct Changes {
    std::set<std::int32_t> mailboxes;  // their contents changed
    std::set<std::int32_t> users;      // their list of mailboxes or keywords changed
    std::vector<NewEvent> events;
    bool egress = false;              // something was queued
    std::vector<std::int64_t> voted;  // messages that got votes: settle_votes() has its say after the commit (votes.h)
};

// To be called last before the commit: writes the events under the lock that keeps their numbers from overtaking, gives
// them their numbers, and notifies. What needs an event's number (follow-ups) calls number() first and finish() then.
void number(Session& session, Changes& changes);
void finish(Session& session, Changes& changes);

// What a notification said. `everything`: too much to name.
struct News {
    bool everything = false;
    std::vector<std::int32_t> mailboxes, users;
    bool egress = false, events = false;
    bool accounts = false;  // an account, alias or token changed
};
[[nodiscard]] News parse_news(std::string_view payload);
inline constexpr const char* channel = "email2";

}  // namespace gateway::store
