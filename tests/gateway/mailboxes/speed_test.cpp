// speed: how long a mailbox of 10,000 mails takes. Run by name with --no-skip; figures are printed,
// not judged.
#include "house.h"

#include <doctest/doctest.h>

using test::House;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int count = 10'000;

// Ten thousand mails of 4 KB, like the one that is there, each with text of its own.
void multiply(House& house)
{
    house.database.run_blocking([](gateway::store::Session& session) {
        session.command("create table words as select i, (select string_agg(md5((i * 131 + "
                        "k)::text), ' ') from generate_series(1, 120) k) || ' word' || i t"
                        " from generate_series(2, 10000) i");
        session.command("insert into message(id, thread_id, list_id, guid, originator, home) "
                        "select 1000000 + i, 1000000 + i, 1000000 + i, gen_random_uuid(),"
                        " m.originator, m.home from generate_series(2, 10000) i, (select * from "
                        "message limit 1) m");
        session.command("insert into rendition(id, message_id, revision, size, trace, outline, envelope, "
                        "body_structure, preview, headers)"
                        " select 2000000 + i, 1000000 + i, 1, d.size, d.trace, d.outline, d.envelope, "
                        "d.body_structure, d.preview, d.headers"
                        " from generate_series(2, 10000) i, (select * from rendition order by id limit 1) d");
        session.command("insert into body(rendition_id, n, at, length, data) select 2000000 + i, "
                        "0, 0, b.length, convert_to(left(w.t, b.length::int), 'UTF8')"
                        " from words w, (select * from body limit 1) b");
        session.command("insert into search_text(rendition_id, body_at, text) select 2000000 + i, "
                        "0, t from words");
        session.command("insert into ref(message_id, rendition_id, modseq, user_id, mailbox_id, "
                        "uid) select 1000000 + i, 2000000 + i, 2, r.user_id, r.mailbox_id, i"
                        " from generate_series(2, 10000) i, (select * from ref limit 1) r");
        session.command("update mailbox set uid_next = 10001, modseq = 2 where id = (select "
                        "mailbox_id from ref limit 1)");
        session.command("analyze");
        return 0;
    });
}

template <class Work>
double milliseconds(Work work)
{
    const auto start = Clock::now();
    work();
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

template <class Work>
void report(const char* what, int times, Work work)
{
    double best = 1e9, first = 0;
    for (int i = 0; i < times; ++i) {
        const auto took = milliseconds(work);
        if (i == 0) first = took;
        best = std::min(best, took);
    }
    MESSAGE(std::string(what) << ": first " << first << " ms, best of " << times << ": " << best << " ms");
}

}  // namespace

TEST_CASE("a mailbox of 10,000 mails opens, is described and is searched fast" * doctest::skip())
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    REQUIRE(house.append(*alice, "INBOX", test::mail("a@x", "speed", std::string(3700, 'y') + "\r\n")));
    multiply(house);

    std::unique_ptr<imap::Mailbox> inbox;
    report("open", 10, [&] {
        inbox.reset();
        inbox = house.select(*alice, "INBOX");
    });
    REQUIRE(inbox->snapshot()->messages.size() == count);
    const auto all = test::uids_of(*inbox->snapshot());
    const auto describe = [&] {
        std::size_t described = 0;
        for (std::size_t at = 0; at < all.size(); at += 500)
            described += house
                             .await(inbox->metadata({all.begin() + static_cast<std::ptrdiff_t>(at),
                                                        all.begin() + static_cast<std::ptrdiff_t>(at + 500)},
                                 3))
                             .size();
        REQUIRE(described == count);
    };
    report("metadata, cold cache", 1, describe);
    report("metadata, warm cache", 10, describe);
    const auto read = [&] {
        for (std::size_t at = 0; at < all.size(); at += 500)
            house.await(inbox->read(
                {all.begin() + static_cast<std::ptrdiff_t>(at), all.begin() + static_cast<std::ptrdiff_t>(at + 500)}));
    };
    report("bodies, 40 MB", 5, read);
    const auto search = [&](imap::ContentKey::Kind kind, const char* value, std::size_t found) {
        REQUIRE(house.await(inbox->matching({.kind = kind, .value = value}, all)).size() == found);
    };
    report("SEARCH TEXT, one hit", 5, [&] { search(imap::ContentKey::Kind::text, "word9999", 1); });
    report("SEARCH BODY, no hit", 5, [&] { search(imap::ContentKey::Kind::body, "nowhere", 0); });
    report("SEARCH SUBJECT, all hit", 5, [&] { search(imap::ContentKey::Kind::subject, "speed", count); });
    report("STORE of one", 20, [&] {
        static bool on = false;
        on = !on;
        REQUIRE(house.await(
            inbox->store({17}, on ? imap::StoreMode::add : imap::StoreMode::remove, imap::seen, {}, std::nullopt)));
    });
    report("STORE of 10,000", 4, [&] {
        static bool on = false;
        on = !on;
        REQUIRE(house.await(
            inbox->store(all, on ? imap::StoreMode::add : imap::StoreMode::remove, imap::flagged, {}, std::nullopt)));
    });
    report("STATUS", 5, [&] { REQUIRE(house.await(alice->status("INBOX"))); });
    report("COPY of 10,000", 1, [&] { REQUIRE(house.await(inbox->copy(all, "Archive"))); });
    report("MOVE of 10,000", 1, [&] { REQUIRE(house.await(inbox->move(all, "Archive"))); });
}

TEST_CASE("coming back to 100,000 mails, half of them expunged, tells what changed and no more" * doctest::skip())
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    REQUIRE(house.append(*alice, "INBOX", test::mail("a@x", "speed")));
    // Every second one went, one at a time: the newest thousand changes apart, the rest merged, as maintenance leaves
    // it.
    house.database.run_blocking([](gateway::store::Session& session) {
        session.command(
            "insert into ref(message_id, rendition_id, modseq, user_id, mailbox_id, uid) select r.message_id, r.rendition_id, i, "
            "r.user_id, r.mailbox_id, 2 * i - 1 from generate_series(2, 50000) i, (select * from ref limit 1) r");
        session.command(
            "insert into expunge(user_id, mailbox_id, modseq, uids) select r.user_id, r.mailbox_id, 99000, (select "
            "range_agg(int4range(2 * i, 2 * i + 1)) from generate_series(1, 49000) i) from ref r where uid = 1");
        session.command(
            "insert into expunge(user_id, mailbox_id, modseq, uids) select r.user_id, r.mailbox_id, 50000 + i, "
            "int4multirange(int4range(2 * i, 2 * i + 1)) from generate_series(49001, 50000) i, (select * from ref where uid = 1) r");
        session.command(
            "update mailbox set uid_next = 100001, modseq = 100000 where id = (select mailbox_id from ref limit 1)");
        session.command("analyze");
        return session.command("vacuum expunge"), 0;
    });
    auto inbox = house.select(*alice, "INBOX");
    REQUIRE(inbox->snapshot()->messages.size() == 50'000);
    std::size_t ranges = 0;
    const auto ask = [&](imap::ModSeq modseq) {
        return [&ranges, &house, &inbox, modseq] { ranges = house.await(inbox->expunged_since(modseq)).size(); };
    };
    report("behind by one change", 20, ask(99'999));
    CHECK(ranges == 1);
    report("behind by 500", 20, ask(99'500));
    CHECK(ranges == 500);
    report("behind by all", 20, ask(1));
    CHECK(ranges == 50'000);
}
