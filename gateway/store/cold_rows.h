// cold_rows: which rows a message consists of: what cold storage writes, deletes and puts back. A test holds it to the
// schema: a new table that names messages belongs here, or among those that stay (cold_rows_test.cpp).
#pragma once

namespace gateway::store {

struct MessageTable {
    const char* name;
    const char* rows;  // as JSON, of message $1
    const char*
        deletion;  // of message $1; null: the rows stay with the stub, and are in the file for whoever reads that
};

#define ROWS_OF(table, column) "select row_to_json(t)::text from " table " t where t." column " = $1"
#define KEPT(table, column)                                                                                            \
    MessageTable                                                                                                       \
    {                                                                                                                  \
        table, ROWS_OF(table, column), nullptr                                                                         \
    }
#define MOVED(table, column) MessageTable{table, ROWS_OF(table, column), "delete from " table " where " column " = $1"}

// Besides these: body and search_text, by the renditions.
inline constexpr MessageTable message_tables[] = {
    KEPT("message", "id"),
    KEPT("entry", "list_id"),
    KEPT("parent", "message_id"),
    KEPT("message_list", "message_id"),
    MOVED("revision", "message_id"),
    MOVED("rendition", "message_id"),
    MOVED("blob_use", "message_id"),
    MOVED("delivery", "message_id"),
    MOVED("event", "message_id"),
    MOVED("vote", "message_id"),
    MOVED("moderated", "message_id"),
    MOVED("ref", "message_id"),
    KEPT("audit", "message_id"),
};

#undef ROWS_OF
#undef KEPT
#undef MOVED

}  // namespace gateway::store
