#include "gateway/store/flags.h"
#include "house.h"

#include <doctest/doctest.h>

using test::House;
using Uids = std::vector<imap::Uid>;

TEST_CASE("what APPEND stores is read back byte for byte, with date, flags and keywords")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    const auto bytes = test::mail("a@x", "one", "8-bit: \xe4\r\n");
    const auto date = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000));
    const auto appended = house.append(*alice, "INBOX", bytes, imap::seen, {"$Edited", "Mine"}, date);
    REQUIRE(appended);
    CHECK(appended->uids == Uids{1});
    auto inbox = house.select(*alice, "INBOX");
    CHECK(house.await(inbox->read({1})) == std::vector<std::string>{bytes});
    CHECK(inbox->snapshot()->messages[0].flags == (imap::seen | 1 << 5 | 1 << 13));
    CHECK(alice->keywords()[8] == "Mine");
    const auto metadata = house.await(inbox->metadata({1, 2}, 31));
    REQUIRE(metadata.size() == 1);
    CHECK(metadata[0].size == bytes.size());
    CHECK(metadata[0].internal_date == date);
    CHECK(metadata[0].envelope.find("\"one\"") != std::string::npos);
    CHECK(metadata[0].email_id.starts_with("E"));
    CHECK(metadata[0].thread_id.starts_with("T"));
    CHECK(metadata[0].outline.header.of(bytes).ends_with("\r\n\r\n"));
    CHECK(house.append(*alice, "Nowhere", bytes).error().code == "TRYCREATE");
    CHECK(house.await(alice->select("Nowhere", false)).error().code == "NONEXISTENT");
}

TEST_CASE("any range of a mail with an attachment stored as a blob is read as it was")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    std::string base64;
    unsigned seed = 7;
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int line = 0; line < 6000; ++line) {
        for (int i = 0; i < 76; ++i) base64 += digits[(seed = seed * 1103515245 + 12345) >> 16 & 63];
        base64 += "\r\n";
    }
    base64 += "QUI=";
    const auto bytes = test::mail("a@x", "blob",
        "--b\r\nContent-Type: text/plain\r\n\r\n" + std::string(200'000, 'x') +
            "\r\n--b\r\nContent-Type: application/octet-stream\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n" +
            base64 + "\r\n--b--\r\n",
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n");
    REQUIRE(house.append(*alice, "INBOX", bytes));
    CHECK(house.number("select count(*) from body where blob is not null") == 1);
    auto inbox = house.select(*alice, "INBOX");
    CHECK(house.await(inbox->read({1}))[0] == bytes);
    for (int i = 0; i < 300; ++i) {
        const auto offset = (seed = seed * 1103515245 + 12345) % (bytes.size() + 10);
        const auto length = (seed = seed * 1103515245 + 12345) % (i % 2 ? 300'000 : 300);
        const auto want = offset < bytes.size() ? bytes.substr(offset, length) : "";
        REQUIRE(house.await(inbox->read(1, offset, length)) == want);
    }
    CHECK(house.await(inbox->read(1, bytes.size() - 3, UINT64_MAX)) == bytes.substr(bytes.size() - 3));
    CHECK(house.await(inbox->read(2, 0, 10)).empty());
}

TEST_CASE("a change by another process wakes who waits, and only what changed is another")
{
    const auto url = test::populated_database();
    House here(url), there(url);
    auto alice = here.open("alice");
    REQUIRE(here.append(*alice, "INBOX", test::mail("a@x", "one")));
    REQUIRE(here.append(*alice, "INBOX", test::mail("b@x", "two")));
    auto inbox = here.select(*alice, "INBOX");
    auto other = there.open("alice");
    auto other_inbox = there.select(*other, "INBOX");
    REQUIRE(here.run_until([&] { return !here.heard.empty(); }));  // it listens

    const auto before = inbox->snapshot();
    CHECK(test::uids_of(*before) == Uids{1, 2});
    const auto stored =
        there.await(other_inbox->store({2}, imap::StoreMode::add, imap::flagged, {"Fresh"}, std::nullopt));
    REQUIRE(stored);
    here.await(inbox->wait(before));
    const auto after = inbox->snapshot();
    CHECK(after->messages[0] == before->messages[0]);
    CHECK(after->messages[1].modseq == stored->changed[0].modseq);
    CHECK(after->highest_modseq == before->highest_modseq + 1);
    CHECK(after->messages[1].flags == stored->changed[0].flags);
    CHECK(alice->keywords().back() == "Fresh");  // the name came before the flag

    REQUIRE(there.await(other_inbox->store({1}, imap::StoreMode::add, imap::deleted, {}, std::nullopt)));
    REQUIRE(there.await(other_inbox->expunge(std::nullopt)));
    REQUIRE(there.append(*other, "INBOX", test::mail("c@x", "three")));
    CHECK(here.run_until([&] { return test::uids_of(*inbox->snapshot()) == Uids{2, 3}; }));
    CHECK(inbox->snapshot()->uid_next == 4);
    const auto same = inbox->snapshot();
    here.await(inbox->refresh());
    CHECK(inbox->snapshot() == same);  // nothing moved: no new moment
}

TEST_CASE("two sessions of one process share a snapshot, and a waiting can be cancelled")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    auto one = house.select(*alice, "INBOX"), two = house.select(*alice, "INBOX");
    CHECK(one->snapshot() == two->snapshot());
    const auto before = one->snapshot();

    test::asio::cancellation_signal signal;
    std::exception_ptr error;
    bool over = false;
    test::asio::co_spawn(
        house.io, one->wait(before), test::asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) {
            error = e;
            over = true;
        }));
    house.io.poll();
    CHECK(!over);
    signal.emit(test::asio::cancellation_type::terminal);
    CHECK(house.run_until([&] { return over; }));
    CHECK(error);

    REQUIRE(house.append(*alice, "INBOX", test::mail("a@x", "one")));
    house.await(two->wait(before));
    CHECK(one->snapshot() == two->snapshot());
    CHECK(one->snapshot()->messages.size() == 1);
}

TEST_CASE("a higher UID never shows before a lower one that comes later")
{
    const auto url = test::populated_database();
    House watching(url), first(url), second(url);
    auto alice = watching.open("alice");
    auto inbox = watching.select(*alice, "INBOX");
    constexpr int each = 40;
    std::atomic<int> working{2};
    const auto append = [&](House& house, const std::string& tag) {
        auto mine = house.open("alice");
        for (int i = 0; i < each; ++i)
            REQUIRE(house.append(*mine, "INBOX", test::mail(tag + std::to_string(i) + "@x", "n")));
        --working;
    };
    std::thread one([&] { append(first, "a"); }), two([&] { append(second, "b"); });
    Uids last;
    while (working > 0 || last.size() < 2 * each) {
        watching.await(inbox->refresh());
        const auto now = test::uids_of(*inbox->snapshot());
        REQUIRE(now.size() >= last.size());
        REQUIRE(std::equal(last.begin(), last.end(), now.begin()));  // only longer at its end
        last = now;
    }
    one.join();
    two.join();
    CHECK(last.size() == 2 * each);
}

TEST_CASE("when the listener's connection is lost, it comes back and everything is read again")
{
    const auto url = test::populated_database();
    House here(url), there(url);
    auto alice = here.open("alice");
    auto inbox = here.select(*alice, "INBOX");
    REQUIRE(here.run_until([&] { return !here.heard.empty(); }));
    const auto count = here.heard.size();
    const auto before = inbox->snapshot();
    there.number("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = "
                 "current_database() and query like 'listen%'");
    auto other = there.open("alice");
    REQUIRE(there.append(*other, "INBOX", test::mail("a@x", "unheard")));
    CHECK(here.run_until([&] { return here.heard.size() > count && here.heard.back().everything; }));
    CHECK(here.run_until([&] { return inbox->snapshot()->messages.size() == 1; }));
}

TEST_CASE("SEARCH looks into text, body, headers, dates, sizes and ids")
{
    House house(test::populated_database());
    auto alice = house.open("alice");
    const auto day = [](int y, unsigned m, unsigned d) {
        return std::chrono::sys_days(std::chrono::year(y) / static_cast<int>(m) / static_cast<int>(d));
    };
    const auto came = std::chrono::sys_seconds(day(2026, 11, 25)) + std::chrono::hours(3);
    REQUIRE(house.append(*alice, "INBOX",
        test::mail("first@x",
            "Gr\xc3\xbc\xc3\x9f"
            "e aus K\xc3\xb6ln",
            "The brown fox.\r\n", "X-Tag: \"Zebra\"\r\n"),
        0, {}, came));
    REQUIRE(house.append(*alice, "INBOX",
        test::mail(
            "second@x", "fox", "Nothing here, " + std::string(5000, 'y') + "\r\n", "Cc: Erin <erin@two.test>\r\n"),
        0, {}, came));
    auto inbox = house.select(*alice, "INBOX");
    using Kind = imap::ContentKey::Kind;
    const auto found = [&](imap::ContentKey key) { return house.await(inbox->matching(key, {1, 2, 9})); };
    CHECK(found({.kind = Kind::text, .value = "FOX"}) == Uids{1, 2});
    CHECK(found({.kind = Kind::body, .value = "fox"}) == Uids{1});
    CHECK(found({.kind = Kind::subject, .value = "GR\xc3\x9cSSE"}) == Uids{1});
    CHECK(found({.kind = Kind::from, .value = "dora@"}) == Uids{1, 2});
    CHECK(found({.kind = Kind::to, .value = "dora@"}).empty());
    CHECK(found({.kind = Kind::cc, .value = "erin"}) == Uids{2});
    CHECK(found({.kind = Kind::bcc, .value = "erin"}).empty());
    CHECK(found({.kind = Kind::header, .field = "x-tag", .value = "\"zebra"}) == Uids{1});
    CHECK(found({.kind = Kind::header, .field = "X-Tag", .value = ""}) == Uids{1});
    CHECK(found({.kind = Kind::header, .field = "Message-ID", .value = "<Second@x>"}) == Uids{2});
    CHECK(found({.kind = Kind::on, .day = day(2026, 11, 25)}) == Uids{1, 2});
    CHECK(found({.kind = Kind::before, .day = day(2026, 11, 25)}).empty());
    CHECK(found({.kind = Kind::since, .day = day(2026, 11, 25)}) == Uids{1, 2});
    CHECK(found({.kind = Kind::sent_on, .day = day(2026, 11, 23)}) ==
          Uids{1, 2});  // as written, though it is the 24th in UTC
    CHECK(found({.kind = Kind::sent_since, .day = day(2026, 11, 24)}).empty());
    CHECK(found({.kind = Kind::sent_before, .day = day(2026, 11, 24)}) == Uids{1, 2});
    CHECK(found({.kind = Kind::larger, .size = 4000}) == Uids{2});
    CHECK(found({.kind = Kind::smaller, .size = 4000}) == Uids{1});
    const auto metadata = house.await(inbox->metadata({2}, 31));
    CHECK(found({.kind = Kind::email_id, .value = metadata[0].email_id}) == Uids{2});
    CHECK(found({.kind = Kind::thread_id, .value = metadata[0].thread_id}) == Uids{2});
    CHECK(found({.kind = Kind::email_id, .value = "Enonsense"}).empty());
}

TEST_CASE("a client that was away is told which UIDs went, exactly, and once more only what went long ago")
{
    const auto url = test::populated_database();
    House house(url);
    auto alice = house.open("alice");
    const auto& made = house.await(alice->create("Work", imap::SpecialUse::none));
    REQUIRE(made);
    for (int i = 1; i <= 8; ++i)
        REQUIRE(house.append(*alice, "Work", test::mail(std::to_string(i) + "@x", "n"), i % 2 ? 0 : imap::deleted));
    auto work = house.select(*alice, "Work");
    const auto since = [&](imap::ModSeq modseq) { return house.await(work->expunged_since(modseq)); };
    using Ranges = std::vector<imap::UidRange>;
    const auto start = work->snapshot()->highest_modseq;
    CHECK(since(start) == Ranges{});
    CHECK(since(0) == Ranges{});

    REQUIRE(house.await(work->expunge(Uids{2, 4})));
    const auto after_expunge = work->snapshot()->highest_modseq;
    REQUIRE(house.await(work->move({3, 7}, "Archive")));
    const auto after_move = work->snapshot()->highest_modseq;
    imap::AppendMessage next;
    next.mail.append(test::mail("1@x", "another"));
    REQUIRE(house.await(work->replace(1, "Work", std::move(next))));
    house.await(work->refresh());
    CHECK(since(start) == Ranges{{1, 4}, {7, 7}});
    CHECK(since(after_expunge) == Ranges{{1, 1}, {3, 3}, {7, 7}});
    CHECK(since(after_move) == Ranges{{1, 1}});
    CHECK(since(work->snapshot()->highest_modseq) == Ranges{});
    CHECK(since(UINT64_MAX) == Ranges{});

    // What maintenance merges (limits::expunges_kept) names all of it to whoever was away for longer.
    house.database.run_blocking([](gateway::store::Session& session) {
        session.command("delete from expunge where modseq < (select max(modseq) from expunge)");
        return session.command("update expunge set uids = '{[1,5),[7,8)}'"), 0;
    });
    CHECK(since(after_move) == Ranges{{1, 4}, {7, 7}});
    CHECK(since(work->snapshot()->highest_modseq) == Ranges{});
}

TEST_CASE("who watches is woken by what happens in the mailboxes that they follow, and to names, wherever it is done")
{
    const auto url = test::populated_database();
    House here(url), there(url);
    auto alice = here.open("alice"), other = there.open("alice");
    REQUIRE(there.append(*other, "INBOX", test::mail("a@x", "one")));
    REQUIRE(here.run_until([&] { return !here.heard.empty(); }));  // it listens
    const auto archive = here.select(*alice, "Archive")->mailbox_id(), sent = here.select(*alice, "Sent")->mailbox_id();
    const auto watch = alice->watch(), idle = alice->watch();
    watch->follow({archive, sent, "M", "Mx", "none"});
    CHECK(watch->take().mailboxes.empty());

    REQUIRE(there.append(*other, "INBOX", test::mail("b@x", "two")));
    REQUIRE(there.append(*other, "Archive", test::mail("c@x", "three")));
    REQUIRE(there.append(*other, "Archive", test::mail("d@x", "four")));
    here.await(watch->wait());
    auto news = watch->take();
    CHECK(news.mailboxes == std::vector{archive});
    CHECK_FALSE(news.names);

    REQUIRE(there.await(other->create("Work", imap::SpecialUse::none)));
    REQUIRE(here.run_until([&] { return watch->take().names; }));
    CHECK(idle->take().names);
    CHECK(idle->take().mailboxes.empty());
    watch->follow({});
    REQUIRE(there.append(*other, "Archive", test::mail("e@x", "five")));
    REQUIRE(there.await(other->subscribe("Work", false)));
    here.await(watch->wait());
    CHECK(watch->take().mailboxes.empty());

    auto bob = here.open("bob");
    const auto bobs = bob->watch();
    REQUIRE(there.await(other->subscribe("Work", true)));
    here.await(watch->wait());
    CHECK_FALSE(bobs->take().names);
}
