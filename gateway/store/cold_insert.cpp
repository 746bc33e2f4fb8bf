// cold_insert: see the header.
#include "gateway/store/cold_insert.h"

#include <fmt/format.h>

namespace gateway::store {

void JsonInsert::row(const std::string& table, std::string_view json, std::string_view over)
{
    session_.query(statement(table), json, over);
}

const std::string& JsonInsert::statement(const std::string& table)
{
    auto& sql = statements_[table];
    if (!sql.empty()) return sql;
    const auto columns =
        session_
            .query("select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute "
                   "where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attgenerated = ''",
                table)
            .text(0, 0);
    sql = fmt::format(
        "insert into {0}({1}) select {1} from json_populate_record(json_populate_record((select row({2})::{0}), $1::text::json), $2::text::json){3} "
        "on conflict do nothing",
        table, columns, defaults(table), table == "event" ? " where seq > (select seq from event_floor)" : "");
    return sql;
}

// A row of the table's defaults: what json_populate_record leaves where the file says nothing.
std::string JsonInsert::defaults(const std::string& table)
{
    return session_
        .query(
            "select string_agg(case when a.attisdropped then 'null' else coalesce(pg_get_expr(d.adbin, d.adrelid), 'null') end, ', ' order by a.attnum) "
            "from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum "
            "where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped",
            table)
        .text(0, 0);
}

}  // namespace gateway::store
