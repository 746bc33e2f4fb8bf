#include "gateway/store/list_roots.h"

namespace gateway::store {

std::optional<email2::Person> list_root_of(Session& session, std::int64_t list)
{
    const auto rows = session.query("select alias, name from list_root where message_id = $1", list);
    if (rows.empty()) return std::nullopt;
    return email2::Person{.address = rows.text(0, 0), .kind = email2::Class::native, .name = rows.text(0, 1)};
}

}  // namespace gateway::store
