// mailbox_purge: every row of such a message goes; blobs are shared and stay.
#include "gateway/store/mailbox_purge.h"

#include "gateway/store/hash.h"

namespace gateway::store {

std::vector<std::int64_t> purge(Session& session, const std::vector<std::int64_t>& messages)
{
    const auto rows =
        session.query("select m.id, coalesce(m.mid, '') from message m where m.id = any($1) and m.kind in (1, 2)"
                      " and not exists (select from ref r where r.message_id = m.id)"
                      " and not exists (select from message c where c.list_id = m.id and c.id <> m.id)"
                      " and not exists (select from message_list l where l.list_id = m.id)"
                      " and not exists (select from parent p where p.parent_id = m.id) for update",
            messages);
    std::vector<std::int64_t> dead, hashes;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        dead.push_back(rows.integer(row, 0));
        hashes.push_back(message_id_hash(rows.octets(row, 1)));
    }
    if (dead.empty()) return dead;
    Session::Pipeline pipeline(session);
    pipeline.add("delete from body where rendition_id in (select id from rendition where message_id = "
                 "any($1))",
        dead);
    pipeline.add("delete from search_text where rendition_id in (select id from rendition where message_id "
                 "= any($1))",
        dead);
    pipeline.add("delete from rendition where message_id = any($1)", dead);
    pipeline.add("delete from revision where message_id = any($1)", dead);
    pipeline.add("delete from parent where message_id = any($1)", dead);
    pipeline.add("delete from message_list where message_id = any($1)", dead);
    pipeline.add("delete from entry where list_id = any($1)", dead);
    pipeline.add("delete from delivery where message_id = any($1)", dead);
    pipeline.add("delete from blob_use where message_id = any($1)", dead);
    pipeline.add("delete from event where message_id = any($1)", dead);
    pipeline.add("delete from msgid where hash = any($2) and message_id = any($1)", dead, hashes);
    pipeline.add("delete from message where id = any($1)", dead);
    pipeline.run();
    return dead;
}

}  // namespace gateway::store
