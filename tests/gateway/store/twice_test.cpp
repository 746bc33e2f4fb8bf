// twice_test: one mail in several transactions, as servers split them: for each recipient, for the blind, for who was
// deferred. It must come to what it comes to in one.
#include "gateway/store/invariants.h"
#include "gateway/store/lists.h"
#include "village.h"

using namespace test;

namespace {

// Whatever a test did, the store is sound.
struct Split : Village {
    ~Split()
    {
        for (const auto& broken : store::broken_invariants(session))
            FAIL_CHECK(broken.invariant << ": " << broken.examples.front());
    }
    Split() = default;
    Split(const Split&) = delete;

    email2::Name make_list(const std::vector<std::string>& subscribers)
    {
        REQUIRE(store::allow_lists(session, "alice@one.test", true));
        email2::Publication publication;
        publication.list = email2::MailingList{"news@one.test", email2::Posting::anyone};
        publication.content = text("News", "");
        for (const auto& address : subscribers) publication.entries.push_back({.address = address});
        return verbs.publish("alice@one.test", publication)->id;
    }

    store::Published to_list(const email2::Name& list, std::vector<store::Recipient> others)
    {
        auto post = letter("dora@legacy.test", "post@x", std::move(others));
        post.lists = {list.str()};
        post.proof = email2::Proof::dkim;
        return publish(std::move(post));
    }

    std::string queued(std::int64_t message)
    {
        return words(
            "select p.address from egress e join person p on p.id = e.person_id where e.kind = 0 and e.message_id = " +
            std::to_string(message) + " order by 1");
    }

    std::string on_list(std::int64_t list)
    {
        return words(
            "select p.address from entry e join person p on p.id = e.person_id where e.membership = 0 and e.list_id = " +
            std::to_string(list) + " order by 1");
    }
};

}  // namespace

TEST_CASE("a mail that goes to one person first and to a mailing list then reaches the list, and nobody twice")
{
    Split v;
    const auto list = v.make_list({"bob@one.test", "carol@one.test", "erik@far.test"});
    const auto first = v.arrive("post@x", {to("bob@one.test"), named("erik@far.test")});
    const auto second = v.to_list(list, {named("bob@one.test"), named("erik@far.test")});
    CHECK(second.id != first.id);
    CHECK(v.folders("carol", second.id) == "INBOX");
    CHECK(v.folders("alice", second.id) == "INBOX");
    CHECK(v.folders("bob", first.id) == "INBOX");
    CHECK(v.folders("bob", second.id) == "");
    CHECK(v.queued(second.id) == "");  // erik is named: he has it by other means
    CHECK(v.to_list(list, {}).id == second.id);
    // Whoever has the post answers the post.
    const auto answer =
        v.submit("carol@one.test", "a@one.test", {to("dora@legacy.test"), to("bob@one.test")}, {"post@x"});
    CHECK(v.number("select parent_id from message where id = " + std::to_string(answer.id)) == second.id);
}

TEST_CASE("a mail that goes to a mailing list first and to one person then makes no subscriber of them")
{
    Split v;
    const auto list = v.make_list({"bob@one.test"});
    const auto root = v.id_of(list);
    const auto before = v.on_list(root);
    const auto first = v.to_list(list, {named("carol@one.test")});
    CHECK(v.folders("carol", first.id) == "");
    const auto second = v.arrive("post@x", {to("carol@one.test")});
    CHECK(second.id == first.id);
    CHECK(v.folders("carol", first.id) == "INBOX");
    CHECK(v.on_list(root) == before);
    CHECK(v.verbs.get("carol@one.test", first.name, {}));
}

TEST_CASE("a mail that goes to one person first and to a message's address then reaches its thread")
{
    Split v;
    const auto root = v.submit("alice@one.test", "root@one.test", {to("dora@legacy.test"), to("bob@one.test")});
    const auto first = v.arrive("a@x", {to("carol@one.test")}, {"root@one.test"});
    auto letter = v.letter("dora@legacy.test", "a@x", {named("carol@one.test")}, {"root@one.test"});
    letter.proof = email2::Proof::dkim;
    letter.message_addresses = {root.name.str()};
    const auto second = v.publish(std::move(letter));
    CHECK(second.id != first.id);
    CHECK(v.folders("alice", second.id) == "INBOX");
    CHECK(v.folders("bob", second.id) == "INBOX");
    CHECK(v.folders("carol", second.id) == "");
}

TEST_CASE("who had left or was removed does not get by a second transaction what a first would not have brought")
{
    Split v;
    const auto root =
        v.submit("alice@one.test", "root@one.test", {to("dora@legacy.test"), to("bob@one.test"), to("carol@one.test")});
    REQUIRE(v.verbs.leave("bob@one.test", root.name, {}));
    email2::ListChange change;
    change.remove = {"carol@one.test"};
    REQUIRE(v.verbs.change_list("alice@one.test", root.name, change));
    const auto first =
        v.arrive("a@x", {to("alice@one.test"), named("bob@one.test"), named("carol@one.test")}, {"root@one.test"});
    for (int time = 0; time < 2; ++time)
        for (const auto* address : {"bob@one.test", "carol@one.test"})
            CHECK(v.arrive("a@x", {to(address), named("alice@one.test")}, {"root@one.test"}).id == first.id);
    CHECK(v.folders("alice", first.id) == "INBOX");
    CHECK(v.folders("bob", first.id) == "Trash");
    CHECK(v.folders("carol", first.id) == "");
    CHECK(!v.verbs.get("carol@one.test", first.name, {}));
    REQUIRE(v.verbs.rejoin("bob@one.test", root.name, {}));
    CHECK(v.folders("bob", first.id) == "INBOX");
}

TEST_CASE("who is blind on an answer may read that answer, and nothing else of its thread")
{
    for (const bool split : {false, true}) {
        Split v;
        const auto root = v.submit("alice@one.test", "root@one.test", {to("dora@legacy.test"), to("bob@one.test")});
        const auto answer = [&] {
            if (split) {
                const auto first = v.arrive("a@x", {to("alice@one.test"), to("bob@one.test")}, {"root@one.test"});
                const auto again = v.arrive("a@x", {blind("carol@one.test")}, {"root@one.test"});
                CHECK(again.id == first.id);
                return first;
            }
            auto letter = v.letter("alice@one.test", "a@one.test", {blind("carol@one.test")});
            letter.message_addresses = {root.name.str()};
            return v.publish(std::move(letter));
        }();
        CHECK(v.folders("carol", answer.id) == "INBOX");
        CHECK(v.folders("bob", answer.id) == "INBOX");
        CHECK(v.verbs.get("carol@one.test", answer.name, {}));
        CHECK(!v.verbs.get("carol@one.test", root.name, {}));
        const auto shown = v.verbs.get("bob@one.test", answer.name, {});
        REQUIRE(shown);
        for (const auto& entry : shown->to.entries) CHECK(entry.person.address != "carol@one.test");
        // An answer of hers carries a list of its own, one to her thread is not hers to read.
        const auto hers =
            v.submit("carol@one.test", "b@one.test", {to("alice@one.test")}, {split ? "a@x" : "a@one.test"});
        CHECK(v.number("select list_id from message where id = " + std::to_string(hers.id)) == hers.id);
        const auto next = v.submit("bob@one.test", "c@one.test", {to("alice@one.test"), to("dora@legacy.test")},
            {split ? "a@x" : "a@one.test"});
        CHECK(v.folders("carol", next.id) == "");
        CHECK(!v.verbs.get("carol@one.test", next.name, {}));
        REQUIRE(v.verbs.leave("carol@one.test", answer.name, {}));
        CHECK(v.folders("carol", answer.id) == "Trash");
        CHECK(v.folders("bob", answer.id) == "INBOX");
    }
}

TEST_CASE("detaching a thread leaves those who are blind on an answer below with that answer")
{
    Split v;
    const auto root = v.submit("alice@one.test", "root@one.test", {to("dora@legacy.test"), to("bob@one.test")});
    const auto middle =
        v.submit("bob@one.test", "a@one.test", {to("dora@legacy.test"), to("alice@one.test")}, {"root@one.test"});
    auto letter = v.letter("alice@one.test", "b@one.test", {blind("carol@one.test")}, {"a@one.test"});
    letter.message_addresses = {middle.name.str()};
    const auto answer = v.publish(std::move(letter));
    email2::ListChange change;
    change.detach = true;
    REQUIRE(v.verbs.change_list("alice@one.test", middle.name, change));
    CHECK(v.verbs.get("carol@one.test", answer.name, {}));
    CHECK(v.folders("carol", answer.id) == "INBOX");
    CHECK(v.verbs.get("bob@one.test", answer.name, {}));
}

TEST_CASE("a later recipient has the mail where its thread lies")
{
    Split v;
    v.arrive("root@x", {to("alice@one.test"), to("bob@one.test")});
    const auto root = v.number("select id from message");
    v.folder("bob", "Work");
    v.move("bob", root, "Work");
    v.arrive("a@x", {to("alice@one.test"), named("bob@one.test")}, {"root@x"});
    const auto answer = v.arrive("a@x", {named("alice@one.test"), to("bob@one.test")}, {"root@x"});
    CHECK(v.folders("bob", answer.id) == "Work");
}

TEST_CASE("the same mail by two ways is one message: what its way put on top does not count")
{
    Split v;
    const auto by = [&](const char* trace, std::vector<store::Recipient> recipients) {
        auto letter = v.letter("dora@legacy.test", "m@x", std::move(recipients));
        mime::Spool bytes;
        bytes.append(trace + std::string(letter.bytes.bytes()));
        letter.bytes = std::move(bytes);
        return v.publish(std::move(letter));
    };
    const auto first = by("Received: from a by b;\r\n Tue, 24 Nov 2026 16:00:00 +0000\r\n", {to("alice@one.test")});
    const auto second = by("Delivered-To: x@far.test\r\nReceived: from c by d; Tue, 24 Nov 2026 16:01:00 +0000\r\n",
        {to("alice@one.test"), to("bob@one.test")});
    CHECK(second.id == first.id);
    CHECK(v.number("select count(*) from ref where user_id = " + std::to_string(v.person("alice@one.test"))) == 1);
    CHECK(v.folders("bob", first.id) == "INBOX");
    CHECK(by("Subject: something else\r\n", {to("alice@one.test")}).id != first.id);
}

TEST_CASE("who only claims to have answered is passed on to nobody outside")
{
    Split v;
    const auto root = v.submit("alice@one.test", "root@one.test", {to("dora@legacy.test")});
    email2::ListChange change;
    change.add = {{.address = "erik@far.test"}, {.address = "bob@one.test"}};
    REQUIRE(v.verbs.change_list("alice@one.test", root.name, change));
    const auto claimed = v.arrive("a@x", {to("alice@one.test")}, {"root@one.test"});
    CHECK(v.folders("bob", claimed.id) == "INBOX");
    CHECK(v.queued(claimed.id) == "");
    const auto seen = v.verbs.get("alice@one.test", claimed.name, {});
    REQUIRE(seen);
    const auto erik = std::find_if(seen->to.entries.begin(), seen->to.entries.end(),
        [](const auto& e) { return e.person.address == "erik@far.test"; });
    REQUIRE(erik != seen->to.entries.end());
    REQUIRE(erik->delivery);
    CHECK(erik->delivery->state == email2::DeliveryState::failed);
    CHECK(erik->delivery->failure->status == "5.7.1");

    auto proven = v.letter("dora@legacy.test", "b@x", {to("alice@one.test")}, {"root@one.test"});
    proven.proof = email2::Proof::spf;
    CHECK(v.queued(v.publish(std::move(proven)).id) == "erik@far.test");
}
