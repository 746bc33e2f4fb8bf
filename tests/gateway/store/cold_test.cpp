// cold_test: cold storage, restoring and deletion, and the death of the process at each of their steps. email2.md rules
// 6 and 7.
#include "cellar.h"
#include "crowd.h"
#include "gateway/store/archive_file.h"
#include "gateway/store/hash.h"
#include "gateway/store/invariants.h"
#include "gateway/store/pruning.h"

#include <fstream>

using namespace test;
using email2::Code;
namespace fs = std::filesystem;

namespace {

constexpr int present = 0, archived = 2, gone = 3;

std::map<std::string, std::string> members_of(const fs::path& file)
{
    std::map<std::string, std::string> out;
    store::ArchiveReader in(file);
    while (const auto member = in.next()) out[member->name] = in.read(member->size);
    return out;
}

}  // namespace

TEST_CASE("what is written into an archive file is read from it, by us and by tar")
{
    Cellar c;
    fs::create_directories(c.directory);
    const auto path = c.directory / "x.tar.gz";
    const auto large = noise(1'000'003, 1);
    store::ArchiveWriter out(path);
    out.add("empty", "");
    out.add("small", "words");
    out.begin("large", large.size());
    for (std::size_t at = 0; at < large.size(); at += 70'000) out.write(std::string_view(large).substr(at, 70'000));
    CHECK_THROWS(out.write("more than was said"));
    const auto written = out.finish();
    CHECK(!fs::exists(path));
    out.put_in_place();
    CHECK(store::checksum(path)->sha256 == written.sha256);
    CHECK(written.size == fs::file_size(path));
    auto members = members_of(path);
    CHECK(members.size() == 3);
    CHECK(members["small"] == "words");
    CHECK(members["large"] == large);
    CHECK(std::system(
              ("tar tzf " + path.string() + " >/dev/null && tar xzOf " + path.string() + " small | grep -qx words")
                  .c_str()) == 0);
    // Cut short or changed, it is known to be damaged.
    fs::resize_file(path, written.size - 20);
    CHECK_THROWS(members_of(path));
    CHECK(store::checksum(path)->sha256 != written.sha256);
    CHECK(!store::checksum(c.directory / "none"));
}

TEST_CASE("a partial archive file goes with what wrote it")
{
    Cellar c;
    fs::create_directories(c.directory);
    {
        store::ArchiveWriter out(c.directory / "x");
        out.add("a", "b");
    }
    CHECK(fs::is_empty(c.directory));
}

TEST_CASE("an archived message moves to cold storage, is gone for those who knew it, and comes back exactly")
{
    Cellar c;
    const auto id = c.left_behind("Minutes");
    const auto before = c.everything(id);
    const auto name = *email2::parse_name(c.name(id));
    CHECK(c.run(store::to_cold_storage) == 0);  // not yet
    c.age(id);
    CHECK(c.run(store::to_cold_storage) == 1);
    CHECK(c.state(id) == gone);
    CHECK(!c.in_rows(id));
    CHECK(c.files() == 1);
    CHECK(c.number("select count(*) from ref where message_id = " + std::to_string(id)) == 0);
    CHECK(c.verbs.rejoin("bob@one.test", name, {}).error().code == Code::gone);
    CHECK(c.verbs.get("bob@one.test", name, {}).error().code == Code::gone);
    CHECK(c.verbs.get("carol@one.test", name, {}).error().code == Code::not_found);
    const auto cold = store::cold_messages(c.session);
    REQUIRE(cold.size() == 1);
    CHECK(cold[0].name == name);
    // The blob goes with the last who uses it; the file has it.
    c.session.query("update upload set at = at - interval '1 year'");
    c.session.query("update blob set at = at - interval '1 year'");
    c.run(store::prune_uploads);
    CHECK(c.run(store::collect_blobs) == 1);
    const auto members = members_of(c.directory / cold[0].file);
    CHECK(members.at("message.xml").find("See the attachment.") != std::string::npos);
    CHECK(members.at("about.txt").find(name.str()) != std::string::npos);
    CHECK(std::any_of(members.begin(), members.end(),
        [](const auto& m) { return m.first.starts_with("blob/") && m.second.size() == 300'000; }));

    REQUIRE(c.restore(id));
    CHECK(c.state(id) == archived);
    CHECK(c.everything(id) == before);
    CHECK(c.files() == 0);
    CHECK(store::cold_messages(c.session).empty());
    CHECK(!c.restore(id));
    // And with it the way back of those who left, with folders and flags.
    REQUIRE(c.verbs.rejoin("bob@one.test", name, {}));
    CHECK(c.state(id) == present);
    CHECK(c.folders("bob", id) == "INBOX");
    CHECK(
        c.number(
            "select flags from ref r join person p on p.id = r.user_id where p.address = 'bob@one.test' and r.message_id = " +
            std::to_string(id)) == 9);
    CHECK(c.verbs.get("bob@one.test", name, {})->content.subject == "Minutes, edited");
}

TEST_CASE("what lies in somebody's folder, waits to be sent, or holds a mailing list does not go cold")
{
    Cellar c;
    const auto held = c.left_behind("Held"), queued = c.left_behind("Queued"), list = c.left_behind("List");
    c.session.query(
        "update ref set mailbox_id = p.trash from person p where p.id = ref.user_id and message_id = $1", held);
    c.session.query("insert into egress(message_id, person_id, due, sender) values ($1, 1, now(), '')", queued);
    c.session.query("insert into list_root(message_id, alias) values ($1, 'l@one.test')", list);
    for (const auto id : {held, queued, list}) c.age(id);
    CHECK(c.run(store::to_cold_storage) == 0);
    CHECK(c.files() == 0);
    for (const auto id : {held, queued, list}) CHECK(c.in_rows(id));
}

TEST_CASE("a message in cold storage is a valid parent, with its thread and its References")
{
    Cellar c;
    const auto m = c.arrive("m@legacy", {to("alice@one.test"), to("bob@one.test")});
    const auto answer = c.submit("alice@one.test", "a@one", {to("dora@legacy.test"), to("bob@one.test")}, {"m@legacy"});
    c.session.query("delete from egress");
    c.move("alice", m.id, "Trash");
    c.move("bob", m.id, "Trash");
    c.session.query(
        "update ref set mailbox_id = p.limbo, uid = ref.uid + 1000000 from person p where p.id = ref.user_id and mailbox_id = p.trash");
    c.session.query("delete from ref using person p where p.id = ref.user_id and mailbox_id = p.sent");
    c.age(m.id);
    c.age(answer.id);
    CHECK(c.run(store::to_cold_storage) == 2);
    const auto late = c.arrive("b@legacy", {to("carol@one.test")}, {"a@one", "m@legacy"});
    CHECK(c.number("select thread_id from message where id = " + std::to_string(late.id)) == m.id);
    const auto native = c.native("carol@one.test", {"alice@one.test"}, text("Re", "So?"), {late.name.str()});
    CHECK(native.thread.str() == c.name(m.id));
    REQUIRE(c.restore(m.id));
    REQUIRE(c.restore(answer.id));
    REQUIRE(c.verbs.rejoin("alice@one.test", m.name, true));
    CHECK(c.folders("alice", m.id) == "INBOX");
}

TEST_CASE("a withdrawn message can be undeleted until cold storage takes it, and its children keep its list")
{
    Cellar c;
    const auto m = c.native("alice@one.test", {"bob@one.test"}, text("Plan", "The plan."));
    const auto child = c.native("bob@one.test", {}, text("Re: Plan", "No."), {m.id.str()});
    const auto id = c.id_of(m.id);
    REQUIRE(c.verbs.withdraw("alice@one.test", m.id));
    c.age(id);
    CHECK(c.run(store::to_cold_storage) == 1);
    CHECK(c.verbs.undelete("alice@one.test", m.id).error().code == Code::gone);
    CHECK(c.verbs.get("bob@one.test", m.id, {}).error().code == Code::gone);
    const auto seen = c.verbs.get("alice@one.test", child.id, {});
    REQUIRE(seen);
    CHECK(seen->to.entries.size() == 2);
    CHECK(seen->parents == std::vector<std::string>{m.id.str()});
    const auto next = c.native("alice@one.test", {}, text("Re: Plan", "Yes."), {child.id.str()});
    CHECK(c.folders("bob", c.id_of(next.id)) == "INBOX");
    // Deleted, the row stays for the sake of the list.
    c.age(id);
    CHECK(c.run(store::delete_cold) == 1);
    CHECK(c.files() == 0);
    CHECK(c.state(id) == gone);
    CHECK(c.run(store::drop_stubs) == 0);
    CHECK(c.verbs.get("alice@one.test", child.id, {})->to.entries.size() == 2);
    REQUIRE(c.verbs.leave("bob@one.test", child.id, true));
}

TEST_CASE("a withdrawn message that was restored can be undeleted")
{
    Cellar c;
    const auto m = c.native("alice@one.test", {"bob@one.test"}, text("Plan", "The plan."));
    REQUIRE(c.verbs.withdraw("alice@one.test", m.id));
    c.age(c.id_of(m.id));
    CHECK(c.run(store::to_cold_storage) == 1);
    REQUIRE(c.restore(c.id_of(m.id)));
    REQUIRE(c.verbs.undelete("alice@one.test", m.id));
    CHECK(c.folders("bob", c.id_of(m.id)) == "INBOX");
    CHECK(c.verbs.get("bob@one.test", m.id, {})->content.body.text == "The plan.");
}

TEST_CASE("after cold_keep file and stub are deleted, and children keep their thread and know their parent")
{
    Cellar c;
    const auto m = c.native("alice@one.test", {}, text("Root", "Mine."));
    const auto id = c.id_of(m.id);
    const auto child = c.native("bob@one.test", {"carol@one.test"}, text("Other", "Ours."));
    c.session.query("insert into parent(message_id, n, parent_id) values ($1, 0, $2)", c.id_of(child.id), id);
    c.session.query("update message set thread_id = $2, parent_id = $2 where id = $1", c.id_of(child.id), id);
    REQUIRE(c.verbs.leave("alice@one.test", m.id, {}));
    c.session.query("delete from ref where message_id = $1", id);
    c.age(id);
    REQUIRE(c.run(store::to_cold_storage) == 1);
    CHECK(c.run(store::delete_cold) == 0);
    c.age(id);
    CHECK(c.run(store::delete_cold) == 1);
    CHECK(c.files() == 0);
    CHECK(c.state(id) == -1);
    for (const auto* table :
        {"entry where list_id", "event where message_id", "parent where message_id", "cold where message_id"})
        CHECK(c.number("select count(*) from " + std::string(table) + " = " + std::to_string(id)) == 0);
    const auto seen = c.verbs.get("carol@one.test", child.id, {});
    REQUIRE(seen);
    CHECK(seen->thread == m.id);
    CHECK(seen->parents == std::vector<std::string>{"mid:" + m.id.str()});
    // What answers both is of that thread still.
    const auto late = c.submit("carol@one.test", "late@one", {to("bob@one.test")}, {m.id.str()});
    CHECK(c.number("select thread_id from message where id = " + std::to_string(late.id)) == id);
}

TEST_CASE("a directory that is not this store's archive is left alone")
{
    Cellar c;
    const auto id = c.left_behind("Minutes");
    c.age(id);
    CHECK(c.run(store::to_cold_storage) == 1);
    const auto elsewhere = c.directory.parent_path() / "elsewhere";
    fs::create_directories(elsewhere / "ab");
    std::ofstream(elsewhere / "ID") << "0192f0c1-7a00-7000-8000-000000000002\n";
    std::ofstream(elsewhere / "ab" / "file") << "of another store";
    c.maintenance.directory = elsewhere;
    const auto second = c.left_behind("Second");
    c.age(second);
    CHECK(c.run(store::to_cold_storage) == 0);
    CHECK(c.run(store::sweep_files) == 0);
    CHECK(fs::exists(elsewhere / "ab" / "file"));
    CHECK_THROWS(c.restore(id));
    c.maintenance.directory = c.directory;
    CHECK(c.run(store::to_cold_storage) == 1);
}

TEST_CASE("a new store does not take over the directory that another one filled, but one that was only begun")
{
    Cellar first, second;
    const auto id = first.left_behind("Minutes");
    first.age(id);
    CHECK(first.run(store::to_cold_storage) == 1);
    second.maintenance.directory = first.directory;
    const auto other = second.left_behind("Other");
    second.age(other);
    CHECK(second.run(store::to_cold_storage) == 0);
    CHECK(second.run(store::sweep_files) == 0);
    REQUIRE(first.restore(id));
    // Killed after the mark was made and before the store had it: the next run goes on with it.
    fs::create_directories(second.directory);
    std::ofstream(second.directory / "ID") << "0192f0c1-7a00-7000-8000-000000000002\n";
    second.maintenance.directory = second.directory;
    CHECK(second.run(store::to_cold_storage) == 1);
    CHECK(second.files() == 1);
}

TEST_CASE("a file that was damaged or lost is not restored, and says so")
{
    Cellar c;
    const auto id = c.left_behind("Minutes");
    c.age(id);
    REQUIRE(c.run(store::to_cold_storage) == 1);
    const auto file = c.directory / store::cold_messages(c.session)[0].file;
    {
        std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
        out.seekp(1000);
        out.put('x');
        out.put('y');
    }
    CHECK_THROWS_WITH_AS(c.restore(id), doctest::Contains("checksum"), std::runtime_error);
    fs::remove(file);
    CHECK_THROWS_WITH_AS(c.restore(id), doctest::Contains("missing"), std::runtime_error);
    CHECK(c.state(id) == gone);
    CHECK(!c.in_rows(id));
}

TEST_CASE("told to stop, cold storage ends between two steps and leaves everything as it was")
{
    Cellar c;
    const auto id = c.left_behind("Minutes");
    const auto before = c.everything(id);
    c.age(id);
    for (const auto* step : {"blob", "written", "rows deleted"}) {
        c.stopping = false;
        CHECK_THROWS_AS(c.run(store::to_cold_storage,
                            [&](std::string_view at) {
                                if (at == step) c.stopping = true;
                            }),
            store::Stopped);
        CHECK(c.state(id) == archived);
        CHECK(c.everything(id) == before);
    }
    c.stopping = false;
    CHECK(c.run(store::to_cold_storage) == 1);
    CHECK(c.files() == 1);
    REQUIRE(c.restore(id));
    CHECK(c.everything(id) == before);
}

TEST_CASE(
    "killed at every step of cold storage, restoring and deletion, a second run completes and the message is there exactly once")
{
    int kills = 0;
    // Every step of the first until there are no more; the second run; then what must hold.
    const auto at_every_step = [&](auto prepare, const std::function<void(store::Care&, std::int64_t)>& work,
                                   auto again, auto check) {
        for (int step = 1;; ++step) {
            Cellar c;
            const auto id = c.left_behind("Minutes");
            const auto before = c.everything(id);
            prepare(c, id);
            CAPTURE(step);
            if (!c.killed_at(step, [&](store::Care& care) { work(care, id); })) {
                CHECK(step > 3);  // else nothing was tried
                return;
            }
            ++kills;
            // For the store it is in one place, whichever; what is on disk besides is nobody's.
            const auto cold = store::cold_messages(c.session).size();
            CHECK(cold + (c.in_rows(id) ? 1 : 0) <= 1);
            again(c, id);
            check(c, id, before);
            for (const auto& broken : store::broken_invariants(c.session))
                FAIL_CHECK(broken.invariant << ": " << broken.examples.front());
        }
    };
    const auto whole = [](store::Batch (*job)(store::Care&)) {
        return [job](store::Care& care, std::int64_t) {
            while (job(care).more) {
            }
        };
    };
    const auto chilled = [](Cellar& c, std::int64_t id) {
        c.age(id);
        REQUIRE(c.run(store::to_cold_storage) == 1);
    };

    SUBCASE("cold storage")
    {
        at_every_step([](Cellar& c, std::int64_t id) { c.age(id); }, whole(store::to_cold_storage),
            [](Cellar& c, std::int64_t) {
                c.run(store::to_cold_storage);
                c.run(store::sweep_files);
            },
            [](Cellar& c, std::int64_t id, const std::string& before) {
                CHECK(c.state(id) == gone);
                CHECK(!c.in_rows(id));
                CHECK(c.files() == 1);
                REQUIRE(c.restore(id));
                CHECK(c.everything(id) == before);
                CHECK(c.files() == 0);
            });
    }
    SUBCASE("restoring")
    {
        at_every_step(
            [&](Cellar& c, std::int64_t id) {
                chilled(c, id);
                c.session.query("delete from upload");
                c.session.query("update blob set at = at - interval '1 day'");
                REQUIRE(c.run(store::collect_blobs) == 1);
            },
            [](store::Care& care, std::int64_t id) {
                const auto rows = care.session.query(
                    "select m.guid || '@' || d.name from message m join domain d on d.id = m.home where m.id = $1", id);
                (void)store::restore(care, *email2::parse_name(rows.text(0, 0)));
            },
            [](Cellar& c, std::int64_t id) {
                (void)c.restore(id);
                c.run(store::sweep_files);
            },
            [](Cellar& c, std::int64_t id, const std::string& before) {
                CHECK(c.state(id) == archived);
                CHECK(c.everything(id) == before);
                CHECK(c.files() == 0);
                CHECK(store::cold_messages(c.session).empty());
            });
    }
    SUBCASE("deletion")
    {
        at_every_step(
            [&](Cellar& c, std::int64_t id) {
                chilled(c, id);
                c.age(id);
            },
            whole(store::delete_cold),
            [](Cellar& c, std::int64_t) {
                c.run(store::delete_cold);
                c.run(store::drop_stubs);
                c.run(store::sweep_files);
            },
            [](Cellar& c, std::int64_t id, const std::string&) {
                CHECK(c.state(id) == -1);
                CHECK(c.files() == 0);
                CHECK(store::cold_messages(c.session).empty());
                CHECK(c.number("select count(*) from entry where list_id = " + std::to_string(id)) == 0);
            });
    }
    MESSAGE("processes killed: " << kills);
}

TEST_CASE("whatever people do while messages go cold, come back and are deleted, nothing is left hanging")
{
    std::size_t colds = 0, restored = 0, deleted = 0;
    for (unsigned seed = 1; seed <= 3; ++seed) {
        Cellar c;
        Crowd crowd(c, seed);
        std::minstd_rand random(seed);
        for (int round = 0; round < 15; ++round) {
            CAPTURE(seed);
            CAPTURE(round);
            for (int act = 0; act < 8; ++act) REQUIRE_NOTHROW(crowd.act());
            // A year goes by, in which Trash is emptied and old copies in Sent are deleted.
            c.session.query("update message set since = since - interval '1 year' where since is not null");
            c.session.query(
                "update ref set mailbox_id = p.limbo, uid = ref.uid + 1000 * (select count(*) from cold) + 100000 + $1 * 1000 from person p "
                "where p.id = ref.user_id and mailbox_id = p.trash",
                round);
            c.session.query(
                "delete from ref using person p, message m where p.id = ref.user_id and m.id = ref.message_id and m.state = 2 and mailbox_id = p.sent");
            c.session.query("delete from egress");
            colds += c.run(store::to_cold_storage);
            const auto cold = store::cold_messages(c.session);
            if (!cold.empty() && random() % 2) {
                REQUIRE(c.restore(c.id_of(cold[random() % cold.size()].name)));
                ++restored;
            }
            if (random() % 4 == 0) {
                c.session.query("update cold set at = at - interval '2 years' where message_id % 2 = 0");
                deleted += c.run(store::delete_cold);
                c.run(store::drop_stubs);
            }
            CHECK(c.run(store::drop_orphans) == 0);
            CHECK(c.run(store::sweep_files) == 0);
            c.run(store::drop_unreferenced);
            CHECK(crowd.wrong() == 0);
            CHECK(c.files() == store::cold_messages(c.session).size());
            for (const auto* hanging :
                {"ref r where not exists (select from rendition n where n.id = r.rendition_id and n.message_id = r.message_id)",
                    "revision v where not exists (select from rendition n where n.id = v.rendition_id)",
                    "message m where state < 3 and not exists (select from revision v where v.message_id = m.id and v.number = m.revision)",
                    "cold k where exists (select from revision v where v.message_id = k.message_id)",
                    "cold k where not exists (select from message m where m.id = k.message_id and m.state = 3)",
                    "message m where not exists (select from message h where h.id = m.list_id)",
                    "message m where not exists (select from message t where t.id = m.thread_id) and not exists (select from missing x where x.id = m.thread_id)",
                    "message_list l where not exists (select from message h where h.id = l.list_id) or not exists (select from message m where m.id = l.message_id)",
                    "parent p where not exists (select from message m where m.id = p.parent_id) and not exists (select from missing x where x.id = p.parent_id)",
                    "entry e where not exists (select from message m where m.id = e.list_id)",
                    "missing x where exists (select from message m where m.id = x.id)"}) {
                CAPTURE(hanging);
                CHECK(c.number("select count(*) from " + std::string(hanging)) == 0);
            }
        }
    }
    CHECK(colds > 20);
    CHECK(restored > 5);
    CHECK(deleted > 3);
    MESSAGE(colds << " went cold, " << restored << " came back, " << deleted << " were deleted");
}
