// verbs_read: get, history, and how a verb finds its message.
#include "gateway/store/store.h"

namespace gateway::store {

using email2::Code;
using email2::Error;

namespace {

Error not_found()
{
    return {Code::not_found, "There is no such message, or it is not shown to you.", ""};
}

}  // namespace

email2::Result<PersonRow> PostgresStore::person(const std::string& actor)
{
    const auto known = known_account(*settings_.accounts, session_, actor);
    if (!known) return tl::unexpected(Error{Code::forbidden, "There is no such account.", ""});
    return known->person;
}

email2::Result<PostgresStore::Seen> PostgresStore::look(const std::string& actor, const email2::Name& id)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    return look(*who, id);
}

email2::Result<PostgresStore::Seen> PostgresStore::look(const PersonRow& person, const email2::Name& id)
{
    auto facts = facts_of(session_, id, person.id);
    if (!facts) return tl::unexpected(not_found());
    if (auto may = email2::may_read(facts->standing); !may) return tl::unexpected(may.error());
    return Seen{person, std::move(*facts)};
}

email2::Result<PostgresStore::Seen> PostgresStore::locked(const std::string& actor, const email2::Name& id)
{
    auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    const auto found = facts_of(session_, id, who->id);
    if (!found) return tl::unexpected(not_found());
    auto ids = found->holders;
    ids.push_back(found->id);
    lock_lists(session_, ids);
    auto facts = facts_of(session_, id, who->id);
    if (!facts) return tl::unexpected(not_found());  // a draft that was deleted meanwhile
    if (facts->holders != found->holders) throw DatabaseError("the list changed its place meanwhile", "40001");
    return Seen{std::move(*who), std::move(*facts)};
}

email2::Result<email2::Message> PostgresStore::get(
    const std::string& actor, const email2::Name& id, std::optional<std::uint32_t> revision)
{
    const auto seen = look(actor, id);
    if (!seen) return tl::unexpected(seen.error());
    if (revision && (*revision == 0 || *revision > seen->facts.standing.newest_revision))
        return tl::unexpected(not_found());
    if (revision && *revision != seen->facts.standing.newest_revision)
        if (auto may = email2::may_read_history(seen->facts.standing); !may) return tl::unexpected(may.error());
    return message_of(session_, seen->facts, seen->person.id,
        revision ? std::optional(static_cast<std::int32_t>(*revision)) : std::nullopt);
}

email2::Result<std::vector<email2::Revision>> PostgresStore::history(
    const std::string& actor, const email2::Name& id, std::uint32_t after, std::uint32_t limit)
{
    const auto seen = look(actor, id);
    if (!seen) return tl::unexpected(seen.error());
    if (auto may = email2::may_read_history(seen->facts.standing); !may) return tl::unexpected(may.error());
    const auto rows = session_.query(
        "select v.number, v.at, p.address, v.redacted from revision v join person p on p.id = v.actor where v.message_id = $1 "
        "and v.number > $2 order by v.number limit $3",
        seen->facts.id, static_cast<std::int64_t>(after), static_cast<std::int64_t>(limit));
    std::vector<email2::Revision> revisions;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        email2::Revision revision;
        revision.number = static_cast<std::uint32_t>(rows.integer(i, 0));
        revision.at = rows.time(i, 1);
        revision.by = rows.text(i, 2);
        revision.redacted = rows.boolean(i, 3);
        if (!revision.redacted)
            revision.content =
                content_of_revision(session_, seen->facts.id, static_cast<std::int32_t>(revision.number));
        revisions.push_back(std::move(revision));
    }
    return revisions;
}

}  // namespace gateway::store
