// erase_test: no table keeps somebody who was erased, but for those that say why.
#include "gateway/store/admin.h"

#include "village.h"

#include <map>
#include <set>

using namespace test;

namespace {

// Columns that point to an erased person still: to the anonymous one that is left of them (erase.h).
const std::map<std::string, const char*> keeps{
    {"message.originator", "others hold what they wrote"},
    {"message.withdrawn_by", "who may undelete it"},
    {"entry.person_id", "that somebody was on a list, and left it"},
    {"entry.changed_by", "who put others there"},
    {"revision.actor", "who wrote which revision"},
    {"event.actor", "what was done stays told"},
    {"event.person_id", "what was done stays told"},
    {"delivery.person_id", "a sender sees what became of their mail"},
    {"rendition.owner", "private ones go with their references, or by pruning"},
    {"audit.actor", "what admins did"},
    {"audit.person_id", "to whom"},
    {"closed_address.person_id", "the address is given to nobody by accident"},
    {"erasure.person_id", "how far erasing came"},
    {"person.id", "the anonymous person"},
};

// Integers that number something else.
const std::set<std::string> numbers{
    "person.inbox", "person.sent", "person.drafts", "person.trash", "person.junk", "person.archive", "person.limbo", "person.send_quota", "person.muted",
    "delivery.revision", "migration.number", "mailbox.id", "mailbox.uid_next", "mailbox.uid_validity", "mailbox.recent", "message.revision", "rendition.revision", "revision.number", "body.n",
    "body.line_length", "search_text.body_at", "chunk.n", "ref.mailbox_id", "ref.uid", "ref.home", "expunge.mailbox_id", "event.revision", "egress.owner",
    "egress.revision", "publishing.messages", "publishing.streak", "publishing.sent", "voter.agreed", "voter.alone", "bearer.id", "summary_item.revision",
};

struct Column { std::string table, name; };

// Every column of our tables that can hold a person's id.
std::vector<Column> integer_columns(Village& v)
{
    const auto rows = v.session.query(
        "select c.relname::text, a.attname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped "
        "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.atttypid in ('int4'::regtype, '_int4'::regtype) order by 1, 2");
    std::vector<Column> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back({rows.text(i, 0), rows.text(i, 1)});
    return out;
}

// A row with this person in it, and anything in what else must be filled.
void put_row(Village& v, const Column& column, std::int32_t person)
{
    const auto rows = v.session.query("select column_name::text, data_type::text from information_schema.columns where table_schema = 'public' and table_name = $1 "
                                      "and (is_nullable = 'NO' or column_name = $2) and column_default is null and is_identity = 'NO'", column.table, column.name);
    const std::map<std::string, const char*> values{
        {"bytea", "'\\x01'"}, {"text", "'x'"}, {"timestamp with time zone", "now()"}, {"uuid", "gen_random_uuid()"}, {"boolean", "false"}, {"int4multirange", "'{}'"}, {"smallint", "7"}};
    std::string names = column.name, data = std::to_string(person);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows.text(i, 0) == column.name) continue;
        const auto value = values.find(rows.text(i, 1));
        names += ", " + rows.text(i, 0);
        data += std::string(", ") + (value != values.end() ? value->second : "900001");
    }
    v.session.query("insert into " + column.table + "(" + names + ") values (" + data + ") on conflict do nothing");
}

}  // namespace

TEST_CASE("no table keeps an erased person, but for those that say why")
{
    Village v;
    const auto alice = v.person("alice@one.test");
    std::vector<Column> forgotten;
    for (const auto& column : integer_columns(v)) {
        const auto full = column.table + "." + column.name;
        if (numbers.contains(full) || keeps.contains(full) || full == "rendition.shown") continue;
        CAPTURE(full);
        put_row(v, column, alice);
        CHECK(v.number("select count(*) from " + column.table + " where " + column.name + " = " + std::to_string(alice)) > 0);
        forgotten.push_back(column);
    }
    CHECK(forgotten.size() > 15);
    store::StoreAdmin(v.session, {{"one.test"}, 1 << 20, {}}, {"", "root"}).erase_person("alice@one.test", [](const std::string&) {});
    for (const auto& column : forgotten) {
        CAPTURE(column.table);
        CAPTURE(column.name);
        CHECK(v.number("select count(*) from " + column.table + " where " + column.name + " = " + std::to_string(alice)) == 0);
    }
}
