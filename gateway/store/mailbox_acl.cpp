// mailbox_acl: see the header.
#include "gateway/store/mailbox_acl.h"

#include "gateway/store/mailbox_limits.h"

namespace gateway::store {

std::optional<Facts> list_of_mailbox(Session& session, std::int32_t user, std::int32_t mailbox)
{
    const auto rows = session.query(R"(
with newest as (select message_id from ref where user_id = $1 and mailbox_id = $2 order by uid desc limit $3),
 held as (select min(m.list_id) one, max(m.list_id) other from newest n
  cross join lateral (select list_id from message where id = n.message_id offset 0) m)
select l.message_id from held join list_root l on l.message_id = held.one where held.one = held.other)",
        user, mailbox, mailbox_limits::judged_references);
    if (rows.empty()) return std::nullopt;
    return facts_of(session, rows.integer(0, 0), user);
}

}  // namespace gateway::store
