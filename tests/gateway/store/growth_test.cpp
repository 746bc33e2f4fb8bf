// growth: what leaving, rejoining and joining a thread of 10,000 answers costs, in stores of 1,000, 10,000 and 100,000
// other messages. Run by name with --no-skip; figures are printed, not judged.
#include "village.h"

using namespace test;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int answers = 10'000;

// Answers that inherit, by alice, each in bob's INBOX and carol's: as publishing leaves them. `first`: of their ids.
void answer(Village& v, std::int64_t root, std::int64_t first, int count, const char* people)
{
    const auto n = std::to_string(count), from = std::to_string(first), r = std::to_string(root);
    const auto run = [&](const std::string& sql) { v.session.command(sql.c_str()); };
    run("insert into message(id, thread_id, list_id, parent_id, guid, originator, home, proof) select " + from +
        " + i, " + r + ", " + r + ", " + r + ", gen_random_uuid(), m.originator, m.home, 1 from generate_series(1, " +
        n + ") i, message m where m.id = " + r);
    run("insert into parent(message_id, n, parent_id, inherited) select " + from + " + i, 0, " + r +
        ", true from generate_series(1, " + n + ") i");
    run("insert into rendition(id, message_id, revision, size, trace, outline, envelope, body_structure, preview, headers) select " +
        from + " + i, " + from +
        " + i, 1, d.size, d.trace, d.outline, d.envelope, d.body_structure, d.preview, d.headers from generate_series(1, " +
        n + ") i, (select * from rendition order by id limit 1) d");
    run("insert into revision(message_id, number, actor, rendition_id) select " + from + " + i, 1, m.originator, " +
        from + " + i from generate_series(1, " + n + ") i, message m where m.id = " + r);
    run("insert into ref(message_id, rendition_id, modseq, user_id, mailbox_id, uid) select " + from + " + i, " + from +
        " + i, 1, p.id, p.inbox, b.uid_next + i - 1 from generate_series(1, " + n +
        ") i, person p join mailbox b on b.id = p.inbox where p.address in (" + people + ")");
    run("update mailbox b set uid_next = uid_next + " + n + " from person p where b.id = p.inbox and p.address in (" +
        people + ")");
}

template <class Work>
void report(const std::string& what, Work work)
{
    const auto start = Clock::now();
    work();
    MESSAGE(what << ": " << std::chrono::duration<double, std::milli>(Clock::now() - start).count() << " ms");
}

}  // namespace

TEST_CASE("a thread of 10,000 is left, rejoined and joined in a time that the store around it does not change" *
          doctest::skip())
{
    for (const int around : {1'000, 10'000, 100'000}) {
        Village v;
        store::create_account(v.session, "dave@one.test", "verifier");
        store::create_account(v.session, "eve@one.test", "verifier");
        const auto root = v.native("alice@one.test", {"bob@one.test", "carol@one.test"}, text("Thread", "Root."));
        const auto other = v.native("alice@one.test", {"bob@one.test", "dave@one.test"}, text("Other", "Root."));
        answer(v, v.id_of(root.id), 100'000'000, answers, "'bob@one.test', 'carol@one.test'");
        answer(v, v.id_of(other.id), 200'000'000, around, "'bob@one.test', 'dave@one.test'");
        v.session.command("analyze");
        const auto in = " of " + std::to_string(answers) + " beside " + std::to_string(around);
        for (int round = 0; round < 3; ++round) {
            report("leave a thread" + in, [&] { REQUIRE(v.verbs.leave("bob@one.test", root.id, true)); });
            report("rejoin it" + in, [&] { REQUIRE(v.verbs.rejoin("bob@one.test", root.id, true)); });
        }
        email2::ListChange add, remove;
        add.add.push_back({.address = "eve@one.test"});
        remove.remove.push_back("eve@one.test");
        report("add a person to it" + in, [&] { REQUIRE(v.verbs.change_list("alice@one.test", root.id, add)); });
        report("remove them" + in, [&] { REQUIRE(v.verbs.change_list("alice@one.test", root.id, remove)); });
        report("add them again" + in, [&] { REQUIRE(v.verbs.change_list("alice@one.test", root.id, add)); });
        CHECK(v.number("select count(*) from ref where user_id = " + std::to_string(v.person("eve@one.test"))) ==
              answers + 1);
        const auto small = v.native("alice@one.test", {"bob@one.test"}, text("Small", "Root."));
        for (int i = 0; i < 4; ++i) v.native("alice@one.test", {}, text("Re", "Answer."), {small.id.str()});
        report("leave a thread of 5 beside " + std::to_string(around),
            [&] { REQUIRE(v.verbs.leave("bob@one.test", small.id, true)); });
        report("rejoin a thread of 5 beside " + std::to_string(around),
            [&] { REQUIRE(v.verbs.rejoin("bob@one.test", small.id, true)); });
    }
}
