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

std::vector<std::int64_t> hashes_of(const PublishJob& job)
{
    std::vector<std::int64_t> out;
    const auto& m = job.message;
    if (!m.message_id.empty()) out.push_back(message_id_hash(m.message_id));
    for (std::size_t i = 0; i < std::min(m.parents.size(), publishing::most_parents); ++i) out.push_back(message_id_hash(m.parents[i]));
    if (!m.idempotency_key.empty()) out.push_back(message_id_hash("key:" + m.originator + ":" + m.idempotency_key));
    return out;
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

void publish_within(Session& session, Changes& changes, const WriterSettings& settings, Ids& ids, const std::vector<PublishJob*>& jobs)
{
    for (auto* job : jobs) job->result.reset();
    Session::Pipeline first(session);
    publishing::Group(session, changes, settings, ids, jobs).run(first);
}

}  // namespace gateway::store
