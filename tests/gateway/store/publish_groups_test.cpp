// Many mails in one transaction, one mail that is handed in twice, and commits whose outcome is lost.
#include "gateway/store/commits.h"
#include "gateway/store/invariants.h"
#include "gateway/store/publish.h"
#include "village.h"

#include <atomic>
#include <future>
#include <thread>

using namespace test;

TEST_CASE("one mail that cannot be stored does not keep the others of its group from it")
{
    Village v;
    std::vector<std::future<bool>> all;
    for (int i = 0; i < 20; ++i)
        all.push_back(std::async(std::launch::async, [&v, i] {
            auto m = v.letter("dora@legacy.test", "m" + std::to_string(i) + "@x", {to("alice@one.test")});
            if (i == 7) m.guid = "no guid";
            try {
                return v.writer.publish_blocking(std::move(m)).has_value();
            } catch (const std::exception&) {
                return false;
            }
        }));
    int stored = 0;
    for (auto& one : all) stored += one.get();
    CHECK(stored == 19);
    CHECK(v.number("select count(*) from ref") == 19);
}

TEST_CASE("an idempotency key gives the first result again, also at the same time")
{
    Village v;
    email2::Publication publication;
    publication.entries = {{.address = "bob@one.test"}};
    publication.content = text("Once", "Only once.");
    publication.idempotency_key = "key";
    const auto publish = [&] {
        store::Session session(v.url);
        return store::PostgresStore(session, v.writer, v.settings).publish("alice@one.test", publication)->id.str();
    };
    auto one = std::async(std::launch::async, publish), two = std::async(std::launch::async, publish);
    const auto first = one.get();
    CHECK(two.get() == first);
    CHECK(publish() == first);
    CHECK(v.number("select count(*) from message") == 1);
}

TEST_CASE("a commit whose outcome was lost is found out, not repeated")
{
    Village v;
    auto guid = email2::make_guid(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    const auto again = [&] {
        auto m = v.letter("dora@legacy.test", "", {to("alice@one.test")});
        m.guid = guid;
        return v.publish(std::move(m));
    };
    const auto first = again();
    CHECK(again().id == first.id);  // what the writer does after it lost the connection at the commit
    CHECK(v.number("select count(*) from ref") == 1);
}

TEST_CASE("answers to one message go together, unless one names another or may be the same")
{
    const auto job = [](const std::string& id, std::vector<std::string> parents, const std::string& key = "",
                         const std::string& from = "dora@legacy.test") {
        store::PublishJob out;
        out.message.message_id = id;
        out.message.parents = std::move(parents);
        out.message.idempotency_key = key;
        out.message.originator = from;
        return out;
    };
    store::Together group;
    CHECK(group.take(job("a@x", {"root@x"})));
    CHECK(group.take(job("b@x", {"root@x", "other@x"})));
    CHECK(group.take(job("", {"root@x"}, "key")));
    CHECK(group.take(job("", {"root@x"}, "key", "emil@legacy.test")));
    CHECK_FALSE(group.take(job("c@x", {"a@x"})));  // names one of them
    CHECK_FALSE(group.take(job("root@x", {})));    // is what they name
    CHECK_FALSE(group.take(job("a@x", {})));       // the same mail
    CHECK_FALSE(group.take(job("", {}, "key")));   // the same request
    CHECK(group.take(job("d@x", {"e@x"})));
    CHECK_FALSE(group.take(job("e@x", {})));
}

TEST_CASE("many answers in one transaction leave what they leave one after the other")
{
    const auto scene = [](bool together) {
        Village v;
        const auto root = v.arrive("root@x", {to("alice@one.test"), to("bob@one.test")});
        std::vector<store::PublishJob> jobs;
        const auto answer = [&](const std::string& from, const std::string& id, std::vector<store::Recipient> to,
                                std::vector<std::string> parents) {
            auto& job = jobs.emplace_back();
            job.message = v.letter(from, id, std::move(to), std::move(parents));
            if (from != "dora@legacy.test") job.message.inherit = true;
            store::prepare(job);
        };
        answer("alice@one.test", "a@one", {to("bob@one.test"), to("dora@legacy.test")}, {"root@x"});
        answer("bob@one.test", "b@one", {to("alice@one.test"), to("dora@legacy.test"), to("carol@one.test")},
            {"root@x"});  // brings carol in
        answer("alice@one.test", "c@one",
            {to("bob@one.test"), to("dora@legacy.test"), to("carol@one.test"), to("emil@legacy.test")},
            {"root@x"});  // so does this, and emil
        answer("bob@one.test", "d@one", {to("alice@one.test"), to("dora@legacy.test"), named("carol@one.test")},
            {"root@x"});  // carol has hers by other means
        answer("dora@legacy.test", "e@x", {to("alice@one.test"), to("bob@one.test")}, {"missing@x", "root@x"});
        answer("dora@legacy.test", "f@x", {to("alice@one.test"), to("bob@one.test")},
            {"missing@x"});  // a parent that nobody has, twice
        store::Ids ids;
        std::vector<store::PublishJob*> all;
        for (auto& job : jobs) all.push_back(&job);
        const auto before = store::commits_here();
        if (together) store::publish_group(v.session, v.writing, ids, all);
        else
            for (auto* job : all) store::publish_group(v.session, v.writing, ids, {job});
        CHECK(store::commits_here() - before == (together ? 1 : all.size()));
        for (const auto& broken : store::broken_invariants(v.session))
            FAIL_CHECK(broken.invariant << ": " << broken.examples.front());
        std::string out;
        for (const auto& job : jobs) {
            const auto id = (**job.result).id;
            out += job.message.message_id + ":";
            for (const auto* who : {"alice", "bob", "carol"}) out += std::string(" ") + who + "=" + v.folders(who, id);
            out +=
                " out=" +
                v.words(
                    "select p.address || d.state from delivery d join person p on p.id = d.person_id where d.message_id = " +
                    std::to_string(id) + " order by 1") +
                "\n";
        }
        out +=
            v.words(
                "select p.address || '=' || e.role || e.membership from entry e join person p on p.id = e.person_id where e.list_id = " +
                std::to_string(root.id) + " order by 1") +
            "\n";
        out += "root: " + v.folders("carol", root.id) + v.words("select count(distinct thread_id) from message") +
               v.words("select count(*) from missing") + "\n";
        return out;
    };
    const auto one_by_one = scene(false);
    CHECK(scene(true) == one_by_one);
    CHECK_MESSAGE(one_by_one.find("carol@one.test=00") != std::string::npos, one_by_one);
}

TEST_CASE("the answers of a hot thread share transactions")
{
    constexpr int threads = 16, each = 10;
    Village v;
    const auto root = v.native("alice@one.test", {"bob@one.test", "carol@one.test"}, text("Hot", "1"));
    const auto before = store::commits_here();
    std::vector<std::jthread> people;
    std::atomic<int> stored{0};
    for (int i = 0; i < threads; ++i)
        people.emplace_back([&, i] {
            for (int n = 0; n < each; ++n)
                stored += v.writer
                              .publish_blocking(v.letter("bob@one.test", std::to_string(i * each + n) + "@one",
                                  {to("alice@one.test"), to("carol@one.test")}, {root.id.str()}))
                              .has_value();
        });
    people.clear();
    CHECK(stored == threads * each);
    const auto commits = store::commits_here() - before;
    CHECK(commits < threads * each);
    CHECK(v.number("select count(*) from message where thread_id = " + std::to_string(v.id_of(root.id))) ==
          threads * each + 1);
    for (const auto& broken : store::broken_invariants(v.session))
        FAIL_CHECK(broken.invariant << ": " << broken.examples.front());
    MESSAGE((threads * each) << " answers in " << commits << " transactions");
}

TEST_CASE("how fast a hot thread takes answers, in groups and one by one" * doctest::skip())
{
    constexpr int threads = 20, each = 50;
    for (const std::size_t group : {1, 50, 1, 50}) {
        Village v;
        auto settings = v.writing;
        settings.group = group;
        store::Writer writer(v.database, settings);
        const auto root = v.native("alice@one.test", {"bob@one.test", "carol@one.test"}, text("Hot", "1"));
        const auto began = std::chrono::steady_clock::now();
        std::vector<std::jthread> people;
        for (int i = 0; i < threads; ++i)
            people.emplace_back([&, i] {
                for (int n = 0; n < each; ++n)
                    (void)writer.publish_blocking(v.letter("bob@one.test", std::to_string(i * each + n) + "@one",
                        {to("alice@one.test"), to("carol@one.test")}, {root.id.str()}));
            });
        people.clear();
        const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        MESSAGE("groups of " << group << ": " << static_cast<int>(threads * each / seconds) << " answers/s");
    }
}
