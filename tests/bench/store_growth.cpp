// store_growth: what the store's big steps cost as the store grows: 10,000, 100,000 and 1,000,000 messages.
//
// store_growth [MOST]    MOST: the largest size, by default 1000000
// Makes a store of its own (embedded PostgreSQL, durability as shipped) in a temporary folder with 10,000 users, fills
// it by the writer, and measures at each size: the medians in milliseconds of the verbs as any front-end calls them, no
// protocol before them.
#include "gateway/embedded/postgres.h"
#include "gateway/store/mailbox_accounts.h"
#include "gateway/store/mailbox_contents.h"
#include "gateway/store/mailbox_renditions.h"
#include "gateway/store/session.h"
#include "gateway/store/store.h"
#include "gateway/store/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace store = gateway::store;
using Clock = std::chrono::steady_clock;

constexpr int users = 10'000;
constexpr int thread_length = 10'000;
constexpr int repeats = 5;
constexpr int writers = 32;

std::string user(int number)
{
    return fmt::format("u{}@one.test", number);
}

// Of the last people, so that a statement that reads all who came before them shows.
const std::string leaver = user(users - 1), reader = user(users);

// About 4 KB that compress as letters do.
std::string words(std::mt19937& random)
{
    static constexpr const char* vocabulary[] = {"meeting", "tomorrow", "the", "a", "report", "of", "quarter", "we",
        "should", "and", "deliver", "before", "noon", "please", "find", "attached", "figures", "regards", "to", "in",
        "contract", "river", "seventeen"};
    std::string text;
    while (text.size() < 4000) {
        text += vocabulary[random() % std::size(vocabulary)];
        text += fmt::format(
            "{}{}", random() % 4 == 0 ? fmt::format(" {:x}", random()) : "", random() % 12 == 0 ? "\r\n" : " ");
    }
    return text;
}

store::NewMessage letter(std::mt19937& random, const std::string& from, const std::vector<std::string>& to,
    const std::vector<std::string>& parents = {})
{
    store::NewMessage message;
    message.originator = from;
    message.proof = email2::Proof::account;
    message.submitted = true;
    message.message_id = fmt::format("{:x}.{:x}.{:x}@bench.test", random(), random(), random());
    message.parents = parents;
    if (!parents.empty()) message.inherit = true;
    for (const auto& address : to) message.recipients.push_back({.address = address});
    message.bytes.append("From: " + from + "\r\nSubject: about " + message.message_id + "\r\nMessage-ID: <" +
                         message.message_id + ">\r\n\r\n" + words(random));
    return message;
}

class Bench {
public:
    explicit Bench(const std::string& url)
        : database_(url, 4)
        , writer_(database_, {.domains = {"one.test"}, .undo = std::chrono::seconds(0)})
        , session_(url)
        , settings_{.domains = {"one.test"}, .home = "one.test"}
        , verbs_(session_, writer_, settings_)
    {
    }

    void people()
    {
        for (int n = 1; n <= users; ++n) store::create_account(session_, user(n), "verifier");
        std::vector<std::string> everybody;
        for (int n = 2; n <= users; ++n) everybody.push_back(user(n));
        list_ = publish(letter(random_, user(1), everybody)).name.str();
        root_ = publish(letter(random_, user(1), {leaver, reader})).name;
        fill(thread_length,
            [this](std::mt19937& random) { return letter(random, user(1), {leaver, reader}, {root_.str()}); });
    }

    // Messages between few people, until there are so many in all.
    void grow(std::int64_t size)
    {
        const auto there = session_.query("select count(*) from message").integer(0, 0);
        fill(static_cast<int>(size - there), [](std::mt19937& random) {
            const auto anybody = [&] { return user(100 + static_cast<int>(random() % (users - 100))); };
            std::vector<std::string> to{anybody()};
            while (random() % 2 == 0 && to.size() < 3) to.push_back(anybody());
            return letter(random, anybody(), to);
        });
        session_.command("vacuum analyze");
        session_.command("checkpoint");
    }

    void measure(std::int64_t size)
    {
        report(size, "post_to_10000", [this] { publish(letter(random_, user(1), {}, {list_})); });
        report(
            size, "leave_thread_of_10000", [&] { must(verbs_.leave(leaver, root_, true)); },
            [&] { must(verbs_.rejoin(leaver, root_, true)); });
        report(
            size, "rejoin_thread_of_10000", [&] { must(verbs_.rejoin(leaver, root_, true)); }, [] {},
            [&] { must(verbs_.leave(leaver, root_, true)); });
        report(size, "add_to_thread_of_10000", [&] {
            must(verbs_.change_list(user(1), root_, {.add = {{user(++added_), "", email2::Role::to}}, .remove = {}}));
        });
        report(size, "publish_to_2", [this] { publish(letter(random_, user(50), {user(51), user(52)})); });
        report(size, "answer_to_3", [this] { publish(letter(random_, user(1), {leaver, reader}, {root_.str()})); });
        report(size, "publish_1000_by_32", [this] {
            fill(1000, [](std::mt19937& random) { return letter(random, user(50), {user(51), user(52)}); });
        });
        const auto account = store::find_account(session_, reader);
        std::vector<std::int64_t> renditions;
        report(size, "open_mailbox_of_10000",
            [&] { renditions = store::load_contents(session_, account->id, account->inbox).renditions; });
        renditions.resize(std::min<std::size_t>(renditions.size(), thread_length));
        report(size, "metadata_of_10000",
            [&] { must(store::metadata_of(session_, renditions).size() == renditions.size()); });
        report(
            size, "bodies_of_10000", [&] { must(store::bytes_of(session_, renditions).size() == renditions.size()); });
    }

private:
    static void must(bool fine)
    {
        if (!fine) throw std::runtime_error("a verb did not do what is measured");
    }
    template <class T>
    static void must(const email2::Result<T>& result)
    {
        if (!result) throw std::runtime_error(result.error().text);
    }

    store::Published publish(store::NewMessage message)
    {
        auto published = writer_.publish_blocking(std::move(message));
        must(published);
        return *published;
    }

    void fill(int count, const std::function<store::NewMessage(std::mt19937&)>& make)
    {
        std::vector<std::thread> threads;
        for (int n = 0; n < writers; ++n)
            threads.emplace_back([&, seed = random_(), share = count / writers + (n < count % writers ? 1 : 0)] {
                std::mt19937 random(seed);
                for (int i = 0; i < share; ++i) publish(make(random));
            });
        for (auto& thread : threads) thread.join();
    }

    void report(
        std::int64_t size, const char* what, const std::function<void()>& work,
        const std::function<void()>& undo = [] {}, const std::function<void()>& prepare = [] {})
    {
        std::vector<double> took;
        for (int i = 0; i < repeats; ++i) {
            prepare();
            const auto begin = Clock::now();
            work();
            took.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
            undo();
        }
        std::sort(took.begin(), took.end());
        fmt::print("{{\"messages\":{},\"figure\":\"{}\",\"ms\":{:.2f},\"least\":{:.2f},\"most\":{:.2f}}}\n", size, what,
            took[repeats / 2], took.front(), took.back());
        std::fflush(stdout);
    }

    store::Database database_;
    store::Writer writer_;
    store::Session session_;
    store::StoreSettings settings_;
    store::PostgresStore verbs_;
    std::mt19937 random_{2026};
    std::string list_;
    email2::Name root_;
    int added_ = 1000;
};

void run(const std::filesystem::path& folder, std::int64_t most)
{
    gateway::EmbeddedPostgres postgres(folder);
    postgres.start();
    store::Database::migrate(postgres.url());
    Bench bench(postgres.url());
    bench.people();
    for (std::int64_t size = 10'000; size <= most; size *= 10) {
        const auto begin = Clock::now();
        bench.grow(size);
        fmt::print(stderr, "{} messages after {} s\n", size,
            std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin).count());
        bench.measure(size);
    }
}

}  // namespace

int main(int argc, char** argv)
{
    std::string folder = std::filesystem::temp_directory_path() / "e2-growth-XXXXXX";
    if (!::mkdtemp(folder.data())) return 1;
    int status = 0;
    try {
        run(folder, argc > 1 ? std::atoll(argv[1]) : 1'000'000);
    } catch (const std::exception& error) {
        fmt::print(stderr, "store_growth: {}\n", error.what());
        status = 1;
    }
    std::filesystem::remove_all(folder);
    return status;
}
