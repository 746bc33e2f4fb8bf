// quota_test: what stores hold, who is full, and how much an account may publish, on the real database.
#include "gateway/store/charges.h"
#include "gateway/store/mailbox_changes.h"
#include "gateway/store/mailbox_transaction.h"
#include "gateway/store/upkeep.h"
#include "village.h"

#include <future>
#include <thread>

using namespace test;
using email2::Code;

namespace {

std::uint64_t charged(Village& v, const std::string& who)
{
    return store::storage_of(v.session, who + "@one.test", 0)->charged;
}

std::uint64_t counted(Village& v, const std::string& who)
{
    store::count_anew(v.session, v.person(who + "@one.test"));
    return charged(v, who);
}

void limit(Village& v, const std::string& who, std::uint64_t octets)
{
    REQUIRE(store::set_storage_quota(v.session, who + "@one.test", octets));
}

}  // namespace

TEST_CASE("each holder is charged a share, as it comes and when it is counted")
{
    Village v;
    const auto m = v.arrive("m@x", {to("alice@one.test"), to("bob@one.test")});
    const auto size =
        static_cast<std::uint64_t>(v.number("select size from rendition where message_id = " + std::to_string(m.id)));
    for (const auto* who : {"alice", "bob"}) {
        CHECK(charged(v, who) == size / 2);
        CHECK(counted(v, who) == size / 2);
        CHECK(counted(v, who) == size / 2);
    }
    CHECK(charged(v, "carol") == 0);
    // Trash counts; once bob's is gone, it is alice's alone.
    v.move("bob", m.id, "Trash");
    CHECK(counted(v, "bob") == size / 2);
    const auto bob = *store::find_account(v.session, "bob@one.test");
    v.session.query("update ref set flags = flags | 4 where user_id = $1", bob.id);
    const auto gone = store::change(v.session, [&](store::Changes& changes) -> imap::Result<bool> {
        return !store::expunge(v.session, changes, bob, bob.trash, std::nullopt, store::LeaveScope::thread).empty();
    });
    REQUIRE(gone.value);
    CHECK(counted(v, "bob") == 0);
    CHECK(counted(v, "alice") >= size / 2);
    // What nobody here holds is charged to the account that wrote it.
    const auto sent = v.submit("carol@one.test", "s@one.test", {to("dora@legacy.test")});
    CHECK(charged(v, "carol") > 0);
    v.session.query("delete from ref where message_id = $1", sent.id);
    CHECK(counted(v, "carol") == static_cast<std::uint64_t>(v.number(
                                     "select size from rendition where message_id = " + std::to_string(sent.id))));
}

TEST_CASE("what comes while an account is counted is not lost")
{
    Village v;
    v.arrive("a@x", {to("alice@one.test")});
    const auto one = charged(v, "alice");
    store::Session other(v.url);
    store::Transaction transaction(other);
    store::count_anew(other, v.person("alice@one.test"));
    auto later = std::async(std::launch::async, [&] { return v.arrive("b@x", {to("alice@one.test")}); });
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    transaction.commit();
    later.get();
    CHECK(charged(v, "alice") == 2 * one);
}

TEST_CASE("a full store is refused by itself, the others get theirs")
{
    Village v;
    v.arrive("m@x", {to("bob@one.test")});
    limit(v, "bob", 10);
    CHECK(store::without_room(v.session,
              {"alice@one.test", "bob@one.test", "bob+x@one.test", "carol@one.test", "dora@legacy.test"}, 0,
              1) == std::set<std::string>{"bob@one.test", "bob+x@one.test"});
    CHECK(store::has_room(v.session, "alice@one.test", 1000, 1));
    CHECK(!store::has_room(v.session, "alice@one.test", 1000, 1001));

    const auto m = v.native("alice@one.test", {"bob@one.test", "carol@one.test"}, text("Plan", "The plan."));
    CHECK(v.folders("carol", v.id_of(m.id)) == "INBOX");
    CHECK(v.folders("bob", v.id_of(m.id)) == "");
    const auto seen = v.verbs.get("alice@one.test", m.id, {});
    for (const auto& entry : seen->to.entries)
        if (entry.person.address == "bob@one.test") {
            CHECK(entry.delivery->state == email2::DeliveryState::failed);
            CHECK(entry.delivery->failure->status == "5.2.2");
        }
    email2::Publication only;
    only.entries.push_back({.address = "bob@one.test"});
    only.content = text("Plan", "For bob.");
    const auto messages = v.number("select count(*) from message");
    CHECK(v.verbs.publish("alice@one.test", only).error().code == Code::over_quota);
    only.entries[0].address = "carol@one.test";
    CHECK(v.verbs.publish("bob@one.test", only).error().code == Code::over_quota);
    CHECK(v.number("select count(*) from message") == messages);
    CHECK(v.verbs.put_blob("bob@one.test", std::string(64, '0'), "x").error().code != Code::unavailable);
}

TEST_CASE("who makes room is counted before anything is refused")
{
    Village v;
    const auto m = v.arrive("m@x", {to("bob@one.test")});
    limit(v, "bob", 10);
    CHECK(!store::has_room(v.session, "bob@one.test", 0, 1));
    const auto bob = *store::find_account(v.session, "bob@one.test");
    v.session.query("update ref set flags = flags | 4 where user_id = $1 and message_id = $2", bob.id, m.id);
    (void)store::change(v.session, [&](store::Changes& changes) -> imap::Result<bool> {
        return !store::expunge(v.session, changes, bob, bob.inbox, std::nullopt, store::LeaveScope::thread).empty();
    });
    CHECK(store::has_room(v.session, "bob@one.test", 0, 1));
}

TEST_CASE("what an inherited list brings to a full store is held back, and comes when there is room")
{
    Village v;
    const auto root = v.native("alice@one.test", {"bob@one.test", "carol@one.test"}, text("Plan", "The plan."));
    limit(v, "bob", 10);
    CHECK(!store::has_room(v.session, "bob@one.test", 0, 0));  // judged
    const auto answer = v.native("carol@one.test", {}, text("Re", "Yes."), {root.id.str()});
    CHECK(v.folders("alice", v.id_of(answer.id)) == "INBOX");
    CHECK(v.folders("bob", v.id_of(answer.id)) == "");
    CHECK(v.number("select state from delivery where message_id = " + std::to_string(v.id_of(answer.id))) == 3);
    REQUIRE(store::upkeep(v.session, {}));
    CHECK(v.folders("bob", v.id_of(answer.id)) == "");
    limit(v, "bob", 1'000'000);
    REQUIRE(store::upkeep(v.session, {}));
    CHECK(v.folders("bob", v.id_of(answer.id)) == "INBOX");
    CHECK(v.number("select count(*) from delivery") == 0);
    CHECK(v.number("select count(*) from held_back") == 0);
}

namespace {

struct Strict : Village {
    explicit Strict(store::WriterSettings with) : strict(database, std::move(with)), verbs(session, strict, settings) {}
    store::Writer strict;
    store::PostgresStore verbs;
};

Code published(
    Strict& v, const std::string& who, std::size_t people = 1, bool draft = false, const std::string& key = "")
{
    email2::Publication publication;
    for (std::size_t i = 0; i < people; ++i)
        publication.entries.push_back({.address = i == 0 ? "bob@one.test" : "p" + std::to_string(i) + "@legacy.test"});
    publication.content = text("s", "t");
    publication.draft = draft;
    publication.idempotency_key = key;
    const auto made = v.verbs.publish(who, publication);
    return made ? Code::unavailable : made.error().code;
}

}  // namespace

TEST_CASE("a send quota bounds what an account publishes in a period; drafts and repetitions are free")
{
    Strict v({.domains = {"one.test"}, .send = {.messages = 2}});
    CHECK(published(v, "alice@one.test", 1, false, "a") == Code::unavailable);
    CHECK(published(v, "alice@one.test", 1, false, "a") == Code::unavailable);
    CHECK(published(v, "alice@one.test", 1, true) == Code::unavailable);
    CHECK(published(v, "alice@one.test") == Code::unavailable);
    CHECK(published(v, "alice@one.test") == Code::rate_limited);
    CHECK(published(v, "alice@one.test", 1, false, "a") == Code::unavailable);
    CHECK(published(v, "carol@one.test") == Code::unavailable);
    v.session.query("update publishing set began = began - interval '25 hours'");
    CHECK(published(v, "alice@one.test") == Code::unavailable);
    REQUIRE(store::set_send_quota(v.session, "carol@one.test", 1));
    CHECK(published(v, "carol@one.test") == Code::unavailable);  // a new period
    CHECK(published(v, "carol@one.test") == Code::rate_limited);
}

TEST_CASE("who has used up a send quota, or was too fast, is told until when, and for how long")
{
    Strict v({.domains = {"one.test"}, .send = {.messages = 1, .period = std::chrono::hours(2)}});
    email2::Publication publication;
    publication.entries.push_back({.address = "bob@one.test"});
    publication.content = text("s", "t");
    REQUIRE(v.verbs.publish("alice@one.test", publication));
    v.session.query("update publishing set began = date_trunc('second', now()) - interval '90 minutes'");
    const auto ends = v.words(
        "select to_char((began + interval '2 hours') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from publishing");
    const auto refused = v.verbs.publish("alice@one.test", publication);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text ==
          "This account has published as much as it may, and may not publish before " + ends + ".");
    CHECK(refused.error().retry_after > std::chrono::minutes(20));
    CHECK(refused.error().retry_after <= std::chrono::minutes(30));
    v.session.query("update publishing set began = now(), sent = 0, stopped_until = 'infinity'");
    const auto stopped = v.verbs.publish("alice@one.test", publication);
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().retry_after.count() == 0);  // nobody can tell
    v.session.query("update publishing set stopped_until = now() + interval '1 hour'");
    const auto later = v.verbs.publish("alice@one.test", publication);
    REQUIRE_FALSE(later);
    CHECK(later.error().retry_after > std::chrono::minutes(50));
}

TEST_CASE("who publishes too fast is suspended from publishing, until a timer or an administrator lifts it")
{
    Strict v({.domains = {"one.test"},
        .rate = {.every = std::chrono::hours(1), .kept_up = std::chrono::hours(5)},
        .suspension = std::chrono::hours(1)});
    for (int i = 0; i < 20; ++i) CHECK(published(v, "alice@one.test") == Code::unavailable);  // a burst
    v.session.query("update publishing set streak = 5");  // as if five hours of it lay behind her
    CHECK(!store::suspension_of(v.session, "alice@one.test"));
    CHECK(published(v, "alice@one.test") == Code::rate_limited);
    const auto told = store::suspension_of(v.session, "alice@one.test");
    REQUIRE(told);
    CHECK(told->find("may not publish before 20") != std::string::npos);
    v.session.query("update publishing set streak = 0");
    CHECK(published(v, "alice@one.test") == Code::rate_limited);
    CHECK(published(v, "alice@one.test", 1, true) == Code::unavailable);  // a draft
    CHECK(published(v, "bob@one.test") == Code::unavailable);
    store::suspend_account(v.session, "alice@one.test", false);
    CHECK(published(v, "alice@one.test") == Code::unavailable);
    v.session.query("update publishing set streak = 5");
    CHECK(published(v, "alice@one.test") == Code::rate_limited);
    v.session.query("update publishing set streak = 0, stopped_until = now()");
    CHECK(published(v, "alice@one.test") == Code::unavailable);
}

TEST_CASE("to many people only accounts write that may own lists")
{
    Strict v({.domains = {"one.test"}, .to_max = 3});
    CHECK(published(v, "alice@one.test", 3) == Code::unavailable);
    CHECK(published(v, "alice@one.test", 4) == Code::forbidden);
    REQUIRE(store::allow_lists(v.session, "alice@one.test", true));
    CHECK(published(v, "alice@one.test", 4) == Code::unavailable);
    v.settings.list_max = 3;
    const auto m = v.native("carol@one.test", {"bob@one.test"}, text("s", "t"));
    email2::ListChange change;
    change.add.push_back({.address = "p1@legacy.test"});
    CHECK(v.verbs.change_list("carol@one.test", m.id, change));
    change.add[0].address = "p2@legacy.test";
    CHECK(v.verbs.change_list("carol@one.test", m.id, change).error().code == Code::forbidden);
}
