// replace_test: REPLACE (RFC 8508) on the real database: drafts, own messages, imports, and what is refused.
#include "gateway/store/flags.h"
#include "gateway/store/store.h"
#include "house.h"

#include <doctest/doctest.h>

#include <future>

using test::House;
using Uids = std::vector<imap::Uid>;

namespace {

gateway::mailboxes::Settings with_verbs(std::uint64_t storage = 0)
{
    static const gateway::store::StoreSettings verbs{.domains = {"one.test"}, .home = "one.test"};
    return {.domains = {"one.test"}, .storage = storage, .verbs = &verbs};
}

imap::Result<imap::Appended> replace(House& house, imap::Mailbox& mailbox, imap::Uid uid,
    const std::string& destination, std::string_view mail, imap::Flags flags = 0,
    std::vector<std::string> keywords = {})
{
    imap::AppendMessage message;
    message.flags = flags;
    message.keywords = std::move(keywords);
    message.mail.append(mail);
    return house.await(mailbox.replace(uid, destination, std::move(message)));
}

std::string code_of(const imap::Result<imap::Appended>& result)
{
    return result ? "OK" : result.error().code;
}

Uids uids(House& house, imap::Mailboxes& mailboxes, const std::string& name)
{
    return test::uids_of(*house.select(mailboxes, name)->snapshot());
}

imap::Flags flags_at(const imap::Mailbox& mailbox, imap::Uid uid)
{
    for (const auto& message : mailbox.snapshot()->messages)
        if (message.uid == uid) return message.flags;
    return ~imap::Flags{0};
}

void submit(House& house, const std::string& id, const std::string& subject)
{
    gateway::store::NewMessage message;
    message.originator = "alice@one.test";
    message.proof = email2::Proof::account;
    message.submitted = true;
    message.message_id = id;
    message.recipients = {{.address = "bob@one.test"}};
    message.bytes.append(test::mail(id, subject));
    REQUIRE(house.writer.publish_blocking(std::move(message)));
}

std::string by_alice(const std::string& id, const std::string& subject, const std::string& text = "Hello.\r\n",
    const std::string& further = "")
{
    const auto mail = test::mail(id, subject, text, further);
    return "From: Alice <alice@one.test>" + mail.substr(mail.find("\r\n"));
}

}  // namespace

TEST_CASE("a draft that is replaced is the same draft at its next revision, octet for octet")
{
    House house(test::populated_database(), with_verbs());
    auto alice = house.open("alice");
    const auto picture = "Content-Type: multipart/mixed; boundary=b\r\n";
    const auto parts = "--b\r\n\r\nhi\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                       std::string(40, 'A') + "\r\n--b--\r\n";
    REQUIRE(house.append(*alice, "Drafts", test::mail("d@x", "first", parts, picture), imap::draft));
    auto drafts = house.select(*alice, "Drafts");
    const auto before = drafts->snapshot()->highest_modseq;
    const auto second = test::mail("e@x", "second", "Hello.\r\n", "Bcc: carol@one.test\r\n");
    const auto saved = replace(house, *drafts, 1, "Drafts", second, imap::draft | imap::seen, {"$Forwarded"});
    REQUIRE(saved);
    CHECK(saved->uids == Uids{2});
    CHECK(saved->uid_validity == drafts->snapshot()->uid_validity);
    CHECK(test::uids_of(*drafts->snapshot()) == Uids{2});
    CHECK(drafts->snapshot()->highest_modseq > before);
    CHECK(flags_at(*drafts, 2) == (imap::draft | imap::seen | gateway::store::flags::forwarded));
    CHECK(house.await(drafts->read({2}))[0] == second);
    CHECK(house.number("select count(*) from message") == 1);
    CHECK(house.number("select revision from message where kind = 1 and mid = 'e@x'") == 2);
    CHECK(house.number("select count(*) from msgid") == 0);
    CHECK(house.number("select count(*) from body") == 1);
    CHECK(house.number("select count(*) from revision where redacted") == 1);
    CHECK(house.number("select count(*) from blob_use") == 0);
    CHECK(house.number("select count(*) from event where kind = 1") == 1);

    // A copy keeps what it shows; the draft goes with its last reference.
    REQUIRE(house.await(drafts->copy({2}, "INBOX")));
    REQUIRE(replace(house, *drafts, 2, "Drafts", test::mail("f@x", "third"), imap::draft));
    CHECK(house.await(house.select(*alice, "INBOX")->read({1}))[0] == second);
}

TEST_CASE("a draft that is replaced by what was sent goes, and the copy in Sent is of the message")
{
    House house(test::populated_database(), with_verbs());
    auto alice = house.open("alice");
    REQUIRE(house.append(*alice, "Drafts", test::mail("d@x", "hi"), imap::draft));
    submit(house, "mine@x", "hi");
    auto drafts = house.select(*alice, "Drafts");
    const auto own = test::mail("mine@x", "hi", "Hello.\r\n", "Bcc: carol@one.test\r\n");
    const auto sent = replace(house, *drafts, 1, "Sent", own, imap::seen);
    REQUIRE(sent);
    CHECK(drafts->snapshot()->messages.empty());
    CHECK(uids(house, *alice, "Sent") == sent->uids);
    CHECK(house.await(house.select(*alice, "Sent")->read(sent->uids))[0] == own);
    CHECK(house.number("select count(*) from message") == 1);
}

TEST_CASE("a draft that is replaced by what supersedes an own message is its edit, once")
{
    House house(test::populated_database(), with_verbs());
    auto alice = house.open("alice");
    submit(house, "mine@x", "hi");
    const auto better = by_alice("better@x", "hi", "Better.\r\n", "Supersedes: <mine@x>\r\n");
    for (int time = 0; time < 2; ++time) {  // the second time it is the copy of what was submitted
        REQUIRE(house.append(*alice, "Drafts", test::mail("d@x", "hi"), imap::draft));
        auto drafts = house.select(*alice, "Drafts");
        const auto uid = test::uids_of(*drafts->snapshot()).front();
        const auto sent = replace(house, *drafts, uid, "Sent", better, imap::seen);
        REQUIRE(sent);
        CHECK(sent->uids == Uids{2});
        CHECK(drafts->snapshot()->messages.empty());
        CHECK(uids(house, *alice, "Sent") == Uids{2});
        CHECK(house.await(house.select(*alice, "Sent")->read({2}))[0].find("Better.") != std::string::npos);
        CHECK(house.number("select count(*) from message") == 1);
        CHECK(house.number("select revision from message") == 2);
    }
    SUBCASE("what others wrote is not edited, and the draft stays")
    {
        auto bob = house.open("bob");
        REQUIRE(house.append(*bob, "Drafts", test::mail("d@x", "hi"), imap::draft));
        auto drafts = house.select(*bob, "Drafts");
        const auto mine = test::mail("bobs@x", "hi", "Mine.\r\n", "Supersedes: <mine@x>\r\n");
        CHECK(code_of(replace(house, *drafts, 1, "Sent", mine)) == "NOPERM");
        CHECK(test::uids_of(*drafts->snapshot()) == Uids{1});
    }
    SUBCASE("in Drafts it is a draft still, and what names nothing is an import")
    {
        REQUIRE(house.append(*alice, "Drafts", test::mail("d@x", "hi"), imap::draft));
        auto drafts = house.select(*alice, "Drafts");
        const auto again =
            replace(house, *drafts, 3, "Drafts", test::mail("e@x", "hi", "x", "Supersedes: <mine@x>\r\n"));
        REQUIRE(again);
        const auto other = test::mail("e@x", "hi", "x", "Supersedes: <other@x>\r\n");
        REQUIRE(replace(house, *drafts, again->uids[0], "Sent", other));
        CHECK(house.number("select count(*) from message where kind = 2") == 1);
        CHECK(house.number("select max(revision) from message where kind = 0") == 2);
    }
}

TEST_CASE("REPLACE of an own message is its edit, for everybody who sees it")
{
    House house(test::populated_database(), with_verbs());
    auto alice = house.open("alice");
    auto bob = house.open("bob");
    submit(house, "mine@x", "hi");
    auto inbox = house.select(*bob, "INBOX");
    REQUIRE(house.await(inbox->store({1}, imap::StoreMode::add, imap::seen, {}, std::nullopt)));
    auto sent = house.select(*alice, "Sent");
    const auto edited =
        replace(house, *sent, 1, "Sent", by_alice("other@x", "hi", "Better.\r\n"), imap::seen | imap::flagged);
    REQUIRE(edited);
    CHECK(code_of(replace(house, *sent, 2, "Sent", test::mail("forged@x", "hi", "As somebody else.\r\n"))) == "NOPERM");
    CHECK(edited->uids == Uids{2});
    CHECK(test::uids_of(*sent->snapshot()) == Uids{2});
    CHECK(flags_at(*sent, 2) == (imap::seen | imap::flagged | gateway::store::flags::edited));
    CHECK(house.number("select count(*) from message") == 1);
    CHECK(house.number("select revision from message") == 2);
    house.await(inbox->refresh());
    REQUIRE(test::uids_of(*inbox->snapshot()) == Uids{2});
    CHECK(flags_at(*inbox, 2) == gateway::store::flags::edited);
    CHECK(house.await(inbox->read({2}))[0].find("Better.") != std::string::npos);

    // Into another folder it is edited and moved, in one step.
    REQUIRE(house.await(alice->create("Work", imap::SpecialUse::none)));
    const auto moved = replace(house, *sent, 2, "Work", by_alice("third@x", "hi", "Best.\r\n"));
    REQUIRE(moved);
    CHECK(sent->snapshot()->messages.empty());
    CHECK(uids(house, *alice, "Work") == moved->uids);
    for (const auto* elsewhere : {"Drafts", "Trash", "Junk"}) {
        auto work = house.select(*alice, "Work");
        CHECK(code_of(replace(house, *work, moved->uids[0], elsewhere, by_alice("x@x", "hi"))) == "CANNOT");
    }
    CHECK(house.number("select revision from message") == 3);
}

TEST_CASE("what somebody else wrote is not replaced")
{
    House house(test::populated_database(), with_verbs());
    auto alice = house.open("alice");
    auto bob = house.open("bob");
    submit(house, "mine@x", "hi");
    auto inbox = house.select(*bob, "INBOX");
    CHECK(code_of(replace(house, *inbox, 1, "INBOX", test::mail("y@x", "mine now"))) == "NOPERM");
    CHECK(test::uids_of(*inbox->snapshot()) == Uids{1});
    CHECK(house.number("select count(*) from message") == 1);
    CHECK(house.number("select count(*) from rendition") == 1);
}

TEST_CASE("an import gives way to the other mail, which has its own place, flags and date")
{
    House house(test::populated_database(), with_verbs());
    auto alice = house.open("alice");
    REQUIRE(house.append(*alice, "INBOX", test::mail("n@x", "a note")));
    REQUIRE(house.append(*alice, "INBOX", test::mail("m@x", "another")));
    auto inbox = house.select(*alice, "INBOX");
    const auto better = test::mail("n@x", "a better note");
    const auto replaced = replace(house, *inbox, 1, "Archive", better, imap::flagged);
    REQUIRE(replaced);
    CHECK(test::uids_of(*inbox->snapshot()) == Uids{2});
    CHECK(uids(house, *alice, "Archive") == replaced->uids);
    CHECK(house.await(house.select(*alice, "Archive")->read(replaced->uids))[0] == better);
    CHECK(house.number("select count(*) from message") == 2);  // of the replaced one nothing stays
    const auto again = replace(house, *inbox, 2, "INBOX", test::mail("m@x", "another"));  // the same octets
    REQUIRE(again);
    CHECK(test::uids_of(*inbox->snapshot()) == again->uids);
    CHECK(house.number("select count(*) from message") == 2);
}

TEST_CASE("a REPLACE that is refused leaves both as they were")
{
    House house(test::populated_database(), with_verbs(2000));
    auto alice = house.open("alice");
    const auto mine = test::mail("d@x", "first", std::string(1000, 'x') + "\r\n");
    REQUIRE(house.append(*alice, "Drafts", mine, imap::draft));
    auto drafts = house.select(*alice, "Drafts");
    const auto large = test::mail("e@x", "more", std::string(3000, 'x') + "\r\n");
    CHECK(code_of(replace(house, *drafts, 1, "Nowhere", mine)) == "TRYCREATE");
    CHECK(code_of(replace(house, *drafts, 7, "Drafts", mine)).empty());
    for (const auto* destination : {"Drafts", "Archive"})
        CHECK(code_of(replace(house, *drafts, 1, destination, large)) == "OVERQUOTA");
    auto examined = std::move(*house.await(alice->select("Drafts", true)));
    CHECK(code_of(replace(house, *examined, 1, "Drafts", mine)) == "READ-ONLY");
    CHECK(test::uids_of(*drafts->snapshot()) == Uids{1});
    CHECK(house.await(drafts->read({1}))[0] == mine);
    CHECK(house.number("select count(*) from rendition") == 1);
    CHECK(uids(house, *alice, "Archive").empty());

    // What goes makes room for what comes, also in a store that is full.
    house.database.run_blocking([](gateway::store::Session& session) {
        session.query("update person set storage_quota = 100 where address = 'alice@one.test'");
    });
    CHECK(replace(house, *drafts, 1, "Drafts", test::mail("d@x", "shorter"), imap::draft));
}

TEST_CASE("of two sessions that replace one draft at the same time one has it replaced, and nothing is there twice")
{
    const auto url = test::populated_database();
    House first(url, with_verbs()), second(url, with_verbs());
    auto alice = first.open("alice");
    auto other = second.open("alice");
    REQUIRE(first.append(*alice, "Drafts", test::mail("d@x", "first"), imap::draft));
    auto here = first.select(*alice, "Drafts");
    auto there = second.select(*other, "Drafts");
    for (int i = 0; i < 10; ++i) {
        CAPTURE(i);
        const auto uid = here->snapshot()->messages.front().uid;
        const auto* destination = i % 2 == 0 ? "Drafts" : "Archive";  // saved again, or exchanged
        auto racing = std::async(std::launch::async, [&] {
            return code_of(replace(
                second, *there, uid, destination, test::mail("e@x", "theirs " + std::to_string(i)), imap::draft));
        });
        const auto mine = code_of(
            replace(first, *here, uid, destination, test::mail("d@x", "mine " + std::to_string(i)), imap::draft));
        const auto theirs = racing.get();
        CHECK((mine == "OK") != (theirs == "OK"));
        CHECK((mine.empty() || theirs.empty()));
        CHECK(first.number("select count(*) from message where kind in (1, 2)") == 1);
        CHECK(
            first.number("select count(*) from ref where mailbox_id in (select id from mailbox where use <> 7)") == 1);
        if (i % 2 == 1) {  // begin again
            auto archive = first.select(*alice, "Archive");
            REQUIRE(replace(first, *archive, archive->snapshot()->messages.front().uid, "Drafts",
                test::mail("d@x", "again"), imap::draft));
        }
        first.await(here->refresh());
    }
}
