// votes: `spam` votes, what they move, and how far a sender outside is trusted after them. email2.md rule 11,
// email2/abuse.h.
#pragma once

#include "email2/abuse.h"
#include "email2/store.h"
#include "gateway/store/changes.h"
#include "gateway/store/session.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gateway::store {

// Inside the caller's transaction: notes the vote of `person` on those of `messages` that are not their own, or takes
// it back. Whoever commits then calls settle_votes() with changes.voted.
void cast_votes(Session& session, Changes& changes, std::int32_t person, const std::vector<std::int64_t>& messages,
    email2::Vote vote);

// A transaction of its own, after the commit: messages with enough votes go to Junk in every store here, in one step,
// and count against their source. What it touched.
Changes settle_votes(Session& session, const std::vector<std::int64_t>& messages);
// The same for what was committed a moment ago: what it touched is added. A lost database is no failure of the vote.
void settle_votes(Session& session, Changes& changes);

// How mail from that source (email2::source_of) is to be met.
[[nodiscard]] email2::Verdict verdict_on(Session& session, const std::string& source);
// Accounts here have written to people of this domain.
[[nodiscard]] bool is_written_to(Session& session, std::string_view domain);
// So many messages were taken in from each.
void count_arrivals(Session& session, const std::map<std::string, std::uint32_t>& arrivals);

// Maintenance: votes that a crash kept from being settled are, and those that nobody joined within two weeks say
// something about their voters; at most `limit` of each.
void keep_votes(Session& session, std::int32_t limit);

}  // namespace gateway::store
