// events: which events whom concern. email2.md "Events", "Blind people".
#pragma once

#include "email2/message.h"
#include "gateway/store/session.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace gateway::store {

// An event as one person may know of it. People who may know the same share it.
struct Told {
    std::shared_ptr<const email2::Event> event;
    std::int32_t person = 0;
};

struct Telling {
    std::vector<Told> told;  // by number, then by person
    std::int64_t last = 0;   // the number up to which events were looked at; `after` when there is none
    bool more = false;       // there may be more behind it
};

// What the first `window` events after that number say to these people, in one statement whatever their number is.
[[nodiscard]] Telling tell_events(
    Session& session, std::int64_t after, std::int32_t window, const std::vector<std::int32_t>& people);
// The newest event's number; 0 when there is none.
[[nodiscard]] std::int64_t last_event(Session& session);

}  // namespace gateway::store
