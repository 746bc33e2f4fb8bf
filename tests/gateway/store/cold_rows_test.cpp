// cold_rows_test: cold storage knows every table that a message has rows in.
#include "gateway/store/cold_rows.h"
#include "village.h"

#include <set>

using namespace test;

TEST_CASE("every table whose rows belong to a message is moved by cold storage, or stays for a reason")
{
    // table: why its rows are neither written nor deleted
    const std::set<std::string> staying{
        "cold",         // it is what says where the message is
        "egress",       // nothing goes cold while mail of it waits
        "held_back",    // whoever waits for room is on its list
        "idempotency",  // ends by its age
        "list_owner",   // a mailing list never goes cold
        "list_root",
        "msgid",         // it is known by its Message-ID still
        "summary_item",  // ends with the summary
        "token",         // ends by its age
        "told",          // whom and when, no content
    };
    std::set<std::string> moved{"body", "search_text"};  // by the rendition
    for (const auto& table : store::message_tables) moved.insert(table.name);
    Village v;
    const auto rows = v.session.query(
        "select distinct c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped "
        "join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public' "
        "where c.relkind in ('r', 'p') and not c.relispartition and (a.attname in ('message_id', 'rendition_id', 'list_id') or c.relname = 'message') order by 1");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto table = rows.text(i, 0);
        CAPTURE(table);
        CHECK(moved.contains(table) + staying.contains(table) == 1);
    }
    CHECK(rows.size() >= 18);
}
