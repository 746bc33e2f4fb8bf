// pruning_test: what has served its time goes, and nothing that is in use, whatever happens meanwhile.
#include "cellar.h"
#include "gateway/store/cold_storage.h"
#include "gateway/store/hash.h"
#include "gateway/store/pruning.h"
#include "gateway/store/rendition.h"

#include <random>
#include <thread>

using namespace test;
using email2::Code;

namespace {

std::string digest_of(const std::string& octets)
{
    return store::to_hex(store::sha256(octets));
}

// Whether that person may have the blob and gets it whole.
bool whole(email2::Store& verbs, const std::string& actor, const std::string& octets)
{
    const auto back = verbs.get_blob(actor, digest_of(octets), 0, octets.size() + 1);
    return back && back->octets == octets;
}

}  // namespace

TEST_CASE("events beyond their time are pruned in their order, and who asks from before the floor is told where it is")
{
    Cellar c;
    const auto old = c.native("alice@one.test", {"bob@one.test"}, text("Old", "1"));
    c.session.query("update event set at = now() - interval '91 days'");
    const auto fresh = c.native("alice@one.test", {"bob@one.test"}, text("New", "2"));
    const auto last_old = static_cast<std::uint64_t>(
        c.number("select max(seq) from event where message_id = " + std::to_string(c.id_of(old.id))));
    CHECK(c.verbs.events("bob@one.test", 0, 100)->events.size() == 2);
    CHECK(c.run(store::prune_events) >= 1);
    const auto refused = c.verbs.events("bob@one.test", 0, 100);
    REQUIRE(!refused);
    CHECK(refused.error().code == Code::gone);
    CHECK(refused.error().floor == last_old);
    CHECK(!c.verbs.events("bob@one.test", last_old - 1, 100));
    const auto rest = c.verbs.events("bob@one.test", refused.error().floor, 100);
    REQUIRE(rest);
    CHECK(rest->events.size() == 1);
    CHECK(rest->events[0].message == fresh.id);
    CHECK(c.run(store::prune_events) == 0);
    // The quiet are not overtaken: who has seen all goes on behind the newest event, though it was not theirs.
    const auto quiet = c.verbs.events("carol@one.test", refused.error().floor, 100);
    REQUIRE(quiet);
    CHECK(quiet->events.empty());
    c.session.query("update event set at = now() - interval '91 days'");
    CHECK(c.run(store::prune_events) >= 1);
    CHECK(c.verbs.events("carol@one.test", quiet->last, 100));
    c.maintenance.events_keep = std::chrono::seconds(0);
    c.native("alice@one.test", {"bob@one.test"}, text("Kept", "3"));
    c.session.query("update event set at = now() - interval '10 years'");
    CHECK(c.run(store::prune_events) == 0);
}

TEST_CASE("a blob goes when no body, no message and no upload uses it, and not before")
{
    Cellar c;
    const auto used = noise(200'000, 1), uploaded = noise(1000, 2), small = noise(900, 3), waste = noise(300'000, 4);
    for (const auto& octets : {used, uploaded, small, waste})
        REQUIRE(c.verbs.put_blob("alice@one.test", digest_of(octets), octets));
    const auto m = c.native("alice@one.test", {"bob@one.test"}, with_attachment("Used", used));
    const auto s = c.native("alice@one.test", {"bob@one.test"}, with_attachment("Small", small));
    c.session.query("update blob set at = now() - interval '2 hours'");
    CHECK(c.run(store::prune_uploads) == 0);
    CHECK(c.run(store::collect_blobs) == 0);
    c.session.query(
        "update upload set at = now() - interval '8 days' where sha256 <> $1", store::Bytes{store::sha256(uploaded)});
    CHECK(c.run(store::prune_uploads) == 3);
    CHECK(c.run(store::collect_blobs) == 1);
    CHECK(c.number("select count(*) from chunk where not exists (select from blob b where b.sha256 = chunk.sha256)") ==
          0);
    CHECK(!c.verbs.get_blob("alice@one.test", digest_of(waste), 0, 10));
    CHECK(whole(c.verbs, "bob@one.test", used));
    CHECK(whole(c.verbs, "bob@one.test", small));
    CHECK(whole(c.verbs, "alice@one.test", uploaded));
    // A fresh one that nothing uses yet is left alone for an hour.
    REQUIRE(c.verbs.put_blob("alice@one.test", digest_of(waste), waste));
    c.session.query("delete from upload");
    CHECK(c.run(store::collect_blobs) == 1);  // the upload that was no longer one
    CHECK(c.number("select count(*) from blob where at > now() - interval '1 hour'") == 1);
}

TEST_CASE("a blob that comes into use between being found unused and being deleted stays")
{
    Cellar c;
    const auto octets = noise(300'000, 5);
    REQUIRE(c.verbs.put_blob("alice@one.test", digest_of(octets), octets));
    c.session.query("update blob set at = now() - interval '2 hours'");
    c.session.query("delete from upload");
    store::Session other(c.url);

    SUBCASE("by a transaction that holds it: it is skipped")
    {
        store::Transaction user(other);
        CHECK(!store::write_blob(other, store::sha256(octets), octets));
        CHECK(c.run(store::collect_blobs) == 0);
        other.query("insert into upload(sha256, person_id) values ($1, $2)", store::Bytes{store::sha256(octets)},
            c.person("bob@one.test"));
        user.commit();
        CHECK(c.run(store::collect_blobs) == 0);
        CHECK(whole(c.verbs, "bob@one.test", octets));
    }
    SUBCASE("by one that was committed before it is held: it is seen")
    {
        const auto bob = c.person("bob@one.test");
        CHECK(c.run(store::collect_blobs, [&](std::string_view step) {
            if (step == "blobs found")
                other.query(
                    "insert into upload(sha256, person_id) values ($1, $2)", store::Bytes{store::sha256(octets)}, bob);
        }) == 0);
        CHECK(whole(c.verbs, "bob@one.test", octets));
    }
    SUBCASE("by one that comes while it is being deleted: it waits, and writes it anew")
    {
        std::thread late;
        CHECK(c.run(store::collect_blobs, [&](std::string_view step) {
            if (step != "blobs held") return;
            late = std::thread([&] {
                store::Transaction user(other);
                store::write_blob(other, store::sha256(octets), octets);
                other.query(
                    "insert into upload(sha256, person_id) select $1, id from person where address = 'bob@one.test'",
                    store::Bytes{store::sha256(octets)});
                user.commit();
            });
            std::this_thread::sleep_for(
                std::chrono::milliseconds(50));  // it is waiting for the lock by now, or comes later: either way
        }) == 1);
        late.join();
        CHECK(whole(c.verbs, "bob@one.test", octets));
    }
}

TEST_CASE("no blob is lost while uploads, publications and deletions run against its collector")
{
    constexpr int threads = 4, rounds = 100, kinds = 8;
    Cellar c;
    std::vector<std::string> octets;
    for (int i = 0; i < kinds; ++i)
        octets.push_back(noise(70'000 + static_cast<std::size_t>(i) * 1000, static_cast<unsigned>(i)));
    std::atomic<bool> over{false};
    std::atomic<int> operations{0}, refused{0}, wrong{0};
    std::atomic<std::size_t> collected{0};

    std::thread collector([&] {
        store::Session own(c.url);
        store::Ids ids;
        while (!over) {
            own.query(
                "update blob set at = now() - interval '2 hours' where sha256 in (select sha256 from blob for update skip locked)");
            std::string position;
            store::Care care{own, ids, c.maintenance, position, c.stopping};
            collected += store::collect_blobs(care).done;
        }
    });
    std::vector<std::thread> users;
    for (int t = 0; t < threads; ++t)
        users.emplace_back([&, t] {
            store::Session own(c.url);
            store::PostgresStore verbs(own, c.writer, c.settings);
            std::minstd_rand random(static_cast<unsigned>(t) + 1);
            const std::string actor = t % 2 ? "alice@one.test" : "bob@one.test";
            for (int round = 0; round < rounds; ++round) {
                const auto& blob = octets[random() % kinds];
                wrong += verbs.put_blob(actor, digest_of(blob), blob) ? 0 : 1;
                if (random() % 8 == 0)
                    own.query("delete from upload where sha256 = $1", store::Bytes{store::sha256(blob)});
                email2::Publication publication;
                publication.content = with_attachment("Round", blob);
                publication.draft =
                    random() % 50 != 0;  // most are deleted again, so that each blob falls out of use over and over
                operations += 2;
                email2::Result<email2::Message> made = tl::unexpected(email2::Error{});
                try {
                    made = verbs.publish(actor, publication);
                } catch (const std::exception&) {  // collected between the check and the reading: `unavailable`, and
                                                   // nothing is stored
                }
                if (!made) {
                    ++refused;  // the upload was taken away: that is an answer, and no loss
                    continue;
                }
                // What was accepted is there, whole.
                wrong += whole(verbs, actor, blob) ? 0 : 1;
                if (publication.draft) {
                    wrong += verbs.withdraw(actor, made->id) ? 0 : 1;  // deletes it
                    own.query("delete from upload where sha256 = $1", store::Bytes{store::sha256(blob)});
                    operations += 2;
                }
            }
        });
    for (auto& user : users) user.join();
    over = true;
    collector.join();
    CHECK(wrong.load() == 0);
    CHECK(collected.load() > 20);
    CHECK(refused.load() < threads * rounds / 2);
    MESSAGE(operations.load() << " operations of " << threads << " threads, " << collected.load()
                              << " blobs collected, " << refused.load() << " publications refused");
    // Nothing refers to a blob that is not there or not whole.
    CHECK(
        c.number(
            "select count(*) from body b where b.blob is not null and not exists (select from blob o where o.sha256 = b.blob)") ==
        0);
    CHECK(
        c.number(
            "select count(*) from blob b where b.size <> (select coalesce(sum(length(data)), 0) from chunk k where k.sha256 = b.sha256)") ==
        0);
    CHECK(
        c.number("select count(*) from chunk k where not exists (select from blob b where b.sha256 = k.sha256)") == 0);
}

TEST_CASE("tokens, idempotency keys and uploads end with their time")
{
    Cellar c;
    email2::Publication publication;
    publication.content = text("Once", "1");
    publication.entries.push_back({.address = "dora@legacy.test"});
    publication.idempotency_key = "key";
    const auto first = c.verbs.publish("alice@one.test", publication);
    REQUIRE(first);
    CHECK(c.run(store::prune_idempotency) == 0);
    CHECK(c.verbs.publish("alice@one.test", publication)->id == first->id);
    c.session.query("update idempotency set at = now() - interval '8 days'");
    CHECK(c.run(store::prune_idempotency) == 1);
    CHECK(c.verbs.publish("alice@one.test", publication)->id != first->id);
    CHECK(c.run(store::prune_tokens) == 0);
    c.session.query("update token set expires = now() - interval '2 days' where message_id = $1", c.id_of(first->id));
    CHECK(c.run(store::prune_tokens) == 1);
    CHECK(c.number("select count(*) from token") == 1);
}

TEST_CASE("an upload whose client went without a word goes with its pieces, and counts no more before it does")
{
    Cellar c;
    const auto begun = c.verbs.begin_upload("alice@one.test");
    REQUIRE(c.verbs.add_to_upload(*begun, 0, "going on"));
    std::string lost;
    for (int i = 0; i < 3; ++i) {
        lost = *c.verbs.begin_upload("bob@one.test");
        REQUIRE(c.verbs.add_to_upload(lost, 0, "x"));
    }
    CHECK(c.run(store::prune_uploads) == 0);
    c.session.query("update staged set at = now() - interval '2 hours' where person_id = $1", c.person("bob@one.test"));
    for (int i = 0; i < 16; ++i) CHECK(c.verbs.begin_upload("bob@one.test"));
    CHECK(c.verbs.begin_upload("bob@one.test").error().code == email2::Code::rate_limited);
    CHECK(c.run(store::prune_uploads) == 3);
    CHECK(c.verbs.add_to_upload(lost, 1, "y").error().code == email2::Code::gone);
    CHECK(c.number("select count(*) from chunk where length(sha256) <> 32") == 1);
    CHECK(c.verbs.add_to_upload(*begun, 1, "still"));
}

TEST_CASE("the log of expunged UIDs is merged at its old end, and names every UID that it named before")
{
    Cellar c;
    const auto box = c.number("select inbox from person where address = 'alice@one.test'");
    const auto user = c.person("alice@one.test");
    c.session.query(
        "insert into expunge(user_id, mailbox_id, modseq, uids) select $1, $2, n * 2, int4multirange(int4range(n, n + 1)) from generate_series(1, 2000) n",
        user, static_cast<std::int32_t>(box));
    CHECK(c.run(store::merge_expunges) == 0);
    c.session.query(
        "insert into expunge(user_id, mailbox_id, modseq, uids) values ($1, $2, 4002, '{[2001,2002),[3000,3001)}')",
        user, static_cast<std::int32_t>(box));
    CHECK(c.run(store::merge_expunges) == 1000);
    CHECK(c.number("select count(*) from expunge") == 1001);
    CHECK(c.number("select sum(upper(r) - lower(r)) from expunge, unnest(uids) r") == 2002);
    // Who was there at modseq 1500 is told of everything since, at least.
    CHECK(
        c.number(
            "select count(*) from expunge, unnest(uids) r, generate_series(lower(r), upper(r) - 1) u where modseq > 1500 and u > 750") ==
        2002 - 750);
    CHECK(c.run(store::merge_expunges) == 0);
}

TEST_CASE(
    "drafts and imports that lost their last reference with their account are deleted, and notices are archived with theirs")
{
    Cellar c;
    email2::Publication publication;
    publication.content = text("Draft", "Not yet.");
    publication.draft = true;
    const auto draft = c.verbs.publish("alice@one.test", publication);
    const auto kept = c.verbs.publish("bob@one.test", publication);
    REQUIRE(draft);
    auto letter = c.letter("alice@one.test", "n@one", {to("alice@one.test")});
    letter.kind = store::Kind::notice;
    const auto notice = c.publish(std::move(letter));
    REQUIRE(store::remove_account(c.session, "alice@one.test"));
    CHECK(c.run(store::drop_unreferenced) == 0);  // not on their first day
    c.session.query("update message set created = created - interval '2 days'");
    CHECK(c.run(store::drop_unreferenced) == 1);
    CHECK(c.state(notice.id) == 2);
    CHECK(c.verbs.get("bob@one.test", kept->id, {}));
    CHECK(c.number("select count(*) from message where kind = 1") == 1);
    CHECK(c.number("select count(*) from message where since is not null") == 1);
    c.age(notice.id);
    CHECK(c.run(store::drop_unreferenced) == 0);  // and does not begin its time of keeping anew
    CHECK(c.number("select count(*) from message where since < now() - interval '100 days'") == 1);
}

TEST_CASE("a private rendition that no reference shows, and rows whose message went, are dropped; nothing else is")
{
    Cellar c;
    const auto kept = c.left_behind("Kept");
    const auto before = c.everything(kept);
    const auto m = c.native("alice@one.test", {"bob@one.test"}, text("Plan", "1"));
    const auto id = c.id_of(m.id);
    c.session.query(
        "insert into rendition(id, message_id, revision, owner, size, trace, outline, envelope, body_structure, preview, headers) "
        "select 5, message_id, 1, $2, size, trace, outline, envelope, body_structure, preview, headers from rendition where message_id = $1",
        id, c.person("alice@one.test"));
    c.session.query(
        "insert into body(rendition_id, n, at, length, data) values (5, 0, 0, 1, 'x'), (6, 0, 0, 1, 'x'), (9000000000, 0, 0, 1, 'x')");
    c.session.query("insert into search_text(rendition_id, body_at, text) values (6, 0, '')");
    c.session.query("insert into blob_use(sha256, message_id) values ('\\x00', 77)");
    CHECK(c.run(store::drop_orphans) == 5);
    CHECK(c.run(store::drop_orphans) == 0);
    CHECK(c.everything(kept) == before);
    CHECK(c.verbs.get("bob@one.test", m.id, {})->content.body.text == "1");
    CHECK(c.number("select count(*) from body where rendition_id in (5, 6, 9000000000)") == 0);
}

TEST_CASE("what was told and asked ends with its time, what was told once in a thread with that")
{
    Cellar c;
    const auto m = c.id_of(c.native("alice@one.test", {"bob@one.test"}, text("Plan", "1")).id);
    const auto alice = c.person("alice@one.test");
    c.session.query(
        "insert into told(egress_id, person_id, kind, message_id, at) values (1, $1, 1, $2, now() - interval '3 days'), (2, $1, 1, $2, now() - interval '1 day'), "
        "(3, $1, 12, $2, now() - interval '3 years'), (4, $1, 12, 77, now())",
        alice, m);
    c.session.query(
        "insert into told(egress_id, person_id, kind, message_id, at) select 100 + n, $1, 1, $2, now() - interval '1 year' from generate_series(1, 4500) n",
        alice, m);
    c.session.query(
        "insert into confirmation(person_id, at) values (1, now() - interval '3 days'), (2, now() - interval '1 hour')");
    CHECK(c.run(store::prune_told) == 4502);
    CHECK(c.words("select egress_id from told order by 1") == "2 3");
    CHECK(c.words("select person_id from confirmation") == "2");
    CHECK(c.run(store::prune_told) == 0);
}

TEST_CASE("a source that was not heard of for long is forgotten, one with a long record is not")
{
    Cellar c;
    c.session.query(
        "insert into trust(source, messages, complaints, at) values ('net:1', 5, 1, now() - interval '200 days'), ('net:2', 5, 1, now() - interval '100 days'), "
        "('domain:large', 1e6, 0, now() - interval '200 days'), ('domain:bad', 0, 1e6, now() - interval '200 days')");
    CHECK(c.run(store::prune_trust) == 1);
    CHECK(c.words("select source from trust order by 1") == "domain:bad domain:large net:2");
}

TEST_CASE("where an import stopped is forgotten when nobody went on with it")
{
    Cellar c;
    c.session.query(
        "insert into import_checkpoint(person_id, source, position, at) values (1, 'old', 'x', now() - interval '91 days'), (1, 'new', 'x', now() - interval '1 day')");
    CHECK(c.run(store::prune_imports) == 1);
    CHECK(c.words("select source from import_checkpoint") == "new");
}

TEST_CASE(
    "an id kept for a parent that is missing goes with the last message that answers it, and is found again before")
{
    Cellar c;
    const auto answer = c.arrive("a@x", {to("alice@one.test")}, {"parent@x"});
    c.arrive("b@x", {to("alice@one.test")}, {"other@x", "parent@x"});
    CHECK(c.number("select count(*) from missing") == 2);
    CHECK(c.run(store::prune_missing) == 0);
    // Gone, as cold storage and erasing delete messages.
    const auto drop = [&](const std::string& id) {
        const auto m = c.number("select id from message where mid = '" + id + "'");
        for (const auto* sql : {"delete from parent where message_id = $1", "delete from message where id = $1"})
            c.session.query(sql, m);
    };
    drop("b@x");
    CHECK(c.run(store::prune_missing) == 1);  // other@x
    CHECK(c.number("select id from missing") == c.number("select thread_id from message where mid = 'a@x'"));
    const auto parent = c.arrive("parent@x", {to("alice@one.test")});
    CHECK(parent.id == c.number("select thread_id from message where id = " + std::to_string(answer.id)));
    CHECK(c.number("select count(*) from missing") == 0);
}

TEST_CASE("an id kept for a parent stays when it is named again between being found unused and being deleted")
{
    Cellar c;
    c.arrive("a@x", {to("alice@one.test")}, {"parent@x"});
    c.session.query("delete from parent");
    c.session.query("delete from message");
    for (const auto* when : {"missing found", "missing held"}) {
        CAPTURE(when);
        std::jthread late;
        const auto gone = c.run(store::prune_missing, [&](std::string_view step) {
            if (step != when) return;
            late = std::jthread([&] { c.arrive(std::string(when) + "@x", {to("alice@one.test")}, {"parent@x"}); });
            if (step == std::string_view("missing found")) late.join();
        });
        if (late.joinable()) late.join();
        CHECK(gone == (when == std::string_view("missing found") ? 0 : 1));
        // Whoever won, the answer's parent is one that an arrival finds.
        CHECK(c.number("select count(*) from parent p join missing x on x.id = p.parent_id") == 1);
        c.session.query("delete from parent");
        c.session.query("delete from message");
    }
}

TEST_CASE("a message that was edited by mail leaves none of its Message-IDs behind when it is deleted")
{
    Cellar c;
    const auto m = c.arrive("one@legacy.test", {to("alice@one.test")});
    c.session.query("insert into msgid(hash, message_id) values (77, $1)", m.id);  // as edit_by_mail() does
    c.session.query("update message set revision = 2, state = 3 where id = $1", m.id);
    store::Transaction transaction(c.session);
    CHECK(store::drop_stub(c.session, m.id));
    transaction.commit();
    CHECK(c.number("select count(*) from msgid") == 0);
}
