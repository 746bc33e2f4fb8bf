// maintenance_test: the runner of jobs, and fossils.
#include "cellar.h"
#include "email2/limits.h"
#include "gateway/store/cold_storage.h"
#include "gateway/store/fossils.h"
#include "gateway/store/hash.h"
#include "gateway/store/maintenance.h"
#include "gateway/store/rendition.h"

#include <algorithm>
#include <set>

using namespace test;
using email2::Code;

namespace {

// What bob sees at each UID: identity, flags and octets.
std::string shelf(Village& v, const std::string& user)
{
    std::string out;
    const auto rows = v.session.query(
        "select b.name, r.uid, r.rendition_id, r.flags from ref r join mailbox b on b.id = r.mailbox_id join person p on p.id = r.user_id "
        "where p.address = $1 and b.use <> 7 order by 1, 2",
        user + "@one.test");
    for (std::size_t i = 0; i < rows.size(); ++i)
        out += rows.text(i, 0) + " " + std::to_string(rows.integer(i, 1)) + " " + std::to_string(rows.integer(i, 2)) +
               " " + std::to_string(rows.integer(i, 3)) + " " +
               store::to_hex(store::sha256(store::read_content(v.session, rows.integer(i, 2)))) + "\n";
    return out;
}

}  // namespace

TEST_CASE("a run goes through every job once, notes that it did, and by time only what is due comes again")
{
    Cellar c;
    const auto id = c.left_behind("Minutes");
    c.age(id);
    const auto first = store::run_jobs(c.session, c.maintenance, store::Which::due, c.stopping);
    REQUIRE(first);
    CHECK(first->size() == store::jobs().size());
    std::set<std::string> names;
    for (const auto& run : *first) {
        CAPTURE(run.job);
        CHECK(run.failed.empty());
        CHECK(names.insert(run.job).second);
        if (run.job == "cold-storage") CHECK(run.done == 1);
    }
    const auto always = static_cast<std::size_t>(std::count_if(
        store::jobs().begin(), store::jobs().end(), [](const auto& job) { return job.every.count() == 0; }));
    CHECK(always == 1);  // what was begun and is waited for
    CHECK(store::run_jobs(c.session, c.maintenance, store::Which::due, c.stopping)->size() == always);
    c.session.query("update maintenance set ended = now() - interval '2 hours'");
    const auto later = store::run_jobs(c.session, c.maintenance, store::Which::due, c.stopping);
    CHECK(later->size() > always);
    CHECK(later->size() < store::jobs().size());
    CHECK(store::run_jobs(c.session, c.maintenance, store::Which::all, c.stopping)->size() == store::jobs().size());
}

TEST_CASE("while one process is at it another one does nothing")
{
    Cellar c;
    store::Session other(c.url);
    other.query("select pg_advisory_lock(4)");
    CHECK(!store::run_jobs(c.session, c.maintenance, store::Which::due, c.stopping));
    other.query("select pg_advisory_unlock(4)");
    CHECK(store::run_jobs(c.session, c.maintenance, store::Which::due, c.stopping));
    // And it lets go at its end.
    CHECK(other.query("select pg_try_advisory_lock(4)").boolean(0, 0));
}

TEST_CASE("a job that fails leaves the others alone, and comes again")
{
    Cellar c;
    const auto id = c.left_behind("Minutes");
    c.age(id);
    c.session.query("update event set at = now() - interval '1 year'");
    const auto directory = std::exchange(c.maintenance.directory, "/proc/nowhere");
    const auto runs = store::run_jobs(c.session, c.maintenance, store::Which::all, c.stopping);
    for (const auto& run : *runs) {
        if (run.job == "cold-storage") CHECK(!run.failed.empty());
        if (run.job == "events") CHECK(run.done > 0);
    }
    CHECK(c.in_rows(id));
    c.maintenance.directory = directory;
    const auto again = store::run_jobs(c.session, c.maintenance, store::Which::due, c.stopping);
    REQUIRE(again);
    for (const auto& run : *again) {
        CAPTURE(run.job);
        CHECK(run.failed.empty());
    }
    CHECK(!c.in_rows(id));
}

TEST_CASE("an ended run goes on where it was")
{
    Cellar c;
    c.session.query("insert into maintenance(job, position) values ('blobs', 'ff')");
    const auto octets = noise(300'000, 1);
    REQUIRE(c.verbs.put_blob("alice@one.test", store::to_hex(store::sha256(octets)), octets));
    c.session.query("delete from upload");
    c.session.query("update blob set at = now() - interval '1 day'");
    REQUIRE(store::to_hex(store::sha256(octets)) < "ff");
    const auto done = [&] {
        const auto runs = store::run_jobs(c.session, c.maintenance, store::Which::all, c.stopping);
        REQUIRE(runs);
        for (const auto& run : *runs)
            if (run.job == "blobs") return run.done;
        return std::size_t{99};
    };
    CHECK(done() == 0);  // behind it there was nothing
    CHECK(done() == 1);  // then from the beginning
}

TEST_CASE("the thread of a serving process ends at once when it is told to")
{
    Cellar c;
    store::Maintenance thread(c.url, c.maintenance, {});
    thread.stop();
}

TEST_CASE("who kept a large message for a year after the others left has it as a mail of their own, at the same UID")
{
    Cellar c;
    const auto octets = noise(email2::limits::fossil_octets, 9);
    REQUIRE(c.verbs.put_blob("alice@one.test", store::to_hex(store::sha256(octets)), octets));
    const auto m = c.native("alice@one.test", {"bob@one.test"}, with_attachment("Large", octets));
    const auto child = c.native("bob@one.test", {}, text("Re: Large", "Thanks."), {m.id.str()});
    const auto id = c.id_of(m.id);
    c.session.query("update ref set flags = 9 where message_id = $1 and user_id = $2", id, c.person("bob@one.test"));
    CHECK(c.run(store::fossilise_some) == 0);
    REQUIRE(c.verbs.leave("alice@one.test", m.id, true));
    CHECK(c.run(store::fossilise_some) == 0);  // it is not long ago
    c.session.query("update entry set at = at - interval '366 days'");
    CHECK(c.run(store::fossilise_some) == 0);  // nor is the message old
    c.session.query("update message set created = created - interval '366 days'");
    const auto before = shelf(c, "bob");
    CHECK(c.run(store::fossilise_some, [&](std::string_view step) {
        if (step == "moved") CHECK(c.session.in_transaction());
    }) == 1);
    CHECK(shelf(c, "bob") == before);
    CHECK(c.run(store::fossilise_some) == 0);
    // His alone, an import; the network object is gone, its list still holds for the answer.
    const auto import = c.number(
        "select r.message_id from ref r join mailbox b on b.id = r.mailbox_id join rendition n on n.id = r.rendition_id where r.user_id = " +
        std::to_string(c.person("bob@one.test")) + " and b.name = 'INBOX' and n.size > 5000000");
    CHECK(import != id);
    CHECK(c.number("select kind from message where id = " + std::to_string(import)) == 2);
    const auto own = c.verbs.get("bob@one.test", *email2::parse_name(c.name(import)), {});
    REQUIRE(own);
    CHECK(own->content.subject == "Large");
    CHECK(own->to.entries.size() == 1);
    CHECK(own->thread == m.id);
    CHECK(c.verbs.get_blob("bob@one.test", store::to_hex(store::sha256(octets)), 0, octets.size())->octets == octets);
    CHECK(c.verbs.get("bob@one.test", m.id, {}).error().code == Code::gone);
    CHECK(c.verbs.get("bob@one.test", child.id, {})->to.entries.size() == 2);
    // Its content waits for cold storage as an archived one's does, and comes back from there.
    c.session.query(
        "delete from ref using person p where p.id = ref.user_id and message_id = $1 and mailbox_id in (p.sent, p.trash)",
        id);
    CHECK(c.run(store::to_cold_storage) == 0);
    c.age(id);
    CHECK(c.run(store::to_cold_storage) == 1);
    CHECK(shelf(c, "bob") == before);
    REQUIRE(c.restore(id));
    CHECK(c.state(id) == 0);  // bob is on its list
    CHECK(c.verbs.get("bob@one.test", m.id, {})->content.subject == "Large");
    CHECK(shelf(c, "bob") == before);
}

TEST_CASE("fossilising that is killed at any step leaves one message or the other")
{
    for (int step = 1;; ++step) {
        Cellar c;
        const auto octets = noise(email2::limits::fossil_octets, 9);
        REQUIRE(c.verbs.put_blob("alice@one.test", store::to_hex(store::sha256(octets)), octets));
        const auto m = c.native("alice@one.test", {"bob@one.test"}, with_attachment("Large", octets));
        REQUIRE(c.verbs.leave("alice@one.test", m.id, true));
        c.session.query("update entry set at = at - interval '366 days'");
        c.session.query("update message set created = created - interval '366 days'");
        const auto before = shelf(c, "bob");
        const bool killed = c.killed_at(step, [](store::Care& care) { (void)store::fossilise_some(care); });
        CHECK(shelf(c, "bob") == before);
        CHECK(c.run(store::fossilise_some) == (killed ? 1 : 0));
        CHECK(shelf(c, "bob") == before);
        if (!killed) {
            CHECK(step == 3);
            return;
        }
    }
}
