#include "gateway/store/holders.h"

#include "email2/rules.h"

#include <algorithm>
#include <map>

namespace gateway::store {

namespace {

using Id = std::int64_t;
using Ids = std::vector<Id>;

Ids ids_of(const Rows& rows)
{
    Ids ids;
    for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(rows.integer(i, 0));
    return ids;
}

}  // namespace

Ids heirs(Session& session, Id message)
{
    auto ids = ids_of(session.query(
        "with recursive d as (select $1::int8 id union select p.message_id from d join parent p on p.parent_id = d.id and p.inherited "
        "join message c on c.id = p.message_id and c.list_id <> c.id) select id from d",
        message));
    std::sort(
        ids.begin(), ids.end(), [&](Id a, Id b) { return std::pair(a != message, a) < std::pair(b != message, b); });
    return ids;
}

void write_holders(Session& session, const Ids& heirs, bool own)
{
    // Their rows are locked in ascending id, as every list is.
    session.query("select from message where id = any($1::int8[]) order by id for no key update", heirs);
    const auto parents = session.query(
        "select message_id, parent_id from parent where message_id = any($1::int8[]) and inherited order by message_id, n",
        heirs);
    email2::Inheritance inheritance;
    Ids outside;
    for (const auto heir : heirs) inheritance.parents[heir];
    for (std::size_t i = 0; i < parents.size(); ++i) {
        inheritance.parents[parents.integer(i, 0)].push_back(parents.integer(i, 1));
        if (!inheritance.parents.contains(parents.integer(i, 1))) outside.push_back(parents.integer(i, 1));
    }
    const auto besides = session.query(
        "select message_id from message_list where message_id = any($1::int8[]) and list_id = message_id", heirs);
    for (std::size_t i = 0; i < besides.size(); ++i) inheritance.besides.insert(besides.integer(i, 0));
    if (own) inheritance.parents[heirs.front()].clear();
    const auto known = session.query(
        "select m.id, m.list_id, 0::int8 from message m where m.id = any($1::int8[]) union all "
        "select message_id, list_id, list_id from message_list where message_id = any($1::int8[]) order by 1, 3",
        outside);
    for (std::size_t i = 0; i < known.size(); ++i)
        inheritance.known[known.integer(i, 0)].push_back(known.integer(i, 1));

    const auto holders = email2::holders(inheritance);
    Ids message, first, more_message, more_list;
    std::vector<std::int16_t> more;
    for (const auto& [id, lists] : holders) {
        message.push_back(id);
        first.push_back(lists.front());
        more.push_back(static_cast<std::int16_t>(lists.size() - 1));
        for (std::size_t i = 1; i < lists.size(); ++i) {
            more_message.push_back(id);
            more_list.push_back(lists[i]);
        }
    }
    session.query("delete from message_list where message_id = any($1::int8[])", heirs);
    session.query("insert into message_list(message_id, list_id) select * from unnest($1::int8[], $2::int8[])",
        more_message, more_list);
    session.query(
        "update message m set list_id = x.list, more_lists = x.more from unnest($1::int8[], $2::int8[], $3::int2[]) x(id, list, more) "
        "where m.id = x.id and (m.list_id, m.more_lists) is distinct from (x.list, x.more)",
        message, first, more);
}

}  // namespace gateway::store
