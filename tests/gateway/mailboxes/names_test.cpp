#include "gateway/store/flags.h"
#include "gateway/store/mailbox_limits.h"
#include "house.h"

#include <doctest/doctest.h>

using test::House;

namespace {

std::vector<std::string> names(House& house, imap::Mailboxes& mailboxes)
{
    std::vector<std::string> out;
    for (const auto& info : house.await(mailboxes.list())) out.push_back((info.selectable ? "" : "!") + info.name);
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

TEST_CASE("an account begins with its special mailboxes, and limbo is not seen")
{
    House house(test::populated_database());
    auto alice = house.open("Alice");
    CHECK(alice->user() == "alice@one.test");
    CHECK(names(house, *alice) == std::vector<std::string>{"Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"});
    CHECK(alice->keywords().front() == "$Edited");
    for (const auto& info : house.await(alice->list())) CHECK(info.use != imap::SpecialUse::none);
    CHECK(house.await(alice->rename("Trash", "Bin")).error().code == "CANNOT");
    CHECK(house.await(alice->remove("Sent")).error().code == "CANNOT");
    CHECK(house.await(alice->remove("inbox")).error().code == "CANNOT");
    CHECK(house.await(alice->status("\x7f limbo")).error().code == "NONEXISTENT");
}

TEST_CASE("a wrong password and an unknown account are refused alike")
{
    House house(test::populated_database());
    CHECK(house.await(house.door.login("alice", "guess")).error().code == "AUTHENTICATIONFAILED");
    CHECK(house.await(house.door.login("nobody", "demo")).error().code == "AUTHENTICATIONFAILED");
}

TEST_CASE("CREATE makes the parents, DELETE of a parent leaves a name")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    CHECK(house.await(alice->create("Work/2026/May/", imap::SpecialUse::none)));
    CHECK(house.await(alice->create("Work", imap::SpecialUse::none)).error().code == "ALREADYEXISTS");
    CHECK(house.await(alice->remove("Work/2026")));
    CHECK(names(house, *alice) == std::vector<std::string>{"!Work/2026", "Archive", "Drafts", "INBOX", "Junk", "Sent",
                                      "Trash", "Work", "Work/2026/May"});
    CHECK(house.await(alice->remove("Work/2026")).error().code == "HASCHILDREN");
}

TEST_CASE("names beyond the limits are refused")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    CHECK(house
              .await(alice->create(
                  std::string(gateway::store::mailbox_limits::name_octets + 1, 'a'), imap::SpecialUse::none))
              .error()
              .code == "LIMIT");
    std::string deep = "a";
    for (int i = 0; i < 20; ++i) deep += "/a";
    CHECK(house.await(alice->create(deep, imap::SpecialUse::none)).error().code == "LIMIT");
    for (const auto* bad : {"", "/a", "a//b", "a\nb"})
        CHECK(house.await(alice->create(bad, imap::SpecialUse::none)).error().code == "CANNOT");
}

TEST_CASE("a mailbox made again has a larger UIDVALIDITY within the same second")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    std::uint32_t last = 0;
    for (int i = 0; i < 3; ++i) {
        CHECK(house.await(alice->create("Work", imap::SpecialUse::none)));
        const auto status = house.await(alice->status("Work"));
        CHECK(status->uid_validity > last);
        last = status->uid_validity;
        CHECK(house.await(alice->remove("Work")));
    }
}

TEST_CASE("RENAME takes the subtree along, of INBOX it moves the messages only")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    CHECK(house.await(alice->create("Work/2026", imap::SpecialUse::none)));
    CHECK(house.append(*alice, "Work/2026", test::mail("a@x", "one")));
    CHECK(house.await(alice->rename("Work", "Work/below")).error().code == "CANNOT");
    CHECK(house.await(alice->rename("Work", "Old/Work")));
    CHECK(house.await(alice->status("Old/Work/2026"))->messages == 1);
    CHECK(house.await(alice->status("Work/2026")).error().code == "NONEXISTENT");

    CHECK(house.append(*alice, "INBOX", test::mail("b@x", "two"), imap::seen));
    CHECK(house.await(alice->rename("INBOX", "Kept")));
    CHECK(house.await(alice->status("INBOX"))->messages == 0);
    const auto kept = house.await(alice->status("Kept"));
    CHECK(kept->messages == 1);
    CHECK(kept->unseen == 0);
}

TEST_CASE("a subscription outlives its mailbox and returns with it")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    const auto subscribed = [&](const std::string& name) {
        const auto all = house.await(alice->subscriptions());
        return std::find(all.begin(), all.end(), name) != all.end();
    };
    CHECK(house.await(alice->create("Work", imap::SpecialUse::none)));
    CHECK(!subscribed("Work"));
    CHECK(house.await(alice->subscribe("Work", true)));
    CHECK(house.await(alice->remove("Work")));
    CHECK(subscribed("Work"));
    CHECK(house.await(alice->create("Work", imap::SpecialUse::none)));
    CHECK(subscribed("Work"));
    CHECK(house.await(alice->subscribe("Work", false)));
    CHECK(!subscribed("Work"));
}

TEST_CASE("subscriptions to names that nobody has come to an end")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    gateway::store::Session session(house.database.url());
    session.query(
        "insert into subscription(user_id, name) select p.id, 'x' || n from person p, generate_series(1, 10000) n where p.address = 'alice@one.test'");
    const auto refused = house.await(alice->subscribe("Nowhere", true));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "LIMIT");
    CHECK(house.await(alice->subscribe("INBOX", true)));
    CHECK(house.await(alice->subscribe("x1", false)));
    CHECK(house.await(alice->subscribe("Nowhere", true)));
}

TEST_CASE("STATUS counts messages, flags, recent ones and octets")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    const auto one = test::mail("a@x", "one"), two = test::mail("b@x", "two", "longer\r\n");
    CHECK(house.append(*alice, "INBOX", one, imap::seen));
    CHECK(house.append(*alice, "INBOX", two, imap::deleted));
    auto status = house.await(alice->status("inbox"));
    CHECK(status->messages == 2);
    CHECK(status->unseen == 1);
    CHECK(status->deleted == 1);
    CHECK(status->recent == 2);
    CHECK(status->uid_next == 3);
    CHECK(status->size == one.size() + two.size());
    CHECK(house.select(*alice, "INBOX")->recent_from() == 1);
    CHECK(house.await(alice->status("INBOX"))->recent == 0);
    CHECK(house.select(*alice, "INBOX")->recent_from() == 3);
    CHECK(house.append(*alice, "INBOX", test::mail("c@x", "three")));
    CHECK(house.await(alice->status("INBOX"))->size > one.size() + two.size());
}

TEST_CASE("a correspondent becomes an account by its address, and an account can be removed")
{
    House house(test::populated_database());
    house.database.run_blocking([](gateway::store::Session& session) {
        session.query("insert into person(address, name) values ('dora@one.test', 'Dora')");
        CHECK(gateway::store::create_account(session, "dora@one.test", "verifier"));
        CHECK(!gateway::store::create_account(session, "dora@one.test", "verifier"));
        CHECK(gateway::store::find_account(session, "dora@one.test")->name == "Dora");
        CHECK(gateway::store::list_accounts(session).size() == 4);
        CHECK(gateway::store::suspend_account(session, "dora@one.test", true));
        CHECK(gateway::store::find_account(session, "dora@one.test")->suspended);
        CHECK(gateway::store::set_password(session, "dora@one.test", "other"));
        CHECK(gateway::store::find_account(session, "dora@one.test")->verifier == "other");
        CHECK(gateway::store::remove_account(session, "dora@one.test"));
        CHECK(!gateway::store::find_account(session, "dora@one.test"));
        CHECK(!gateway::store::remove_account(session, "dora@one.test"));
        return 0;
    });
}
