#include "gateway/store/publish.h"
#include "gateway/store/rendition.h"
#include "village.h"

using namespace test;

TEST_CASE("one mail to many people is one message with one rendition, at a UID for each")
{
    Village v;
    const auto m = v.arrive("m@x", {to("alice@one.test"), to("bob@one.test"), blind("carol@one.test")});
    CHECK(v.number("select count(*) from message") == 1);
    CHECK(v.number("select count(*) from rendition") == 1);
    CHECK(v.number("select count(distinct rendition_id) from ref") == 1);
    CHECK(v.folders("alice", m.id) == "INBOX");
    CHECK(v.folders("bob", m.id) == "INBOX");
    CHECK(v.folders("carol", m.id) == "INBOX");
}

TEST_CASE("the same mail in a second transaction joins the first, and others differ")
{
    Village v;
    const auto first = v.arrive("m@x", {to("alice@one.test"), named("bob@one.test")});
    CHECK(v.folders("bob", first.id) == "");
    const auto second = v.arrive("m@x", {named("alice@one.test"), to("bob@one.test")});
    CHECK(second.id == first.id);
    CHECK(second.duplicate);
    CHECK(v.folders("alice", first.id) == "INBOX");
    CHECK(v.folders("bob", first.id) == "INBOX");
    CHECK(v.number("select count(*) from delivery") == 0);

    auto other = v.letter("dora@legacy.test", "m@x", {to("carol@one.test")});
    other.bytes.append("One more line.\r\n");
    CHECK(v.publish(std::move(other)).id != first.id);
}

TEST_CASE("a recipient under two addresses gets the mail once, whatever the header calls them")
{
    Village v;
    v.session.query("insert into alias(address, person_id) values ('al@one.test', $1)", v.person("alice@one.test"));
    const auto header_first = v.arrive("m@x", {named("al@one.test"), blind("alice@one.test")});
    CHECK(v.folders("alice", header_first.id) == "INBOX");
    CHECK(v.number("select count(*) from delivery") == 0);
    const auto detail = v.arrive("n@x", {named("bob+lists@one.test"), blind("bob@one.test")});
    CHECK(v.folders("bob", detail.id) == "INBOX");
    const auto twice = v.arrive("o@x", {to("al@one.test"), to("alice@one.test")});
    CHECK(v.folders("alice", twice.id) == "INBOX");
}

TEST_CASE("a mail to oneself and others lies in Sent and once in INBOX")
{
    Village v;
    const auto root = v.arrive("root@x", {to("alice@one.test"), to("bob@one.test")});
    auto answer = v.letter(
        "alice@one.test", "a@one.test", {to("dora@legacy.test"), to("bob@one.test"), to("alice@one.test")}, {"root@x"});
    const auto a = v.publish(std::move(answer));
    CHECK(v.folders("alice", a.id) == "INBOX Sent");
    CHECK(v.folders("bob", a.id) == "INBOX");
    CHECK(v.folders("alice", root.id) == "INBOX");
}

TEST_CASE("an answer to all inherits, and follows the list as it is now")
{
    Village v;
    v.arrive("root@x", {to("alice@one.test"), to("bob@one.test")});
    const auto root = v.words("select guid from message");
    email2::ListChange change;
    change.add.push_back({.address = "carol@one.test"});
    REQUIRE(v.verbs.change_list("alice@one.test", {root, "one.test"}, change));

    const auto answer =
        v.submit("bob@one.test", "a@one.test", {to("dora@legacy.test"), to("alice@one.test")}, {"root@x"});
    CHECK(v.number("select count(distinct list_id) from message") == 1);
    CHECK(v.folders("carol", answer.id) == "INBOX");
    CHECK(v.folders("alice", answer.id) == "INBOX");
    CHECK(v.words("select p.address from egress e join person p on p.id = e.person_id where e.kind = 0") ==
          "dora@legacy.test");

    const auto alone = v.submit("bob@one.test", "b@one.test", {to("alice@one.test")}, {"root@x"});
    CHECK(v.folders("carol", alone.id) == "");
    CHECK(v.number("select count(distinct list_id) from message") == 2);
    CHECK(v.number("select count(distinct thread_id) from message") == 1);
}

TEST_CASE("who is only named in the header of an answer is not sent it, and those not named are")
{
    Village v;
    v.arrive("root@x", {to("alice@one.test"), to("bob@one.test"), named("erik@far.test")});
    // erik has his copy from dora's server; alice answers all.
    const auto answer = v.arrive("a@x", {to("alice@one.test"), to("bob@one.test"), named("erik@far.test")}, {"root@x"});
    CHECK(v.number("select count(*) from egress") == 0);
    CHECK(v.folders("alice", answer.id) == "INBOX");
    CHECK(v.words("select state from delivery where message_id = " + std::to_string(answer.id)) == "6");
}

TEST_CASE("who is only named in the header has no right to read it here, until they get it")
{
    Village v;
    const auto root = v.arrive("root@x", {to("alice@one.test"), named("bob@one.test")});
    const auto sees = [&] {
        int ways = v.verbs.get("bob@one.test", root.name, {}) ? 1 : 0;
        ways += v.verbs.history("bob@one.test", root.name) ? 1 : 0;
        for (const auto& page : {email2::Page{.query = "root"}, email2::Page{.thread = root.name.str()}}) {
            const auto found = v.verbs.list("bob@one.test", page);
            ways += found && !found->references.empty() ? 1 : 0;
        }
        const auto told = v.verbs.events("bob@one.test", 0, 1000)->events;
        ways += std::any_of(told.begin(), told.end(), [&](const auto& e) { return e.message == root.name; }) ? 1 : 0;
        email2::ListChange change;
        change.add.push_back({.address = "carol@one.test"});
        return ways + (v.verbs.change_list("bob@one.test", root.name, change) ? 1 : 0);
    };
    CHECK(sees() == 0);
    // He is shown, and answers reach him, which changes nothing about the mail itself.
    const auto answer =
        v.submit("alice@one.test", "a@one.test", {to("dora@legacy.test"), to("bob@one.test")}, {"root@x"});
    CHECK(v.folders("bob", answer.id) == "INBOX");
    CHECK(v.verbs.get("bob@one.test", answer.name, {}));
    CHECK(!v.verbs.get("bob@one.test", root.name, {}));
    email2::ListChange change;
    change.add.push_back({.address = "bob@one.test"});
    REQUIRE(v.verbs.change_list("alice@one.test", root.name, change));
    CHECK(v.folders("bob", root.id) == "INBOX");
    CHECK(sees() == 6);
}

TEST_CASE("answers do not reach who was blind on what they answer, nor may these read them")
{
    Village v;
    const auto root = v.submit(
        "alice@one.test", "root@one.test", {to("bob@one.test"), blind("carol@one.test"), blind("erik@far.test")});
    v.session.query("delete from egress");
    const auto answer = v.submit("bob@one.test", "a@one.test", {to("alice@one.test")}, {"root@one.test"});
    CHECK(v.number("select list_id from message where id = " + std::to_string(answer.id)) == root.id);
    CHECK(v.folders("carol", root.id) == "INBOX");
    CHECK(v.folders("carol", answer.id) == "");
    CHECK(v.number("select count(*) from egress") == 0);
    CHECK(v.verbs.get("carol@one.test", root.name, {}));
    CHECK(!v.verbs.get("carol@one.test", answer.name, {}));
    const auto events = v.verbs.events("carol@one.test", 0, 1000);
    for (const auto& event : events->events) CHECK(event.message == root.name);
    // Leaving and rejoining does not bring them either.
    REQUIRE(v.verbs.leave("carol@one.test", root.name, {}));
    REQUIRE(v.verbs.rejoin("carol@one.test", root.name, {}));
    CHECK(v.folders("carol", root.id) == "INBOX");
    CHECK(v.folders("carol", answer.id) == "");
}

TEST_CASE("others do not see the blind on the list, in events or in what is rendered")
{
    Village v;
    email2::Publication publication;
    publication.entries = {{.address = "bob@one.test"}, {.address = "carol@one.test", .role = email2::Role::blind}};
    publication.content = text("Plan", "The plan.");
    const auto m = v.verbs.publish("alice@one.test", publication);
    REQUIRE(m);
    const auto of = [&](const char* viewer) {
        std::string out;
        const auto seen = v.verbs.get(viewer, m->id, {});
        for (const auto& entry : seen->to.entries) out += entry.person.address + " ";
        return out;
    };
    CHECK(of("bob@one.test").find("carol") == std::string::npos);
    CHECK(of("alice@one.test").find("carol") != std::string::npos);
    CHECK(of("carol@one.test").find("carol") != std::string::npos);
    CHECK(store::read_content(v.session, v.number("select id from rendition")).find("carol") == std::string::npos);
    // What the blind do says nothing to others.
    REQUIRE(v.verbs.leave("carol@one.test", m->id, {}));
    email2::ListChange change;
    change.add.push_back({.address = "erik@far.test"});
    REQUIRE(v.verbs.rejoin("carol@one.test", m->id, {}));
    REQUIRE(v.verbs.change_list("carol@one.test", m->id, change));
    const auto events = v.verbs.events("bob@one.test", 0, 1000);
    for (const auto& event : events->events) CHECK(event.actor != "carol@one.test");
}

TEST_CASE("an answer that names somebody who left lies in their Trash; another mail arrives normally")
{
    Village v;
    const auto root = v.arrive("root@x", {to("alice@one.test"), to("bob@one.test")});
    v.move("bob", root.id, "Trash");
    CHECK(v.words("select membership from entry where person_id = " + std::to_string(v.person("bob@one.test"))) == "1");
    const auto answer = v.arrive("a@x", {to("alice@one.test"), to("bob@one.test")}, {"root@x"});
    CHECK(v.folders("bob", answer.id) == "Trash");
    CHECK(v.folders("alice", answer.id) == "INBOX");
    const auto alone = v.arrive("b@x", {to("bob@one.test")}, {"root@x"});
    CHECK(v.folders("bob", alone.id) == "INBOX");
    v.move("bob", root.id, "INBOX");
    CHECK(v.folders("bob", answer.id) == "INBOX");
    CHECK(v.words("select membership from entry where person_id = " + std::to_string(v.person("bob@one.test")) +
                  " and list_id = " + std::to_string(root.id)) == "0");
}

TEST_CASE("an answer is filed beside the newest reference to its parent, and at the top from Sent "
          "or Archive")
{
    Village v;
    const auto root = v.arrive("root@x", {to("alice@one.test"), to("bob@one.test")});
    v.folder("alice", "Work");
    v.move("alice", root.id, "Work");
    v.move("bob", root.id, "Archive");
    const auto answer = v.arrive("a@x", {to("alice@one.test"), to("bob@one.test")}, {"root@x"});
    CHECK(v.folders("alice", answer.id) == "Work");
    CHECK(v.folders("bob", answer.id) == "INBOX");
}

TEST_CASE("a parent that arrives after its answers takes the place that was kept for it")
{
    Village v;
    const auto first = v.arrive("a@x", {to("alice@one.test")}, {"root@x"});
    const auto second = v.arrive("b@x", {to("alice@one.test")}, {"root@x"});
    const auto thread = v.number("select thread_id from message where id = " + std::to_string(first.id));
    CHECK(thread != first.id);
    CHECK(v.number("select thread_id from message where id = " + std::to_string(second.id)) == thread);
    const auto before = v.verbs.get("alice@one.test", first.name, {});
    REQUIRE(before);
    CHECK(before->parents == std::vector<std::string>{"mid:root@x"});
    const auto root = v.arrive("root@x", {to("alice@one.test")});
    CHECK(root.id == thread);
    CHECK(v.number("select count(*) from missing") == 0);
    const auto after = v.verbs.get("alice@one.test", first.name, {});
    CHECK(after->parents == std::vector<std::string>{root.name.str()});
    CHECK(after->thread == before->thread);
    CHECK(after->thread == root.name);
}

TEST_CASE("Message-IDs that look like names of ours but are a client's own are known by what they are")
{
    Village v;
    const std::string id = "3f2504e0-4f89-41d3-9a0c-0305e82c3301@one.test";  // as Thunderbird makes them
    const auto root = v.submit("alice@one.test", id, {to("bob@one.test"), to("dora@legacy.test")});
    const auto answer = v.arrive("a@x", {to("alice@one.test"), to("bob@one.test")}, {id});
    CHECK(v.number("select thread_id from message where id = " + std::to_string(answer.id)) == root.id);
    CHECK(v.number("select list_id from message where id = " + std::to_string(answer.id)) == root.id);
    CHECK(v.submit("alice@one.test", id, {to("bob@one.test"), to("dora@legacy.test")}).id == root.id);
    const auto follow_up = v.arrive("b@x", {to("alice@one.test")}, {root.name.guid + ".e17@one.test"});
    CHECK(v.number("select thread_id from message where id = " + std::to_string(follow_up.id)) == root.id);
}

TEST_CASE("a copy saved to Sent before or after submission is the author's one reference there")
{
    Village v;
    const auto alice = *store::find_account(v.session, "alice@one.test");
    auto saved = v.letter("alice@one.test", "m@one.test", {});
    saved.kind = store::Kind::import;
    saved.place = store::Placement{alice.sent, 8};
    const auto import = v.publish(std::move(saved));
    CHECK(import.uid == 1);
    const auto root = v.arrive("root@x", {to("alice@one.test"), to("bob@one.test")});
    const auto m = v.submit("alice@one.test", "m@one.test", {to("bob@one.test"), to("dora@legacy.test")}, {"root@x"});
    CHECK(v.number("select count(*) from message where id = " + std::to_string(import.id)) == 0);
    CHECK(v.number("select count(*) from ref where message_id = " + std::to_string(import.id)) == 0);
    CHECK(v.folders("alice", m.id) == "INBOX Sent");
    CHECK(
        v.number("select rendition_id from ref where mailbox_id = " + std::to_string(alice.sent)) == import.rendition);
    CHECK(v.folders("bob", root.id) == "INBOX");
}

TEST_CASE("publishing uses up nothing that runs out")
{
    Village v;
    for (int i = 0; i < 5; ++i) v.arrive("m" + std::to_string(i) + "@x", {to("alice@one.test")});
    CHECK(v.number("select last_value from domain_id_seq") == 1);
}

TEST_CASE("mail to a message's address answers it, for people on its list only")
{
    Village v;
    const auto root = v.arrive("root@x", {to("alice@one.test"), to("bob@one.test")});
    auto answer = v.letter("bob@one.test", "a@one.test", {});
    answer.message_addresses = {root.name.str()};
    const auto a = v.publish(std::move(answer));
    CHECK(v.folders("alice", a.id) == "INBOX");
    CHECK(v.number("select list_id from message where id = " + std::to_string(a.id)) == root.id);

    for (const auto* stranger : {"carol@one.test", "mallory@evil.test"}) {
        auto outside = v.letter(stranger, std::string("s@") + stranger, {});
        outside.message_addresses = {root.name.str()};
        CHECK(!v.writer.publish_blocking(std::move(outside)));
        auto beside = v.letter(stranger, std::string("t@") + stranger, {to("bob@one.test")});
        beside.message_addresses = {root.name.str()};
        CHECK(!v.writer.publish_blocking(std::move(beside)));
    }
    CHECK(v.number("select count(*) from message") == 2);
}

TEST_CASE("a correspondent answers at a message's address only when proven")
{
    Village v;
    const auto root =
        v.publish(v.letter("alice@one.test", "root@one.test", {to("dora@legacy.test"), to("bob@one.test")}));
    auto claimed = v.letter("dora@legacy.test", "a@legacy.test", {});
    claimed.message_addresses = {root.name.str()};
    CHECK(!v.writer.publish_blocking(std::move(claimed)));
    for (const auto proof : {email2::Proof::spf, email2::Proof::dkim}) {
        auto proven = v.letter("dora@legacy.test", proof == email2::Proof::spf ? "b@legacy.test" : "c@legacy.test", {});
        proven.message_addresses = {root.name.str()};
        proven.proof = proof;
        CHECK(v.writer.publish_blocking(std::move(proven)));
    }
}

TEST_CASE("what was found out about a mail is shown with its origin")
{
    Village v;
    auto mail = v.letter("dora@legacy.test", "root@legacy.test", {to("alice@one.test")});
    mail.proof = email2::Proof::dkim;
    mail.authentication = "spf=softfail dkim=pass dmarc=pass domain=legacy.test arc=pass";
    const auto published = v.publish(std::move(mail));
    const auto shown = v.verbs.get("alice@one.test", published.name, std::nullopt);
    REQUIRE(shown);
    REQUIRE(shown->origin);
    CHECK(shown->proof == email2::Proof::dkim);
    CHECK(shown->origin->spf == "softfail");
    CHECK(shown->origin->dkim == "pass");
    CHECK(shown->origin->dmarc == "pass");
    CHECK(shown->origin->domain == "legacy.test");
}

TEST_CASE("a draft names people, and reaches none of them")
{
    Village v;
    email2::Publication publication;
    publication.entries = {{.address = "bob@one.test"}, {.address = "erik@far.test"}};
    publication.content = text("Draft", "Not yet.");
    publication.draft = true;
    const auto draft = v.verbs.publish("alice@one.test", publication);
    REQUIRE(draft);
    CHECK(draft->to.entries.size() == 3);
    const auto id = v.id_of(draft->id);
    CHECK(v.folders("alice", id) == "Drafts");
    CHECK(v.folders("bob", id) == "");
    CHECK(v.number("select count(*) from egress") == 0);
    CHECK(v.number("select count(*) from delivery") == 0);
    REQUIRE(v.verbs.edit("alice@one.test", draft->id, 1, text("Draft", "Still not.")));
    CHECK(v.verbs.events("bob@one.test", 0, 100)->events.empty());
    REQUIRE(v.verbs.leave("alice@one.test", draft->id, {}));
    CHECK(v.number("select count(*) from message") == 0);
}

TEST_CASE("mail for an account that was closed since the door took it is to be tried again, and makes nobody")
{
    Village v;
    const auto taken = v.writer.publish_blocking(
        v.letter("dora@legacy.test", "x@legacy.test", {to("gone@one.test"), to("alice@one.test")}));
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == email2::Code::unavailable);
    CHECK(v.number("select count(*) from person where address = 'gone@one.test'") == 0);
    CHECK(v.number("select count(*) from message") == 0);
    REQUIRE(store::remove_account(v.session, "bob@one.test"));
    CHECK_FALSE(v.writer.publish_blocking(v.letter("dora@legacy.test", "y@legacy.test", {to("bob@one.test")})));
    // Who is only named in a header may be anybody.
    CHECK(v.folders("alice", v.arrive("z@legacy.test", {to("alice@one.test"), named("gone@one.test")}).id) == "INBOX");
}
