// fates_test: what becomes of messages when people leave and come back, in the database. email2.md rules 2, 4 and 7.
#include "crowd.h"
#include "email2/rules.h"
#include "gateway/store/fates.h"
#include "gateway/store/mailbox_changes.h"
#include "gateway/store/mailbox_transaction.h"

#include <random>
#include <thread>

using namespace test;
using email2::Code;

namespace {

constexpr int present = 0, withdrawn = 1, archived = 2;

int state(Village& v, std::int64_t message)
{
    return static_cast<int>(v.number("select state from message where id = " + std::to_string(message)));
}

email2::ListChange adding(const std::string& address)
{
    email2::ListChange change;
    change.add.push_back({.address = address});
    return change;
}

email2::ListChange removing(const std::string& address)
{
    email2::ListChange change;
    change.remove.push_back(address);
    return change;
}

}  // namespace

TEST_CASE("a message is archived when the last one leaves, and revived when one comes back")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "The plan."));
    const auto id = v.id_of(m.id);
    REQUIRE(v.verbs.leave("alice@one.test", m.id, {}));
    CHECK(state(v, id) == present);
    REQUIRE(v.verbs.leave("bob@one.test", m.id, {}));
    CHECK(state(v, id) == archived);
    CHECK(v.number("select count(*) from message where since is not null") == 1);
    // Who left reads it in Trash still; nobody else ever does.
    CHECK(v.folders("bob", id) == "Trash");
    CHECK(v.verbs.get("bob@one.test", m.id, {})->content.body.text == "The plan.");
    CHECK(v.verbs.get("bob@one.test", m.id, {})->state == email2::State::archived);
    CHECK(v.verbs.get("carol@one.test", m.id, {}).error().code == Code::not_found);
    email2::Page trash;
    trash.folder = "Trash";
    CHECK(v.verbs.list("bob@one.test", trash)->references.size() == 1);
    REQUIRE(v.verbs.rejoin("bob@one.test", m.id, {}));
    CHECK(state(v, id) == present);
    CHECK(v.number("select count(*) from message where since is not null") == 0);
    CHECK(v.folders("bob", id) == "INBOX");
}

TEST_CASE("correspondents do not keep a message of which nobody here is left, and answers to it are archived with it")
{
    Village v;
    const auto m = v.arrive("m@legacy", {to("alice@one.test")});
    const auto answer = v.submit("alice@one.test", "a@one", {to("dora@legacy.test")}, {"m@legacy"});
    v.move("alice", m.id, "Trash");
    CHECK(state(v, m.id) == archived);
    CHECK(state(v, answer.id) == archived);
    // What alice sent still goes out, and dora's answer is kept for whoever rejoins.
    CHECK(v.number("select count(*) from egress where message_id = " + std::to_string(answer.id)) == 1);
    boost::asio::io_context io;
    Post post(v, io);
    CHECK(post.deliver_all().size() == 1);
    const auto again = v.arrive("b@legacy", {to("alice@one.test")}, {"a@one"});
    CHECK(state(v, again.id) == archived);
    CHECK(v.folders("alice", again.id) == "Trash");
    v.move("alice", m.id, "INBOX");
    for (const auto id : {m.id, answer.id, again.id}) CHECK(state(v, id) == present);
    CHECK(v.folders("alice", again.id) == "INBOX");
}

TEST_CASE("hiding one message archives it alone, and the whole thread follows when its people leave")
{
    Village v;
    const auto root = v.native("alice@one.test", {}, text("Root", "For me."));
    const auto child = v.native("alice@one.test", {}, text("Child", "Also."), {root.id.str()});
    REQUIRE(v.verbs.leave("alice@one.test", child.id, false));
    CHECK(state(v, v.id_of(child.id)) == archived);
    CHECK(state(v, v.id_of(root.id)) == present);
    REQUIRE(v.verbs.rejoin("alice@one.test", child.id, false));
    CHECK(state(v, v.id_of(child.id)) == present);
    REQUIRE(v.verbs.change_list("alice@one.test", root.id, adding("bob@one.test")));
    REQUIRE(v.verbs.leave("bob@one.test", child.id, false));
    CHECK(state(v, v.id_of(child.id)) == present);
    REQUIRE(v.verbs.leave("alice@one.test", root.id, true));
    CHECK(state(v, v.id_of(child.id)) == archived);  // bob is in the thread, but hides it
    CHECK(state(v, v.id_of(root.id)) == present);
    REQUIRE(v.verbs.leave("bob@one.test", root.id, true));
    CHECK(state(v, v.id_of(root.id)) == archived);
}

TEST_CASE("removal and the end of an account archive as leaving does, and adding revives")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "The plan."));
    const auto id = v.id_of(m.id);
    REQUIRE(v.verbs.change_list("alice@one.test", m.id, removing("bob@one.test")));
    CHECK(state(v, id) == present);
    REQUIRE(v.verbs.change_list("alice@one.test", m.id, removing("alice@one.test")));
    CHECK(state(v, id) == archived);
    REQUIRE(v.verbs.rejoin("alice@one.test", m.id, {}));
    REQUIRE(v.verbs.change_list("alice@one.test", m.id, adding("bob@one.test")));
    CHECK(state(v, id) == present);
    CHECK(v.folders("bob", id) == "INBOX");
    REQUIRE(store::remove_account(v.session, "alice@one.test"));
    CHECK(state(v, id) == present);
    REQUIRE(store::remove_account(v.session, "bob@one.test"));
    CHECK(state(v, id) == archived);
}

TEST_CASE("a message under two lists is archived when nobody is on either")
{
    Village v;
    const auto one = v.native("alice@one.test", {"bob@one.test"}, text("One", "1"));
    const auto two = v.native("alice@one.test", {"carol@one.test"}, text("Two", "2"));
    const auto both = v.native("alice@one.test", {}, text("Both", "3"), {one.id.str(), two.id.str()});
    const auto id = v.id_of(both.id);
    REQUIRE(v.verbs.leave("alice@one.test", both.id, true));
    REQUIRE(v.verbs.leave("bob@one.test", one.id, true));
    CHECK(state(v, v.id_of(one.id)) == archived);
    CHECK(state(v, id) == present);
    REQUIRE(v.verbs.leave("carol@one.test", two.id, true));
    CHECK(state(v, id) == archived);
    REQUIRE(v.verbs.rejoin("bob@one.test", one.id, true));
    CHECK(state(v, id) == present);
    CHECK(state(v, v.id_of(two.id)) == archived);
    REQUIRE(v.verbs.change_list("bob@one.test", both.id, [] {
        email2::ListChange c;
        c.detach = true;
        return c;
    }()));
    CHECK(state(v, id) == present);
}

TEST_CASE("a withdrawn message stays withdrawn when the last one leaves, and undeleting puts it where its count says")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "The plan."));
    const auto id = v.id_of(m.id);
    REQUIRE(v.verbs.withdraw("alice@one.test", m.id));
    CHECK(state(v, id) == withdrawn);
    CHECK(v.number("select count(*) from message where since is not null") == 1);
    REQUIRE(v.verbs.leave("bob@one.test", m.id, {}));
    CHECK(state(v, id) == withdrawn);
    REQUIRE(v.verbs.undelete("alice@one.test", m.id));
    CHECK(state(v, id) == present);
    CHECK(v.number("select count(*) from message where since is not null") == 0);
}

TEST_CASE("the set-based step decides as email2::fate does, for each state, count and kind of message")
{
    Village v;
    for (const int before : {present, withdrawn, archived})
        for (const bool somebody : {false, true})
            for (const bool list_root : {false, true}) {
                const auto m = v.native("alice@one.test", {}, text("One", "1"));
                const auto id = v.id_of(m.id);
                v.session.query("update message set state = $2 where id = $1", id, static_cast<std::int16_t>(before));
                if (!somebody) v.session.query("update entry set membership = 1 where list_id = $1", id);
                if (list_root)
                    v.session.query("insert into list_root(message_id, alias) values ($1, $2)", id,
                        "l" + std::to_string(id) + "@one.test");
                store::settle_fates(v.session, {id});
                email2::Standing standing;
                standing.state = static_cast<email2::State>(before);
                standing.list_root = list_root;
                const auto fate = email2::fate(standing, somebody ? 1 : 0);
                CAPTURE(before);
                CAPTURE(somebody);
                CAPTURE(list_root);
                const bool revivable = !list_root;  // a list is never archived, so it is never revived
                CHECK(state(v, id) == (fate == email2::Fate::archive                  ? archived
                                          : fate == email2::Fate::revive && revivable ? present
                                                                                      : before));
            }
}

TEST_CASE(
    "a mailing list's subscribers outside keep its posts, and without any the posts are archived but not the list")
{
    Village v;
    const auto root = v.native("alice@one.test", {"dora@legacy.test"}, text("News", ""));
    const auto id = v.id_of(root.id);
    v.session.query("insert into list_root(message_id, alias) values ($1, 'news@one.test')", id);
    const auto post = v.native("alice@one.test", {}, text("Post", "First."), {root.id.str()});
    v.session.query(
        "update entry set membership = 1 where list_id = $1 and person_id = $2", id, v.person("alice@one.test"));
    store::settle_fates(v.session, {id});
    CHECK(state(v, v.id_of(post.id)) == present);
    v.session.query("update entry set membership = 1 where list_id = $1", id);
    store::settle_fates(v.session, {id});
    CHECK(state(v, v.id_of(post.id)) == archived);
    CHECK(state(v, id) == present);
}

TEST_CASE("the end of the last reference begins the time of keeping anew")
{
    Village v;
    const auto m = v.arrive("m@legacy", {to("alice@one.test")});
    v.move("alice", m.id, "Trash");
    v.session.query("update message set since = now() - interval '20 days' where id = $1", m.id);
    const auto account = *store::find_account(v.session, "alice@one.test");
    v.session.query("update ref set flags = flags | 4 where user_id = $1", account.id);
    const auto done = store::change(v.session, [&](store::Changes& changes) -> imap::Result<bool> {
        (void)store::expunge(v.session, changes, account, account.trash, std::nullopt, store::LeaveScope::thread);
        return true;
    });
    REQUIRE(done.value);
    CHECK(v.folders("alice", m.id) == "limbo");
    CHECK(v.number("select count(*) from message where since > now() - interval '1 hour'") == 1);
}

TEST_CASE("whatever people do, a message is archived exactly while nobody who counts is on its list")
{
    std::size_t archived_ever = 0;
    for (unsigned seed = 1; seed <= 6; ++seed) {
        Village v;
        Crowd crowd(v, seed);
        for (int act = 0; act < 120; ++act) {
            crowd.act();
            CAPTURE(seed);
            CAPTURE(act);
            REQUIRE(crowd.wrong() == 0);
            archived_ever += v.number("select count(*) from message where state = 2") > 0;
        }
    }
    CHECK(archived_ever > 50);  // else it was no trial
}

TEST_CASE("people who leave, hide and come back at the same time do not count on each other")
{
    Village v;
    Crowd crowd(v, 1);
    for (int act = 0; act < 60; ++act) crowd.act();
    std::atomic<int> deadlocks{0};
    std::vector<std::thread> threads;
    for (const auto* who : {"alice@one.test", "bob@one.test", "carol@one.test"})
        threads.emplace_back([&, who = std::string(who)] {
            store::Session own(v.url);
            store::PostgresStore verbs(own, v.writer, v.settings);
            std::minstd_rand random(static_cast<unsigned>(who.size() + static_cast<unsigned char>(who[0])));
            for (int act = 0; act < 150; ++act) {
                const auto& name = crowd.names()[random() % crowd.names().size()];
                try {
                    if (random() % 2) (void)verbs.leave(who, name, random() % 2 == 0);
                    else (void)verbs.rejoin(who, name, random() % 2 == 0);
                } catch (const store::DatabaseError& error) {
                    if (error.sqlstate != "40P01") throw;
                    ++deadlocks;  // one of the two is told to come again; nothing is half done
                }
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(crowd.wrong() == 0);
    MESSAGE(deadlocks.load() << " deadlocks");
}

TEST_CASE("who joins by an answer gets what everybody before had hidden")
{
    Village v;
    const auto root = v.native("alice@one.test", {}, text("Plan", "1"));
    const auto hidden = v.native("alice@one.test", {}, text("Re", "2"), {root.id.str()});
    REQUIRE(v.verbs.leave("alice@one.test", hidden.id, false));
    REQUIRE(v.number("select state from message where id = " + std::to_string(v.id_of(hidden.id))) == 2);
    email2::Publication adding;
    adding.parents = {root.id.str()};
    adding.inherit = true;
    adding.entries.push_back({.address = "bob@one.test"});
    adding.content = text("Re", "3");
    REQUIRE(v.verbs.publish("alice@one.test", adding));
    CHECK(v.number("select state from message where id = " + std::to_string(v.id_of(hidden.id))) == 0);
    CHECK(v.folders("bob", v.id_of(hidden.id)) == "INBOX");
    CHECK(v.verbs.get("bob@one.test", hidden.id, {}));
}
