// verbs_vote: vote. email2.md rule 11.
#include "gateway/store/store.h"
#include "gateway/store/votes.h"

namespace gateway::store {

email2::Result<void> PostgresStore::vote(const std::string& actor, const email2::Name& id, email2::Vote vote)
{
    const auto seen = look(actor, id);
    if (!seen) return tl::unexpected(seen.error());
    if (auto may = email2::may_vote(seen->facts.standing); !may) return may;
    Changes changes;
    {
        Transaction transaction(session_);
        cast_votes(session_, changes, seen->person.id, {seen->facts.id}, vote);
        finish(session_, changes);
        transaction.commit();
    }
    settle_votes(session_, changes);
    return {};
}

}  // namespace gateway::store
