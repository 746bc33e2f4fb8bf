// erase_test: no table keeps somebody who was erased, but for those that say why; erasing ends whatever ends the
// process meanwhile.
#include "cellar.h"
#include "gateway/store/admin.h"
#include "gateway/store/cold_storage.h"
#include "gateway/store/erase.h"
#include "gateway/store/invariants.h"
#include "gateway/store/rendition.h"

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
    "person.inbox",
    "person.sent",
    "person.drafts",
    "person.trash",
    "person.junk",
    "person.archive",
    "person.limbo",
    "person.send_quota",
    "person.muted",
    "delivery.revision",
    "migration.number",
    "mailbox.id",
    "mailbox.uid_next",
    "mailbox.uid_validity",
    "mailbox.recent",
    "message.revision",
    "rendition.revision",
    "revision.number",
    "body.n",
    "body.line_length",
    "search_text.body_at",
    "chunk.n",
    "ref.mailbox_id",
    "ref.uid",
    "ref.home",
    "expunge.mailbox_id",
    "event.revision",
    "egress.owner",
    "egress.revision",
    "publishing.messages",
    "publishing.streak",
    "publishing.sent",
    "voter.agreed",
    "voter.alone",
    "bearer.id",
    "summary_item.revision",
};

// Somebody with something of everything: messages with others and alone, in cold storage, on lists, on its way, half
// uploaded.
struct Full : Cellar {
    Full()
    {
        cold = left_behind("Minutes");
        held = native("alice@one.test", {"bob@one.test", "dora@legacy.test"}, text("Plan", "We meet.")).id;
        note = native("alice@one.test", {}, text("Note", "To myself.")).id;
        const auto question = native("alice@one.test", {"bob@one.test"}, text("Question", "Where?"));
        answered = question.id;
        answer = native("bob@one.test", {"carol@one.test"}, text("Answer", "Here."), {question.id.str()}).id;
        REQUIRE(verbs.leave("bob@one.test", answered, true));
        session.query(
            "delete from ref where message_id = $1 and user_id = $2", id_of(answered), person("bob@one.test"));
        lonely = arrive("lonely@legacy.test", {to("alice@one.test")}).name;
        session.query("update person set own_lists = true where address = 'alice@one.test'");
        store::StoreAdmin(session, {{"one.test"}, 1 << 20, maintenance}, {"", "root"})
            .add_list({"news@one.test", "News", "members", {"alice@one.test"}});
        REQUIRE(verbs.add_to_upload(*verbs.begin_upload("alice@one.test"), 0, "half"));
        age(cold);
        REQUIRE(run(store::to_cold_storage) == 1);
        alice = person("alice@one.test");
    }

    // As the web asks for it: the first step; the rest is maintenance.
    static void erase(store::Care& care, std::int32_t person)
    {
        const store::ErasingHooks hooks{{}, [&](std::string_view name) { care.step(name); }};
        (void)store::erase_some(care.session, care.ids, person, hooks);
        while (store::erase_begun(care).more) {
        }
    }

    void check_sound()
    {
        for (const auto& broken : store::broken_invariants(session))
            FAIL_CHECK(broken.invariant << ": " << broken.examples.front());
    }

    void check_erased()
    {
        CHECK(number("select count(*) from person where address = 'alice@one.test'") == 0);
        CHECK(number("select count(*) from erasure where step = 8 and ended is not null and person_id = " +
                     std::to_string(alice)) == 1);
        for (const auto& gone : {note, lonely})
            CHECK(number("select count(*) from message where guid = '" + gone.guid + "'") == 0);
        CHECK(state(cold) == -1);
        CHECK(number("select count(*) from chunk where length(sha256) <> 32") == 0);
        CHECK(number("select state from message where id = " + std::to_string(id_of(answered))) == 1);
        CHECK(verbs.get("bob@one.test", held, {})->content.body.text == "We meet.");
        CHECK(store::read_content(session,
                  number("select rendition_id from revision where message_id = " + std::to_string(id_of(held))))
                  .find("alice") == std::string::npos);
        CHECK(number("select count(*) from event where kind = 4 and actor = " + std::to_string(alice) +
                     " and message_id = " + std::to_string(id_of(held))) == 1);  // once
        CHECK(number("select count(*) from ref where user_id = " + std::to_string(alice)) == 0);
        CHECK(store::cold_messages(session).empty());
    }

    std::int64_t cold = 0;
    email2::Name held, note, answered, answer, lonely;
    std::int32_t alice = 0;
};

struct Column {
    std::string table, name;
};

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
    const auto rows = v.session.query(
        "select column_name::text, data_type::text from information_schema.columns where table_schema = 'public' and table_name = $1 "
        "and (is_nullable = 'NO' or column_name = $2) and column_default is null and is_identity = 'NO'",
        column.table, column.name);
    const std::map<std::string, const char*> values{{"bytea", "'\\x01'"}, {"text", "'x'"},
        {"timestamp with time zone", "now()"}, {"uuid", "gen_random_uuid()"}, {"boolean", "false"},
        {"int4multirange", "'{}'"}, {"smallint", "7"}};
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
        CHECK(v.number("select count(*) from " + column.table + " where " + column.name + " = " +
                       std::to_string(alice)) > 0);
        forgotten.push_back(column);
    }
    CHECK(forgotten.size() > 15);
    store::StoreAdmin(v.session, {{"one.test"}, 1 << 20, {}}, {"", "root"})
        .erase_person("alice@one.test", [](const std::string&) {});
    for (const auto& column : forgotten) {
        CAPTURE(column.table);
        CAPTURE(column.name);
        CHECK(v.number("select count(*) from " + column.table + " where " + column.name + " = " +
                       std::to_string(alice)) == 0);
    }
}

TEST_CASE("erasing that is killed before, in and after any step leaves a sound store, and maintenance ends it")
{
    int kills = 0;
    for (int step = 0; step < static_cast<int>(store::EraseStep::done); ++step)
        for (const auto* at : {"performed", "noted", "committed"}) {
            CAPTURE(step);
            CAPTURE(at);
            Full c;
            // What is done, by the number that it had before this transaction: "performed" sees the old one, the others
            // the next.
            int seen = 0;
            const bool killed = c.killed_when(
                [&, named = false](store::Session& own, std::string_view name) mutable {
                    if (name == "performed") {
                        seen = static_cast<int>(
                            own.query("select step from erasure where person_id = $1", c.alice).integer(0, 0));
                        named = seen == step;
                    }
                    return named && name == at;
                },
                [&](store::Care& care) { Full::erase(care, c.alice); });
            CHECK(killed);
            kills += killed;
            c.check_sound();
            // Killed before anything was done, nothing was: it is asked for again.
            if (c.number("select count(*) from erasure") == 0) (void)store::erase_some(c.session, c.ids, c.alice, {});
            CHECK(c.number("select count(*) from person where address = 'alice@one.test'") == 0);
            CHECK(c.run(store::erase_begun) <= 1);
            c.check_erased();
            c.check_sound();
            (void)c.run(store::sweep_files);
            CHECK(c.files() == 0);
        }
    CHECK(kills == 24);
}

TEST_CASE("each transaction of erasing is small, however much there is")
{
    Cellar c;
    const auto alice = c.person("alice@one.test");
    const auto m = c.native("bob@one.test", {"alice@one.test"}, text("Long", "1"));
    // A thread of 1,600 messages, of 1,200 of which she has a reference; 5,000 tokens.
    c.session.query(
        "insert into message(id, thread_id, list_id, parent_id, guid, originator, home) select 10000000 + n, $1, $1, $1, gen_random_uuid(), $2, home "
        "from generate_series(1, 1600) n, message where id = $1",
        c.id_of(m.id), c.person("bob@one.test"));
    c.session.query(
        "insert into token(token, person_id, message_id, action, expires) select 'token' || n, $1, $2, 1, now() from generate_series(1, 5000) n",
        alice, c.id_of(m.id));
    store::Ids ids;
    std::map<store::EraseStep, int> transactions;
    auto step = store::EraseStep::close;
    while (step != store::EraseStep::done) {
        ++transactions[step];
        const auto tokens = c.number("select count(*) from token");
        step = store::erase_some(c.session, ids, alice, {});
        CHECK(tokens - c.number("select count(*) from token") <= 2000);
    }
    CHECK(transactions[store::EraseStep::close] == 1);
    CHECK(transactions[store::EraseStep::unheld] == 4);  // 1,601 messages by 500
    CHECK(transactions[store::EraseStep::forget] > 14 + 2);
}

TEST_CASE("somebody whose erasing fails does not keep the next one from being erased")
{
    Cellar c;
    const auto alice = c.person("alice@one.test"), bob = c.person("bob@one.test");
    store::Ids ids;
    for (const auto person : {alice, bob}) (void)store::erase_some(c.session, ids, person, {});
    c.session.command(
        "create function fail() returns trigger language plpgsql as $$ begin raise exception 'injected'; end $$");
    c.session.command(("create trigger failing before update on erasure for each row when (new.person_id = " +
                       std::to_string(std::min(alice, bob)) + ") execute function fail()")
            .c_str());
    CHECK(c.run(store::erase_begun) == 1);
    c.session.command("drop trigger failing on erasure");
    CHECK(c.run(store::erase_begun) == 1);
    CHECK(c.run(store::erase_begun) == 0);
    CHECK(c.number("select count(*) from erasure where ended is not null") == 2);
}

TEST_CASE("the web's way: the address is closed at once, and what is asked again tells how far it is")
{
    Cellar c;
    int woken = 0;
    store::StoreAdmin admin(c.session, {{"one.test"}, 1 << 20, c.maintenance, [&] { ++woken; }}, {"", "root"});
    CHECK_THROWS_AS((void)admin.erasure("alice@one.test"), gateway::Refused);
    CHECK_THROWS_AS((void)admin.begin_erasing("nobody@one.test"), gateway::Refused);
    const auto begun = admin.begin_erasing("Alice@one.test");
    CHECK(!begun.ended);
    CHECK(woken == 1);
    CHECK(c.number("select count(*) from person where address = 'alice@one.test'") == 0);
    CHECK(!admin.begin_erasing("alice@one.test").ended);
    CHECK(c.number("select count(*) from audit where act = 'person.erase'") == 1);
    const auto runs = store::run_jobs(c.session, c.maintenance, store::Which::due, c.stopping);
    REQUIRE(runs);
    CHECK(runs->front().job == "erasing");
    CHECK(runs->front().done == 1);
    CHECK(admin.erasure("alice@one.test").ended);
    CHECK(admin.erasure("alice@one.test").step == "done");
    CHECK(admin.begin_erasing("alice@one.test").ended);
    CHECK(woken == 2);
}
