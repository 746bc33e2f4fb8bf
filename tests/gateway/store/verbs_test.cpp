#include "gateway/store/changes.h"
#include "gateway/store/hash.h"
#include "gateway/store/mailbox_changes.h"
#include "gateway/store/mailbox_transaction.h"
#include "gateway/store/relocate.h"
#include "gateway/store/rendition.h"
#include "village.h"

using namespace test;
using email2::Code;

namespace {

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

TEST_CASE("what is told through the channel is read as it was written")
{
    auto news = store::parse_news("m1,22,333;u4;q;e");
    CHECK(news.mailboxes == std::vector<std::int32_t>{1, 22, 333});
    CHECK(news.users == std::vector<std::int32_t>{4});
    CHECK(news.egress);
    CHECK(news.events);
    CHECK(!news.everything);
    CHECK(store::parse_news("*").everything);
    CHECK(store::parse_news("").mailboxes.empty());
    CHECK(store::parse_news("mx,;u;zz").users.empty());
}

TEST_CASE("references move within a mailbox and between two in rising UIDs, and one that is gone "
          "moves nowhere")
{
    Village v;
    std::vector<store::Relocation> moves;
    const auto alice = *store::find_account(v.session, "alice@one.test");
    for (int i = 0; i < 3; ++i) v.arrive("m" + std::to_string(i) + "@x", {to("alice@one.test")});
    for (const auto& [uid, target] :
        std::vector<std::pair<int, int>>{{3, alice.inbox}, {1, alice.archive}, {9, alice.inbox}, {2, alice.inbox}})
        moves.push_back({.user = alice.id, .mailbox = alice.inbox, .uid = uid, .target = target, .set_flags = 8});
    store::Transaction transaction(v.session);
    store::Changes changes;
    CHECK(store::relocate(v.session, changes, moves) == std::vector<std::int32_t>{4, 1, 0, 5});
    transaction.commit();
    CHECK(v.number("select uid_next from mailbox where id = " + std::to_string(alice.inbox)) == 6);
    CHECK(v.words("select uids from expunge where mailbox_id = " + std::to_string(alice.inbox)).find("[1,4)") !=
          std::string::npos);
    CHECK(v.number("select count(*) from ref where flags = 8") == 3);
}

TEST_CASE("who was removed sees nothing more of it, and added again gets everything back")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test", "carol@one.test"}, text("Plan", "The plan."));
    const auto id = v.id_of(m.id);
    REQUIRE(v.verbs.change_list("alice@one.test", m.id, removing("bob@one.test")));
    CHECK(v.folders("bob", id) == "limbo");
    CHECK(v.verbs.get("bob@one.test", m.id, {}).error().code == Code::not_found);
    CHECK(!v.verbs.rejoin("bob@one.test", m.id, {}));
    REQUIRE(v.verbs.edit("alice@one.test", m.id, 1, text("Plan", "Without bob.")));
    const auto events = v.verbs.events("bob@one.test", 0, 100);
    for (const auto& event : events->events) CHECK(event.kind != email2::EventKind::edited);
    REQUIRE(v.verbs.withdraw("alice@one.test", m.id));
    REQUIRE(v.verbs.undelete("alice@one.test", m.id));
    CHECK(v.folders("bob", id) == "limbo");
    CHECK(v.folders("carol", id) == "INBOX");
    CHECK(v.folders("alice", id) == "Sent");
    CHECK(!v.verbs.change_list("carol@one.test", m.id, adding("bob@one.test")));  // only who rules the list
    REQUIRE(v.verbs.change_list("alice@one.test", m.id, adding("bob@one.test")));
    CHECK(v.folders("bob", id) == "INBOX");
    CHECK(v.verbs.get("bob@one.test", m.id, {})->revision == 2);
}

TEST_CASE("only the originator edits and withdraws, a stale revision is a conflict, strangers find "
          "nothing")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "One."));
    CHECK(v.verbs.edit("bob@one.test", m.id, 1, text("Plan", "Mine.")).error().code == Code::forbidden);
    CHECK(v.verbs.withdraw("bob@one.test", m.id).error().code == Code::forbidden);
    CHECK(v.verbs.change_list("bob@one.test", m.id, removing("alice@one.test")).error().code == Code::forbidden);
    CHECK(v.verbs.get("carol@one.test", m.id, {}).error().code == Code::not_found);
    CHECK(v.verbs.edit("carol@one.test", m.id, 1, text("Plan", "Mine.")).error().code == Code::not_found);
    REQUIRE(v.verbs.edit("alice@one.test", m.id, 1, text("Plan", "Two.")));
    CHECK(v.verbs.edit("alice@one.test", m.id, 1, text("Plan", "Late.")).error().code == Code::conflict);
    CHECK(v.verbs.history("bob@one.test", m.id)->size() == 2);
    REQUIRE(v.verbs.redact("alice@one.test", m.id));
    const auto history = v.verbs.history("bob@one.test", m.id);
    REQUIRE(history->size() == 3);
    CHECK(history->at(0).redacted);
    CHECK(history->at(1).redacted);
    CHECK(history->at(2).content->body.text == "Two.");
    REQUIRE(v.verbs.withdraw("alice@one.test", m.id));
    REQUIRE(v.verbs.withdraw("alice@one.test", m.id));
    CHECK(v.verbs.undelete("bob@one.test", m.id).error().code == Code::forbidden);
    CHECK(v.number("select count(*) from event where kind = 6") == 1);
}

TEST_CASE("a thread is left and rejoined as a whole; one answer is hidden alone")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test", "carol@one.test"}, text("Plan", "One."));
    const auto a = v.native("carol@one.test", {}, text("Re", "Two."), {m.id.str()});
    REQUIRE(v.verbs.leave("bob@one.test", a.id, {}));
    CHECK(v.folders("bob", v.id_of(a.id)) == "Trash");
    CHECK(v.folders("bob", v.id_of(m.id)) == "INBOX");
    REQUIRE(v.verbs.rejoin("bob@one.test", a.id, {}));
    CHECK(v.folders("bob", v.id_of(a.id)) == "INBOX");
    REQUIRE(v.verbs.leave("bob@one.test", m.id, {}));
    const auto b = v.native("carol@one.test", {}, text("Re", "Three."), {m.id.str()});
    CHECK(v.folders("bob", v.id_of(a.id)) == "Trash");
    CHECK(v.folders("bob", v.id_of(b.id)) == "");
    REQUIRE(v.verbs.rejoin("bob@one.test", m.id, {}));
    for (const auto* id : {&m.id, &a.id, &b.id}) CHECK(v.folders("bob", v.id_of(*id)) == "INBOX");
}

TEST_CASE("a detached answer goes its own way, and inheriting again takes away and gives")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "One."));
    const auto a = v.native("bob@one.test", {}, text("Re", "Two."), {m.id.str()});
    CHECK(a.to.entries.size() == 2);
    email2::ListChange detach;
    detach.detach = true;
    REQUIRE(v.verbs.change_list("bob@one.test", a.id, detach));
    REQUIRE(v.verbs.change_list("bob@one.test", a.id, adding("carol@one.test")));
    CHECK(v.folders("carol", v.id_of(a.id)) == "INBOX");
    CHECK(v.folders("carol", v.id_of(m.id)) == "");
    email2::ListChange inherit;
    inherit.inherit = true;
    REQUIRE(v.verbs.change_list("bob@one.test", a.id, inherit));
    CHECK(v.folders("carol", v.id_of(a.id)) == "limbo");
    CHECK(!v.verbs.get("carol@one.test", a.id, {}));
    REQUIRE(v.verbs.change_list("bob@one.test", a.id, inherit));  // once more changes nothing
    CHECK(v.verbs.get("alice@one.test", a.id, {}));
}

TEST_CASE("an attachment is stored once over two mails, kept by an edit, and gone with what is redacted")
{
    Village v;
    const std::string octets(100'000, 'z');
    const auto digest = store::to_hex(store::sha256(octets));
    REQUIRE(*v.verbs.put_blob("alice@one.test", digest, octets));
    auto content = text("Plan", "");
    content.body = {.type = "multipart/mixed"};
    content.body.parts = {{.text = "See."},
        {.type = "image/png", .name = "p.png", .disposition = "attachment", .size = octets.size(), .sha256 = digest}};
    const auto m = v.native("alice@one.test", {"bob@one.test"}, content);
    v.native("alice@one.test", {"bob@one.test"}, content);
    CHECK(v.number("select count(*) from blob") == 1);
    CHECK(v.number("select count(*) from body where blob is not null") == 2);
    CHECK(v.verbs.get_blob("bob@one.test", digest, 0, 1'000'000)->octets == octets);
    const auto bytes = store::read_content(v.session, v.number("select min(id) from rendition"));
    CHECK(static_cast<std::int64_t>(bytes.size()) == v.number("select size from rendition order by id limit 1"));
    CHECK(!v.verbs.get_blob("carol@one.test", digest, 0, 10));
    content.body.parts[0].text = "Look.";
    REQUIRE(v.verbs.edit("alice@one.test", m.id, 1, content));
    const auto other = v.native("alice@one.test", {"carol@one.test"}, content);
    CHECK(v.verbs.get_blob("carol@one.test", digest, 0, 10));
    REQUIRE(v.verbs.edit("alice@one.test", other.id, 1, text("Plan", "None.")));
    REQUIRE(v.verbs.redact("alice@one.test", other.id));
    CHECK(!v.verbs.get_blob("carol@one.test", digest, 0, 10));
    CHECK(v.verbs.get_blob("bob@one.test", digest, 0, 10));
}

namespace {

email2::ListChange detaching()
{
    email2::ListChange change;
    change.detach = true;
    return change;
}

}  // namespace

TEST_CASE("an answer to two threads follows the lists of both, live, and detaching one leaves the other")
{
    Village v;
    const auto one = v.native("alice@one.test", {"bob@one.test"}, text("One", "1"));
    const auto mid = v.native("alice@one.test", {}, text("Re", "1a"), {one.id.str()});
    const auto two = v.native("alice@one.test", {}, text("Two", "2"), {});
    const auto both = v.native("alice@one.test", {}, text("Re both", "3"), {mid.id.str(), two.id.str()});
    CHECK(both.to.entries.size() == 2);
    REQUIRE(v.verbs.change_list("alice@one.test", two.id, adding("carol@one.test")));
    CHECK(v.folders("carol", v.id_of(both.id)) == "INBOX");  // live, by the second parent
    CHECK(v.folders("carol", v.id_of(mid.id)) == "");
    REQUIRE(v.verbs.change_list("alice@one.test", mid.id, detaching()));
    REQUIRE(v.verbs.change_list("alice@one.test", one.id, removing("bob@one.test")));
    CHECK(v.verbs.get("bob@one.test", both.id, {}));  // held by the copy now
    REQUIRE(v.verbs.change_list("alice@one.test", two.id, removing("carol@one.test")));
    CHECK(v.verbs.get("carol@one.test", both.id, {}).error().code == Code::not_found);
    email2::ListChange inherit;
    inherit.inherit = true;
    REQUIRE(v.verbs.change_list("alice@one.test", mid.id, inherit));
    CHECK(v.verbs.get("bob@one.test", both.id, {}).error().code == Code::not_found);  // removed where it is held again
}

TEST_CASE("who was excluded from one message is let in again by who excluded them")
{
    Village v;
    const auto m = v.native("carol@one.test", {"alice@one.test", "bob@one.test"}, text("Plan", "One."));
    const auto a = v.native("alice@one.test", {}, text("Re", "Two."), {m.id.str()});
    REQUIRE(v.verbs.change_list("alice@one.test", a.id, removing("bob@one.test")));
    CHECK(v.folders("bob", v.id_of(a.id)) == "limbo");
    REQUIRE(v.verbs.leave("bob@one.test", m.id, {}));
    REQUIRE(v.verbs.rejoin("bob@one.test", m.id, {}));
    CHECK(v.folders("bob", v.id_of(a.id)) == "limbo");  // rejoining the thread does not bring it back
    REQUIRE(v.verbs.change_list("alice@one.test", a.id, adding("bob@one.test")));
    CHECK(v.folders("bob", v.id_of(a.id)) == "INBOX");
}

TEST_CASE("who joins while a message is withdrawn has it once it is undeleted, and Trash remembers its folder")
{
    Village v;
    v.folder("bob", "Work");
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "One."));
    v.move("bob", v.id_of(m.id), "Work");
    REQUIRE(v.verbs.leave("bob@one.test", m.id, {}));
    REQUIRE(v.verbs.withdraw("alice@one.test", m.id));
    REQUIRE(v.verbs.change_list("alice@one.test", m.id, adding("carol@one.test")));
    CHECK(v.folders("carol", v.id_of(m.id)) == "limbo");
    REQUIRE(v.verbs.undelete("alice@one.test", m.id));
    CHECK(v.folders("carol", v.id_of(m.id)) == "INBOX");
    CHECK(v.folders("bob", v.id_of(m.id)) == "Trash");
    REQUIRE(v.verbs.rejoin("bob@one.test", m.id, {}));
    CHECK(v.folders("bob", v.id_of(m.id)) == "Work");
}

TEST_CASE("what was posted while somebody was away appears beside its thread")
{
    Village v;
    v.folder("bob", "Work");
    const auto m = v.native("alice@one.test", {"bob@one.test", "carol@one.test"}, text("Plan", "One."));
    v.move("bob", v.id_of(m.id), "Work");
    REQUIRE(v.verbs.leave("bob@one.test", m.id, {}));
    const auto a = v.native("carol@one.test", {}, text("Re", "Two."), {m.id.str()});
    const auto b = v.native("alice@one.test", {}, text("Re", "Three."), {a.id.str()});
    REQUIRE(v.verbs.rejoin("bob@one.test", m.id, {}));
    for (const auto* id : {&m.id, &a.id, &b.id}) CHECK(v.folders("bob", v.id_of(*id)) == "Work");
}

TEST_CASE("leaving only the message that holds the list puts it into Trash, and its answers still come")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "One."));
    REQUIRE(v.verbs.leave("bob@one.test", m.id, false));
    CHECK(v.folders("bob", v.id_of(m.id)) == "Trash");
    const auto a = v.native("alice@one.test", {}, text("Re", "Two."), {m.id.str()});
    CHECK(v.folders("bob", v.id_of(a.id)) == "INBOX");
}

TEST_CASE("an author who left is not given their message again by an answer")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "One."));
    REQUIRE(v.verbs.leave("alice@one.test", m.id, {}));
    v.native("bob@one.test", {}, text("Re", "Two."), {m.id.str()});
    CHECK(v.folders("alice", v.id_of(m.id)) == "Sent");
}

TEST_CASE("who is brought in by an answer has it once, and the thread before it")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "One."));
    email2::Publication answer;
    answer.parents = {m.id.str()};
    answer.inherit = true;
    answer.entries = {{.address = "carol@one.test"}};
    answer.content = text("Re", "Two.");
    const auto a = v.verbs.publish("bob@one.test", answer);
    REQUIRE(a);
    CHECK(v.folders("carol", v.id_of(a->id)) == "INBOX");
    CHECK(v.folders("carol", v.id_of(m.id)) == "INBOX");
    answer.entries[0].role = email2::Role::blind;
    CHECK(v.verbs.publish("bob@one.test", answer).error().code == Code::invalid);
}

TEST_CASE("a list is passed on by who stands on it, and a draft has no answers")
{
    Village v;
    email2::Publication publication;
    publication.entries = {{.address = "bob@one.test", .role = email2::Role::blind}, {.address = "carol@one.test"}};
    publication.content = text("Plan", "One.");
    const auto m = v.verbs.publish("alice@one.test", publication);
    email2::Publication answer;
    answer.parents = {m->id.str()};
    answer.inherit = true;
    CHECK(v.verbs.publish("bob@one.test", answer).error().code == Code::forbidden);  // blind
    publication.draft = true;
    const auto draft = v.verbs.publish("alice@one.test", publication);
    answer.parents = {draft->id.str()};
    CHECK(v.verbs.publish("alice@one.test", answer).error().code == Code::invalid);
    auto change = adding("bob@one.test");
    change.remove = {"bob@one.test"};
    CHECK(v.verbs.change_list("alice@one.test", m->id, change).error().code == Code::invalid);
}

TEST_CASE("whatever people do, UIDs rise and everyone on a list has, or had, the message")
{
    Village v;
    std::vector<email2::Name> messages;
    const std::vector<std::string> names{"alice", "bob", "carol"};
    std::uint32_t seed = 12345;
    const auto random = [&](std::uint32_t n) {
        seed = seed * 1664525 + 1013904223;
        return (seed >> 8) % n;
    };
    std::string highest;
    for (int step = 0; step < 120; ++step) {
        const auto who = names[random(3)];
        const auto address = who + "@one.test";
        if (messages.empty() || random(4) == 0) {
            messages.push_back(
                v.native(address, {"alice@one.test", "bob@one.test", "carol@one.test"}, text("Root", "r")).id);
        } else {
            const auto m = messages[random(static_cast<std::uint32_t>(messages.size()))];
            email2::Publication answer;
            answer.parents = {m.str()};
            answer.inherit = true;
            answer.content = text("Re", "a");
            email2::Filing filing;
            filing.folder = std::vector<std::string>{"INBOX", "Trash", "Archive"}[random(3)];
            switch (random(4)) {
            case 0: (void)v.verbs.leave(address, m, {}); break;
            case 1: (void)v.verbs.rejoin(address, m, {}); break;
            case 2: (void)v.verbs.file(address, m, filing); break;
            default:
                if (auto made = v.verbs.publish(address, answer)) messages.push_back(made->id);
            }
        }
        // No UID at or over uid_next, none that was expunged is in use, no modseq over its
        // mailbox's.
        REQUIRE(v.number("select count(*) from ref r join mailbox b on b.id = r.mailbox_id where r.uid "
                         ">= b.uid_next or r.modseq > b.modseq") == 0);
        REQUIRE(v.number("select count(*) from ref r join expunge e on e.mailbox_id = r.mailbox_id and "
                         "e.uids @> r.uid") == 0);
    }
    CHECK(v.number("select count(*) from message m join entry e on e.list_id = m.list_id and e.membership "
                   "= 0 join person p on p.id = e.person_id and p.class = 0 "
                   "where not exists (select from ref r where r.message_id = m.id and r.user_id = p.id)") == 0);
}

TEST_CASE("a draft that is marked and expunged in one step leaves no event behind")
{
    Village v;
    email2::Publication publication;
    publication.content = text("Draft", "Not yet.");
    publication.draft = true;
    REQUIRE(v.verbs.publish("alice@one.test", publication));
    const auto account = *store::find_account(v.session, "alice@one.test");
    const auto done = store::change(v.session, [&](store::Changes& changes) -> imap::Result<bool> {
        const auto stored =
            store::store_flags(v.session, changes, account.id, account.drafts, {1}, {-1, 4}, std::nullopt);
        CHECK(stored.changed.size() == 1);
        CHECK(store::expunge(v.session, changes, account, account.drafts, std::nullopt, store::LeaveScope::thread)
                  .size() == 1);
        return true;
    });
    REQUIRE(done.value);
    CHECK(v.number("select count(*) from message") == 0);
    CHECK(v.number("select count(*) from event") == 0);
}

TEST_CASE("a draft that inherited the lists of two messages leaves nothing behind when it is deleted")
{
    Village v;
    email2::Publication publication;
    for (int i = 0; i < 2; ++i)
        publication.parents.push_back(v.native("alice@one.test", {"bob@one.test"}, text("Plan", "1")).id.str());
    publication.content = text("Draft", "Not yet.");
    publication.draft = true;
    const auto draft = v.verbs.publish("alice@one.test", publication);
    REQUIRE(draft);
    email2::ListChange change;
    change.inherit = true;
    REQUIRE(v.verbs.change_list("alice@one.test", draft->id, change));
    CHECK(v.number("select count(*) from message_list") == 1);
    REQUIRE(v.verbs.withdraw("alice@one.test", draft->id));
    CHECK(v.number("select count(*) from message_list") == 0);
}

namespace {

// What bob is told of the author of each mail of that Message-ID: by the message, and by the listing.
std::pair<std::string, std::string> author_of(Village& v, const email2::Name& name)
{
    const auto message = v.verbs.get("bob@one.test", name, std::nullopt);
    REQUIRE(message);
    for (const auto& entry : message->to.entries)
        if (entry.person.address == message->from.address) CHECK(entry.person.name == message->from.name);
    const auto list = v.verbs.list("bob@one.test", {.limit = 100});
    REQUIRE(list);
    for (const auto& reference : list->references)
        if (reference.message == name) return {message->from.name, reference.from.name};
    return {message->from.name, ""};
}

}  // namespace

TEST_CASE("an author is called as that very mail says: programs and lists write for many by one address")
{
    Village v;
    auto before = v.letter("alice@one.test", "a@one.test", {to("notify@legacy.test"), to("bob@one.test")});
    before.recipients[0].name = "Whatever alice calls it";
    v.publish(std::move(before));
    const auto from = [&](const std::string& id, const std::string& field) {
        auto letter = v.letter("notify@legacy.test", id, {to("bob@one.test")});
        letter.bytes = mime::Spool();
        letter.bytes.append("Date: (none)\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nFrom: " + field +
                            "\r\nMessage-ID: <" + id + ">\r\n\r\nx\r\n");
        return author_of(v, v.publish(std::move(letter)).name);
    };
    const auto both = [](const std::string& name) { return std::pair(name, name); };
    CHECK(from("1@legacy.test", "Carol Smith via Dev <notify@legacy.test>") == both("Carol Smith via Dev"));
    CHECK(from("2@legacy.test", "=?utf-8?Q?J=C3=B6rg_=22J=22?= <Notify@Legacy.test>") == both("Jörg \"J\""));
    CHECK(from("3@legacy.test", "\"a (b) \\\" c\" <notify@legacy.test>") == both("a (b) \" c"));
    CHECK(from("4@legacy.test", "notify@legacy.test") == both("Whatever alice calls it"));
    CHECK(from("5@legacy.test", "Somebody else <other@legacy.test>") == both("Whatever alice calls it"));
}

TEST_CASE("an account without a name here is called as it writes, also once it has edited")
{
    Village v;
    v.session.query("update person set name = '' where address = 'alice@one.test'");
    auto letter = v.letter("alice@one.test", "a@one.test", {to("bob@one.test")});
    letter.bytes = mime::Spool();
    letter.bytes.append("From: Alice Example <alice@one.test>\r\nMessage-ID: <a@one.test>\r\n\r\nOld.\r\n");
    const auto name = v.publish(std::move(letter)).name;
    CHECK(author_of(v, name).first == "Alice Example");
    REQUIRE(v.verbs.edit("alice@one.test", name, 1, text("", "New.")));
    CHECK(author_of(v, name).first == "Alice Example");
    CHECK(author_of(v, name).second == "Alice Example");
    v.session.query("update person set name = 'Alice of one' where address = 'alice@one.test'");
    CHECK(author_of(v, name).first == "Alice of one");
}

TEST_CASE("who was only known by an address is called as they call themselves, once they are proven")
{
    Village v;
    const auto m = v.native("bob@one.test", {"dora@legacy.test"}, text("Plan", "Words."));
    const auto writes = [&](const std::string& id, const std::string& name, email2::Proof proof) {
        auto letter = v.letter("dora@legacy.test", id, {to("bob@one.test")});
        letter.originator_name = name;
        letter.proof = proof;
        v.publish(std::move(letter));
        const auto seen = v.verbs.get("bob@one.test", m.id, {});
        REQUIRE(seen);
        for (const auto& entry : seen->to.entries)
            if (entry.person.address == "dora@legacy.test") return entry.person.name;
        return std::string("nobody");
    };
    CHECK(writes("1@legacy.test", "Forged", email2::Proof::none).empty());
    CHECK(writes("2@legacy.test", "", email2::Proof::spf).empty());
    CHECK(writes("3@legacy.test", "Dora", email2::Proof::spf) == "Dora");
    CHECK(writes("4@legacy.test", "Dora at work", email2::Proof::spf) == "Dora");
}
