// publish: a group of mails becomes messages: look up, decide, write.
#include "gateway/store/publish.h"

#include "gateway/store/commits.h"
#include "gateway/store/hash.h"
#include "gateway/store/publish_group.h"

namespace gateway::store {

void prepare(PublishJob& job)
{
    const auto bytes = job.message.bytes.bytes();
    if (job.message.guid.empty()) job.message.guid = email2::make_guid(publishing::now());
    job.parsed = mime::parse(bytes);
    job.indexed = index_rendition(job.parsed, bytes, job.message.trace, job.message.elsewhere);
}

bool Together::take(const PublishJob& job)
{
    std::vector<std::int64_t> is, names;
    const auto& m = job.message;
    if (!m.message_id.empty()) is.push_back(message_id_hash(m.message_id));
    if (!m.idempotency_key.empty()) is.push_back(message_id_hash("key:" + m.originator + ":" + m.idempotency_key));
    for (std::size_t i = 0; i < std::min(m.parents.size(), publishing::most_parents); ++i)
        names.push_back(message_id_hash(m.parents[i]));
    const auto meets = [](const std::vector<std::int64_t>& hashes, const std::set<std::int64_t>& others) {
        return std::any_of(hashes.begin(), hashes.end(), [&](auto hash) { return others.contains(hash); });
    };
    if (meets(is, are_) || meets(is, name_) || meets(names, are_)) return false;
    are_.insert(is.begin(), is.end());
    name_.insert(names.begin(), names.end());
    return true;
}

void publish_group(Session& session, const WriterSettings& settings, Ids& ids, const std::vector<PublishJob*>& jobs)
{
    for (auto* job : jobs) job->result.reset();
    QuickTransaction transaction(session);
    Session::Pipeline first(session);
    transaction.begin_with(first);
    Changes changes;
    publishing::Group(session, changes, settings, ids, jobs).run(first);
    transaction.finish_and_commit(changes);
}

void publish_within(
    Session& session, Changes& changes, const WriterSettings& settings, Ids& ids, const std::vector<PublishJob*>& jobs)
{
    for (auto* job : jobs) job->result.reset();
    Session::Pipeline first(session);
    publishing::Group(session, changes, settings, ids, jobs).run(first);
}

}  // namespace gateway::store
