#include "gateway/store/flags.h"
#include "house.h"

#include <doctest/doctest.h>

using test::House;
using Uids = std::vector<imap::Uid>;

namespace {

// A mail from dora@legacy.test to alice and bob, or an answer to it that inherits its list.
void arrive(House& house, const std::string& id, const std::string& answers = "")
{
    gateway::store::NewMessage message;
    message.originator = "dora@legacy.test";
    message.message_id = id;
    message.recipients = {{.address = "alice@one.test"}, {.address = "bob@one.test"}};
    if (!answers.empty()) {
        message.parents = {answers};
        message.inherit = true;
    }
    message.bytes.append(test::mail(id, "about " + id));
    REQUIRE(house.writer.publish_blocking(std::move(message)));
}

Uids uids(House& house, imap::Mailboxes& mailboxes, const std::string& name)
{
    return test::uids_of(*house.select(mailboxes, name)->snapshot());
}

std::int64_t membership_of_alice(House& house)
{
    return house.number("select coalesce(max(membership), -1) from entry where person_id = (select "
                        "id from person where address = 'alice@one.test')"
                        " and list_id in (select id from message where mid = 'root@x')");
}

void mark_deleted_and_expunge(House& house, imap::Mailbox& mailbox, const Uids& which)
{
    REQUIRE(house.await(mailbox.store(which, imap::StoreMode::add, imap::deleted, {}, std::nullopt)));
    const auto gone = house.await(mailbox.expunge(which));
    REQUIRE(gone);
    CHECK(*gone == which);
}

}  // namespace

TEST_CASE("STORE changes what differs, and UNCHANGEDSINCE refuses what moved meanwhile")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    for (int i = 0; i < 3; ++i)
        REQUIRE(house.append(*alice, "INBOX", test::mail(std::to_string(i) + "@x", "n"), i == 2 ? imap::seen : 0));
    auto inbox = house.select(*alice, "INBOX");
    const auto before = inbox->snapshot()->highest_modseq;

    auto stored = house.await(inbox->store({1, 2, 3, 7}, imap::StoreMode::add, imap::seen, {}, std::nullopt));
    REQUIRE(stored);
    CHECK(stored->changed.size() == 3);
    CHECK(stored->changed[0].modseq == before + 1);
    CHECK(stored->changed[2].modseq == before);  // had it
    CHECK(inbox->snapshot()->highest_modseq == before + 1);

    stored = house.await(inbox->store({1, 2, 3}, imap::StoreMode::replace, imap::flagged, {}, before));
    CHECK(stored->modified == Uids{1, 2});
    REQUIRE(stored->changed.size() == 1);
    CHECK(stored->changed[0].flags == imap::flagged);

    const auto now = inbox->snapshot();
    stored = house.await(inbox->store({3}, imap::StoreMode::add, imap::flagged, {}, std::nullopt));
    CHECK(inbox->snapshot() == now);
    stored = house.await(inbox->store({3}, imap::StoreMode::remove, imap::flagged, {"Unheard"}, std::nullopt));
    CHECK(stored->changed[0].flags == 0);
    CHECK(alice->keywords().size() == gateway::store::fixed_keywords.size());
    CHECK(house.number("select count(*) from event where kind = 12") == 4);
}

TEST_CASE("keywords are made up to a limit, and a mailbox opened read-only takes none")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    REQUIRE(house.append(*alice, "INBOX", test::mail("a@x", "n")));
    auto inbox = house.select(*alice, "INBOX");
    std::vector<std::string> names;
    for (std::size_t i = gateway::store::fixed_keywords.size(); i < gateway::store::keyword_limit; ++i)
        names.push_back("k" + std::to_string(i));
    REQUIRE(house.await(inbox->store({1}, imap::StoreMode::add, 0, names, std::nullopt)));
    CHECK(house.await(
        inbox->store({1}, imap::StoreMode::add, 0, {"K8", "$EDITED"}, std::nullopt)));  // known, in any case
    CHECK(house.await(inbox->store({1}, imap::StoreMode::add, 0, {"more"}, std::nullopt)).error().code == "LIMIT");
    auto examined = std::move(*house.await(alice->select("INBOX", true)));
    CHECK(examined->read_only());
    CHECK(!house.await(examined->store({1}, imap::StoreMode::add, imap::seen, {}, std::nullopt)));
}

TEST_CASE("EXPUNGE takes the deleted ones among those named, and of imports nothing stays")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    for (int i = 0; i < 4; ++i)
        REQUIRE(house.append(*alice, "INBOX", test::mail(std::to_string(i) + "@x", "n"), i == 0 ? 0 : imap::deleted));
    auto inbox = house.select(*alice, "INBOX");
    CHECK(*house.await(inbox->expunge(Uids{1, 2, 3, 9})) == Uids{2, 3});
    CHECK(test::uids_of(*inbox->snapshot()) == Uids{1, 4});
    CHECK(*house.await(inbox->expunge(std::nullopt)) == Uids{4});
    CHECK(house.await(inbox->expunge(std::nullopt))->empty());
    CHECK(house.number("select count(*) from message") == 1);
    CHECK(house.number("select count(*) from rendition") == 1);
    CHECK(house.number("select count(*) from msgid") == 1);
}

TEST_CASE("a draft saved again is another, and the old one goes with EXPUNGE")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    REQUIRE(house.append(*alice, "Drafts", test::mail("d@x", "first"), imap::draft));
    REQUIRE(house.append(*alice, "Drafts", test::mail("d@x", "second"), imap::draft));
    auto drafts = house.select(*alice, "Drafts");
    mark_deleted_and_expunge(house, *drafts, {1});
    CHECK(test::uids_of(*drafts->snapshot()) == Uids{2});
    CHECK(house.number("select count(*) from message where kind = 1") == 1);
    CHECK(house.number("select count(*) from msgid") == 0);
}

TEST_CASE("COPY makes references with flags of their own, in order, also in the same mailbox")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    for (int i = 0; i < 3; ++i)
        REQUIRE(house.append(*alice, "INBOX", test::mail(std::to_string(i) + "@x", "n"), imap::seen, {"Mine"}));
    auto inbox = house.select(*alice, "INBOX");
    CHECK(house.await(inbox->copy({1}, "Missing")).error().code == "TRYCREATE");
    const auto copied = house.await(inbox->copy({1, 3, 8}, "Archive"));
    REQUIRE(copied);
    CHECK(copied->from == Uids{1, 3});
    CHECK(copied->to == Uids{1, 2});
    CHECK(copied->uid_validity == house.await(alice->status("Archive"))->uid_validity);
    const auto again = house.await(inbox->copy({2}, "inbox"));
    CHECK(again->to == Uids{4});
    CHECK(test::uids_of(*inbox->snapshot()) == Uids{1, 2, 3, 4});
    CHECK(inbox->snapshot()->messages[3].flags == inbox->snapshot()->messages[1].flags);
    const auto ids = house.await(inbox->metadata({2, 4}, 31));
    CHECK(ids[0].email_id == ids[1].email_id);
    const auto moved = house.await(inbox->move({1, 2}, "Archive"));
    CHECK(moved->from == Uids{1, 2});
    CHECK(moved->to == Uids{3, 4});
    CHECK(test::uids_of(*inbox->snapshot()) == Uids{3, 4});
    CHECK(house.number("select count(*) from message") == 3);
}

TEST_CASE("MOVE to Trash is leaving, with the thread; moving out again brings everything back")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    arrive(house, "root@x");
    arrive(house, "answer@x", "root@x");
    auto inbox = house.select(*alice, "INBOX");
    REQUIRE(test::uids_of(*inbox->snapshot()) == Uids{1, 2});
    REQUIRE(house.await(inbox->store({2}, imap::StoreMode::add, imap::seen, {}, std::nullopt)));
    CHECK(membership_of_alice(house) == 0);
    REQUIRE(house.await(inbox->move({1}, "Trash")));
    CHECK(inbox->snapshot()->messages.empty());
    CHECK(membership_of_alice(house) == 1);

    auto trash = house.select(*alice, "Trash");
    CHECK(trash->snapshot()->messages.size() == 2);
    const auto first = trash->snapshot()->messages[0].uid;
    REQUIRE(house.await(trash->move({first}, "INBOX")));
    CHECK(membership_of_alice(house) == 0);
    CHECK(trash->snapshot()->messages.empty());
    house.await(inbox->refresh());
    REQUIRE(inbox->snapshot()->messages.size() == 2);
    CHECK(std::any_of(inbox->snapshot()->messages.begin(), inbox->snapshot()->messages.end(),
        [](const auto& m) { return m.flags == imap::seen; }));
}

TEST_CASE("COPY to Trash with EXPUNGE is leaving as well, and so is the way back")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    arrive(house, "root@x");
    auto inbox = house.select(*alice, "INBOX");
    REQUIRE(house.await(inbox->copy({1}, "Trash")));
    CHECK(membership_of_alice(house) == 0);
    mark_deleted_and_expunge(house, *inbox, {1});
    CHECK(membership_of_alice(house) == 1);

    auto trash = house.select(*alice, "Trash");
    REQUIRE(house.await(trash->copy({1}, "Archive")));
    CHECK(membership_of_alice(house) == 0);
    CHECK(uids(house, *alice, "INBOX").empty());  // no second copy came back
    CHECK(uids(house, *alice, "Archive") == Uids{1});
    mark_deleted_and_expunge(house, *trash, {1});
    CHECK(membership_of_alice(house) == 0);
    CHECK(house.number("select count(*) from ref where user_id = (select id from person where "
                       "address = 'alice@one.test')") == 1);
}

TEST_CASE("EXPUNGE outside Trash leaves the person on the list, in Trash it keeps the way back")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    arrive(house, "root@x");
    auto inbox = house.select(*alice, "INBOX");
    REQUIRE(house.await(inbox->store({1}, imap::StoreMode::add, imap::flagged, {}, std::nullopt)));
    REQUIRE(house.await(inbox->move({1}, "Trash")));
    auto trash = house.select(*alice, "Trash");
    mark_deleted_and_expunge(house, *trash, {1});
    CHECK(membership_of_alice(house) == 1);
    CHECK(house.number("select flags from ref r join person p on p.limbo = r.mailbox_id and p.inbox = r.home") ==
          imap::flagged);

    auto bob = house.open("bob");
    auto bobs = house.select(*bob, "INBOX");
    mark_deleted_and_expunge(house, *bobs, {1});
    CHECK(house.number("select count(*) from ref where user_id = (select id from person where "
                       "address = 'bob@one.test')") == 0);
    arrive(house, "answer@x", "root@x");
    CHECK(uids(house, *bob, "INBOX") == Uids{2});
    CHECK(uids(house, *alice, "INBOX").empty());
}

TEST_CASE("APPEND of what the user has already is a reference to it, of other bytes an import")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    auto carol = house.open("carol");
    arrive(house, "root@x");
    const auto bytes = test::mail("root@x", "about root@x");
    REQUIRE(house.append(*alice, "Archive", bytes, imap::seen));
    CHECK(house.number("select count(*) from message") == 1);
    CHECK(house.number("select flags from ref r join person p on p.archive = r.mailbox_id") == imap::seen);
    REQUIRE(house.append(*alice, "Archive", bytes + "more\r\n"));
    REQUIRE(house.append(*carol, "Archive", bytes));  // she may not see it
    CHECK(house.number("select count(*) from message") == 3);
}

TEST_CASE("a copy saved to Sent after submission is the author's own rendition of that one message")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    gateway::store::NewMessage message;
    message.originator = "alice@one.test";
    message.submitted = true;
    message.message_id = "mine@x";
    message.recipients = {{.address = "bob@one.test"}};
    message.bytes.append(test::mail("mine@x", "hi"));
    REQUIRE(house.writer.publish_blocking(std::move(message)));
    REQUIRE(uids(house, *alice, "Sent") == Uids{1});
    const auto own = test::mail("mine@x", "hi", "Hello.\r\n", "Bcc: carol@one.test\r\n");
    const auto appended = house.append(*alice, "Sent", own, imap::seen);
    REQUIRE(appended);
    auto sent = house.select(*alice, "Sent");
    CHECK(test::uids_of(*sent->snapshot()) == appended->uids);
    CHECK(house.await(sent->read(appended->uids))[0] == own);
    CHECK(house.number("select count(*) from message") == 1);
    auto bob = house.open("bob");
    CHECK(house.await(house.select(*bob, "INBOX")->read({1}))[0] == test::mail("mine@x", "hi"));
    REQUIRE(house.append(*alice, "Sent", test::mail("other@x", "elsewhere"), imap::seen));
    CHECK(house.number("select count(*) from message where kind = 2") == 1);
}

TEST_CASE("a client's Message-ID that looks like a message's name is a Message-ID like any other")
{
    // Thunderbird's: a UUID at the account's domain.
    const std::string id = "6b729cd8-8285-45db-875f-6d88cb30597c@one.test";
    House house(test::populated_database());
    auto alice = house.open("alice");
    gateway::store::NewMessage message;
    message.originator = "alice@one.test";
    message.submitted = true;
    message.message_id = id;
    message.recipients = {{.address = "bob@one.test"}};
    message.bytes.append(test::mail(id, "hi"));
    REQUIRE(house.writer.publish_blocking(std::move(message)));
    REQUIRE(house.append(*alice, "Sent", test::mail(id, "hi"), imap::seen));
    CHECK(house.number("select count(*) from message") == 1);

    gateway::store::NewMessage answer;
    answer.originator = "bob@one.test";
    answer.submitted = true;
    answer.message_id = "fffffff0-8285-45db-875f-6d88cb30597c@one.test";
    answer.parents = {id, "eeeeeee0-8285-45db-875f-6d88cb30597c@two.test"};
    answer.recipients = {{.address = "alice@one.test"}};
    answer.bytes.append(test::mail(answer.message_id, "Re: hi"));
    REQUIRE(house.writer.publish_blocking(std::move(answer)));
    CHECK(house.number("select count(distinct thread_id) from message") == 1);
    CHECK(house.number("select count(*) from missing") == 1);  // the parent that may still arrive
}

TEST_CASE("DELETE of a mailbox ends its session's view and leaves nobody's list")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    arrive(house, "root@x");
    REQUIRE(house.await(alice->create("Work", imap::SpecialUse::none)));
    auto inbox = house.select(*alice, "INBOX");
    REQUIRE(house.await(inbox->move({1}, "Work")));
    auto work = house.select(*alice, "Work");
    const auto before = work->snapshot();
    REQUIRE(house.await(alice->remove("Work")));
    house.await(work->wait(before));
    CHECK(work->snapshot()->messages.empty());
    CHECK(membership_of_alice(house) == 0);
}
