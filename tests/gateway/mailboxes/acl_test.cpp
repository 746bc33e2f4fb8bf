// acl_test: who may do what with a mailbox, and who may know it. RFC 4314; mapping.md "The mailbox view".
#include "gateway/mailboxes/rights.h"
#include "gateway/store/lists.h"
#include "gateway/store/store.h"
#include "house.h"

#include <doctest/doctest.h>

using email2::Listed;
using email2::Posting;
using gateway::mailboxes::either;
using gateway::mailboxes::list_rights;
using gateway::mailboxes::own_rights;
using gateway::mailboxes::strangers_rights;
using test::House;

namespace {

// "alice@one.test lrswikxte, news@one.test lrp": as GETACL would list it; else the refusal's code.
std::string acl(House& house, imap::Mailboxes& mailboxes, const std::string& name)
{
    const auto found = house.await(mailboxes.acl(name));
    if (!found) return found.error().code;
    std::string out;
    for (const auto& [identifier, rights] : *found) out += (out.empty() ? "" : ", ") + identifier + " " + rights;
    return out;
}

std::string rights(House& house, imap::Mailboxes& mailboxes, const std::string& name)
{
    return house.await(mailboxes.rights(name)).value_or("none");
}

// A list that alice owns, with bob, carol and dora@legacy.test on it; its posts.
struct Club : House {
    explicit Club(Posting posting, const std::string& url = test::populated_database())
        : House(url), session(url), verbs(session, writer, settings)
    {
        gateway::store::allow_lists(session, "alice@one.test", true);
        email2::Publication publication;
        publication.list = email2::MailingList{"news@one.test", posting};
        publication.content.subject = "News";
        for (const auto* address : {"bob@one.test", "carol@one.test", "dora@legacy.test"})
            publication.entries.push_back({.address = address});
        const auto made = verbs.publish("alice@one.test", publication);
        REQUIRE(made);
        root = made->id;
    }

    void post(const std::string& from, const std::string& subject)
    {
        email2::Publication publication;
        publication.parents = {root.str()};
        publication.inherit = true;
        publication.content.subject = subject;
        REQUIRE(verbs.publish(from, publication));
    }

    std::int32_t person(const std::string& address)
    {
        return static_cast<std::int32_t>(
            session.query("select id from person where address = $1", address).integer(0, 0));
    }

    // All of somebody's INBOX goes into a folder.
    void keep(imap::Mailboxes& mailboxes, const std::string& name)
    {
        if (!await(mailboxes.rights(name))) REQUIRE(await(mailboxes.create(name, imap::SpecialUse::none)));
        auto inbox = select(mailboxes, "INBOX");
        await(inbox->refresh());
        REQUIRE(!test::uids_of(*inbox->snapshot()).empty());
        REQUIRE(await(inbox->move(test::uids_of(*inbox->snapshot()), name)));
    }

    gateway::store::Session session;
    gateway::store::StoreSettings settings{.domains = {"one.test"}};
    gateway::store::PostgresStore verbs;
    email2::Name root;
};

}  // namespace

TEST_CASE("rights are what the server lets its users do, and what a list lets its people do")
{
    CHECK(own_rights(imap::SpecialUse::inbox) == "lrswipkte");
    CHECK(own_rights(imap::SpecialUse::trash) == "lrswikte");
    CHECK(own_rights(imap::SpecialUse::none) == "lrswikxte");
    CHECK(list_rights(Posting::members, Listed::in, false) == "lrp");
    CHECK(list_rights(Posting::members, Listed::left, false).empty());
    CHECK(list_rights(Posting::owners, Listed::in, false) == "lr");
    CHECK(list_rights(Posting::owners, Listed::in, true) == "lrpa");
    CHECK(list_rights(Posting::owners, Listed::never, true) == "pa");
    CHECK(list_rights(Posting::anyone, Listed::left, false) == "p");
    CHECK(list_rights(Posting::anyone, Listed::removed, false).empty());
    CHECK(strangers_rights(Posting::anyone) == "p");
    CHECK(strangers_rights(Posting::members).empty());
    CHECK(either("lrx", "alp") == "lrpxa");
}

TEST_CASE("a user's mailboxes are that user's, with the rights that there are")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    CHECK(acl(house, *alice, "inbox") == "alice@one.test lrswipkte");
    CHECK(acl(house, *alice, "Sent") == "alice@one.test lrswikte");
    CHECK(acl(house, *alice, "Work") == "NONEXISTENT");
    REQUIRE(house.await(alice->create("Work/2026", imap::SpecialUse::none)));
    CHECK(acl(house, *alice, "Work/2026") == "alice@one.test lrswikxte");
    // As it is done: x goes, k makes, and what has no x stays.
    CHECK(house.await(alice->create("INBOX/Deep", imap::SpecialUse::none)));
    CHECK(house.await(alice->remove("Work/2026")));
    CHECK(house.await(alice->remove("Sent")).error().code == "CANNOT");
    CHECK(house.await(alice->remove("INBOX")).error().code == "CANNOT");
    CHECK(rights(house, *alice, "Work/2026") == "none");
}

TEST_CASE("a list's folder shows its owner who is on the list, and to anybody else only the alias")
{
    Club club(Posting::members);
    club.post("bob@one.test", "one");
    club.post("alice@one.test", "two");
    auto alice = club.open("alice"), bob = club.open("bob");
    CHECK(acl(club, *bob, "INBOX") == "bob@one.test lrswipkte");
    club.keep(*alice, "Lists/News");
    club.keep(*bob, "News");
    CHECK(acl(club, *alice, "Lists/News") ==
          "alice@one.test lrswipkxtea, bob@one.test lrp, carol@one.test lrp, dora@legacy.test lrp");
    CHECK(rights(club, *alice, "Lists/News") == "lrswipkxtea");
    CHECK(acl(club, *bob, "News") == "bob@one.test lrswipkxte, news@one.test lrp");
    SUBCASE("who left is not on it, and whoever leaves may post no more")
    {
        REQUIRE(club.verbs.leave("carol@one.test", club.root, std::nullopt));
        REQUIRE(club.verbs.leave("bob@one.test", club.root, std::nullopt));
        CHECK(acl(club, *alice, "Lists/News") == "alice@one.test lrswipkxtea, dora@legacy.test lrp");
    }
    SUBCASE("another owner is one, on the list or not")
    {
        const auto list = gateway::store::find_list(club.session, "news@one.test");
        CHECK(gateway::store::add_owner(club.session, list->id, club.person("carol@one.test")));
        CHECK(acl(club, *alice, "Lists/News") ==
              "alice@one.test lrswipkxtea, bob@one.test lrp, carol@one.test lrpa, dora@legacy.test lrp");
        CHECK(gateway::store::remove_owner(club.session, list->id, club.person("alice@one.test")));
        CHECK(acl(club, *alice, "Lists/News") == "alice@one.test lrswipkxte, news@one.test lrp");
        auto carol = club.open("carol");
        club.keep(*carol, "News");
        CHECK(acl(club, *carol, "News") ==
              "carol@one.test lrswipkxtea, alice@one.test lrp, bob@one.test lrp, dora@legacy.test lrp");
    }
    SUBCASE("with anything else in it a folder is for no list")
    {
        REQUIRE(club.append(*bob, "News", test::mail("else@x", "something else")));
        CHECK(acl(club, *bob, "News") == "bob@one.test lrswikxte");
    }
}

TEST_CASE("a list's folder says who may post")
{
    SUBCASE("anyone")
    {
        Club club(Posting::anyone);
        club.post("alice@one.test", "one");
        auto bob = club.open("bob");
        club.keep(*bob, "News");
        CHECK(acl(club, *bob, "News") == "bob@one.test lrswipkxte, news@one.test lrp, anyone p");
    }
    SUBCASE("owners")
    {
        Club club(Posting::owners);
        club.post("alice@one.test", "one");
        auto bob = club.open("bob");
        club.keep(*bob, "News");
        CHECK(acl(club, *bob, "News") == "bob@one.test lrswikxte, news@one.test lr");
    }
}
