// upkeep: see the header.
#include "gateway/store/upkeep.h"

#include "gateway/store/charges.h"
#include "gateway/store/votes.h"

namespace gateway::store {

bool upkeep(Session& session, const UpkeepSettings& settings)
{
    constexpr std::int64_t lock = 4;  // advisory, of the session
    if (!session.query("select pg_try_advisory_lock($1)", lock).boolean(0, 0)) return false;
    const std::shared_ptr<void> unlock(nullptr, [&](void*) {
        try {
            session.query("select pg_advisory_unlock($1)", lock);
        } catch (const DatabaseError&) {  // it is gone with the connection
        }
    });
    keep_charges(session, settings.storage, settings.accounts, settings.posts);
    keep_votes(session, settings.votes);
    return true;
}

}  // namespace gateway::store
