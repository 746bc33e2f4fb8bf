// own_list_test: detach and inherit again, where the model test found the store wrong. email2.md rule 3.
#include "village.h"

#include <atomic>
#include <thread>

using namespace test;

namespace {

email2::ListChange detaching()
{
    email2::ListChange change;
    change.detach = true;
    return change;
}

// Until a connection to the village's database waits for a lock, or the one that should has ended.
void wait_for_a_waiter(Village& v, const std::atomic<bool>& ended)
{
    while (
        !ended &&
        v.number(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") ==
            0)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

}  // namespace

TEST_CASE("detaching withholds what is on its way to correspondents whom the message excludes")
{
    Village v;
    const auto root =
        v.native("carol@one.test", {"alice@one.test", "bob@one.test", "dora@legacy.test"}, text("Plan", "1"));
    const auto first = v.native("alice@one.test", {}, text("Re", "2"), {root.id.str()});
    email2::ListChange remove;
    remove.remove.push_back("dora@legacy.test");
    REQUIRE(v.verbs.change_list("alice@one.test", first.id, remove));
    const auto answer = v.native("carol@one.test", {}, text("Re", "3"), {first.id.str()});
    const auto state = [&](const email2::Name& id) {
        return v.words(
            "select state from delivery d join person p on p.id = d.person_id where p.address = 'dora@legacy.test' and d.message_id = " +
            std::to_string(v.id_of(id)));
    };
    CHECK(state(answer.id) == "0");
    REQUIRE(v.verbs.change_list("alice@one.test", first.id, detaching()));
    CHECK(state(root.id) == "0");
    CHECK(state(answer.id) == "5");
    CHECK(v.number("select count(*) from egress where message_id = " + std::to_string(v.id_of(answer.id))) == 0);
}

TEST_CASE("inheriting again withholds what is on its way to correspondents who are on the message's own list alone")
{
    Village v;
    const auto root = v.native("carol@one.test", {"alice@one.test", "bob@one.test"}, text("Plan", "1"));
    email2::Publication publication;
    publication.parents = {root.id.str()};
    publication.entries = {
        {.address = "carol@one.test"}, {.address = "dora@legacy.test"}, {.address = "emil@legacy.test"}};
    publication.content = text("Re", "2");
    const auto own = v.verbs.publish("alice@one.test", publication);
    REQUIRE(own);
    const auto answer = v.native("carol@one.test", {}, text("Re", "3"), {own->id.str()});
    REQUIRE(v.verbs.change_list("carol@one.test", root.id, {.add = {{.address = "emil@legacy.test"}}}));
    const auto states = [&](const email2::Name& id) {
        return v.words(
            "select p.address || '=' || d.state from delivery d join person p on p.id = d.person_id where d.message_id = " +
            std::to_string(v.id_of(id)) + " order by 1");
    };
    const auto queued = [&](const email2::Name& id) {
        return v.words(
            "select p.address from egress e join person p on p.id = e.person_id where e.kind = 0 and e.message_id = " +
            std::to_string(v.id_of(id)) + " order by 1");
    };
    CHECK(states(answer.id) == "dora@legacy.test=0 emil@legacy.test=0");
    email2::ListChange change;
    change.inherit = true;
    REQUIRE(v.verbs.change_list("alice@one.test", own->id, change));
    // Who is on the parent's list as well gets both still.
    for (const auto& id : {own->id, answer.id}) {
        CHECK(states(id) == "dora@legacy.test=5 emil@legacy.test=0");
        CHECK(queued(id) == "emil@legacy.test");
    }
}

TEST_CASE("a To change numbers its events when all else is done: who holds that lock never waits for a mailbox")
{
    Village v;
    const auto root = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "1"));
    const auto inbox = static_cast<std::int32_t>(v.number("select inbox from person where address = 'carol@one.test'"));
    // Somebody moves mail in carol's INBOX, and is about to number the event of it.
    store::Session moving(v.url), changing(v.url);
    std::optional<email2::Result<email2::ToList>> result;
    std::atomic<bool> ended{false};
    {
        store::Transaction transaction(moving);
        moving.query("select from mailbox where id = $1 for no key update", inbox);
        std::jthread other([&] {
            store::PostgresStore verbs(changing, v.writer, v.settings);
            result = verbs.change_list("alice@one.test", root.id,
                {.add = {{.address = "carol@one.test"}, {.address = "dora@legacy.test"}}, .remove = {"bob@one.test"}});
            ended = true;
        });
        wait_for_a_waiter(v, ended);
        CHECK_FALSE(ended);  // it waits for the mailbox
        // Were the lock of event numbers taken by now, this would wait for it, and each for the other.
        CHECK(moving.query("select pg_try_advisory_xact_lock(1)").boolean(0, 0));
        transaction.commit();
    }
    REQUIRE(result);
    CHECK(*result);
    CHECK(v.folders("carol", v.id_of(root.id)) == "INBOX");
}

TEST_CASE("the copy of two lists has everybody in the role that a reader sees: to before cc")
{
    Village v;
    const auto root = [&](email2::Role role) {
        email2::Publication publication;
        publication.entries = {{.address = "alice@one.test"}, {.address = "bob@one.test", .role = role}};
        publication.content = text("Plan", "1");
        return v.verbs.publish("carol@one.test", publication)->id.str();
    };
    for (const bool cc_first : {true, false}) {
        const auto one = root(cc_first ? email2::Role::cc : email2::Role::to),
                   other = root(cc_first ? email2::Role::to : email2::Role::cc);
        const auto answer = v.native("alice@one.test", {}, text("Re", "2"), {one, other});
        REQUIRE(answer.to.inherit);
        const auto shown = [&](const email2::ToList& list) {
            const auto bob = std::find_if(list.entries.begin(), list.entries.end(),
                [](const auto& entry) { return entry.person.address == "bob@one.test"; });
            REQUIRE(bob != list.entries.end());
            return bob->role;
        };
        CHECK(shown(answer.to) == email2::Role::to);
        CHECK(shown(*v.verbs.change_list("alice@one.test", answer.id, detaching())) == email2::Role::to);
    }
}

TEST_CASE("who leaves the parent's list while they inherit it is on it, or has left it, but not both")
{
    Village v;
    const auto root = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "1"));
    email2::Publication publication;
    publication.parents = {root.id.str()};
    publication.entries = {{.address = "carol@one.test"}};
    publication.content = text("Re", "2");
    const auto answer = v.verbs.publish("alice@one.test", publication);
    REQUIRE(answer);
    email2::ListChange change;
    change.inherit = true;
    change.add = {{.address = "bob@one.test"}};
    store::Session leaving(v.url), changing(v.url);
    std::optional<email2::Result<email2::ToList>> result;
    std::atomic<bool> ended{false};
    {
        store::Transaction transaction(leaving);
        leaving.query("select from message where id = $1 for no key update", v.id_of(root.id));
        leaving.query("update entry set membership = 1 where list_id = $1 and person_id = $2", v.id_of(root.id),
            v.person("alice@one.test"));
        std::jthread other([&] {
            store::PostgresStore verbs(changing, v.writer, v.settings);
            result = verbs.change_list("alice@one.test", answer->id, change);
            ended = true;
        });
        wait_for_a_waiter(v, ended);
        transaction.commit();
    }
    REQUIRE(result);
    REQUIRE_FALSE(*result);
    CHECK(result->error().code == email2::Code::invalid);  // she is on no list that she could inherit
    CHECK_FALSE(v.verbs.get("alice@one.test", answer->id, {})->to.inherit);
}

TEST_CASE(
    "who was blind on a message's own list and is on its parent's sees the answers once the list is inherited again")
{
    Village v;
    const auto root = v.native("carol@one.test", {"alice@one.test", "bob@one.test"}, text("Plan", "1"));
    email2::Publication publication;
    publication.parents = {root.id.str()};
    publication.entries = {{.address = "carol@one.test"}, {.address = "bob@one.test", .role = email2::Role::blind}};
    publication.content = text("Re", "2");
    const auto message = v.verbs.publish("alice@one.test", publication);
    REQUIRE(message);
    const auto answer = v.native("carol@one.test", {}, text("Re", "3"), {message->id.str()});
    CHECK(v.folders("bob", v.id_of(answer.id)).empty());
    email2::ListChange change;
    change.inherit = true;
    REQUIRE(v.verbs.change_list("alice@one.test", message->id, change));
    CHECK(v.folders("bob", v.id_of(answer.id)) == "INBOX");
    CHECK(v.verbs.get("bob@one.test", answer.id, {}));
}

TEST_CASE("the last one of one list does not archive what somebody comes to at the same time by another list")
{
    Village v;
    const auto one = v.native("alice@one.test", {}, text("Plan", "1")),
               other = v.native("alice@one.test", {}, text("Plan", "2"));
    const auto answer = v.native("alice@one.test", {}, text("Re", "3"), {one.id.str(), other.id.str()});
    REQUIRE(answer.to.inherit);
    REQUIRE(v.verbs.leave("alice@one.test", other.id, true));
    store::Session coming(v.url), leaving(v.url);
    {
        store::Transaction transaction(coming);
        coming.query("select from message where id = $1 for no key update", v.id_of(other.id));
        coming.query(
            "insert into entry(list_id, person_id) values ($1, $2)", v.id_of(other.id), v.person("bob@one.test"));
        std::atomic<bool> left{false};
        std::jthread last([&] {
            store::PostgresStore verbs(leaving, v.writer, v.settings);
            (void)verbs.leave("alice@one.test", one.id, true);
            left = true;
        });
        wait_for_a_waiter(v, left);
        transaction.commit();
    }
    CHECK(v.number("select state from message where id = " + std::to_string(v.id_of(answer.id))) == 0);
    CHECK(v.number("select state from message where id = " + std::to_string(v.id_of(one.id))) == 2);
}
