// postgres_test: the private database is started, survives, and goes.
#include "../database_fixture.h"
#include "gateway/embedded/postgres.h"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <libpq-fe.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;
using gateway::EmbeddedPostgres;
namespace fs = std::filesystem;

namespace {

struct Folder {
    explicit Folder(const std::string& below = "")
    {
        std::string name = fs::temp_directory_path() / "e2-embedded-XXXXXX";
        top = ::mkdtemp(name.data());
        path = top / below;
        fs::create_directories(path);
    }

    ~Folder() { fs::remove_all(top); }

    fs::path top, path;
};

// The single value that `sql` gives; "" when the database does not answer.
std::string ask(const std::string& url, const std::string& sql)
{
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), PQfinish);
    std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), PQclear);
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

// Until it answers again.
std::chrono::milliseconds wait_for_answer(const std::string& url, std::chrono::seconds patience)
{
    const auto start = std::chrono::steady_clock::now();
    while (ask(url, "select 1") != "1" && std::chrono::steady_clock::now() - start < patience)
        std::this_thread::sleep_for(20ms);
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

TEST_SUITE("embedded: postgres")
{
    TEST_CASE("the fixture gives one database, and fresh ones that are empty")
    {
        CHECK(test_database_url() == test_database_url());
        CHECK(ask(test_database_url(), "select current_database()") == "email2");
        const auto fresh = fresh_database_url();
        CHECK(fresh != fresh_database_url());
        CHECK(ask(fresh, "select current_database()").starts_with("fresh_"));
    }

    TEST_CASE("it is durable, listens on its socket only, and does not run as root")
    {
        Folder folder;
        EmbeddedPostgres postgres(folder.path);
        postgres.start();
        const auto url = postgres.url();
        CHECK(ask(url, "show fsync") == "on");
        CHECK(ask(url, "show synchronous_commit") == "on");
        CHECK(ask(url, "show full_page_writes") == "on");
        CHECK(ask(url, "show listen_addresses").empty());
        CHECK(ask(url, "show server_encoding") == "UTF8");
        const auto owner = [&] {
            struct stat facts{};
            ::stat(("/proc/" + std::to_string(postgres.process())).c_str(), &facts);
            return facts.st_uid;
        };
        CHECK(owner() != 0);
    }

    TEST_CASE("what was committed is there after a stop and a start")
    {
        Folder folder;
        EmbeddedPostgres postgres(folder.path, EmbeddedPostgres::Size::test);
        postgres.start();
        ask(postgres.url(), "create table kept as select 42 as it");
        postgres.stop();
        postgres.stop();
        CHECK(postgres.process() == 0);
        CHECK(ask(postgres.url(), "select 1").empty());
        postgres.start();
        CHECK(ask(postgres.url(), "select it from kept") == "42");
    }

    TEST_CASE("a killed server is back within seconds, with everything committed")
    {
        Folder folder;
        EmbeddedPostgres postgres(folder.path, EmbeddedPostgres::Size::test);
        postgres.start();
        ask(postgres.url(), "create table kept as select 42 as it");
        for (int round = 0; round < 3; ++round) {
            const auto before = postgres.process();
            REQUIRE(before > 0);
            ::kill(before, SIGKILL);
            std::this_thread::sleep_for(20ms);
            const auto took = wait_for_answer(postgres.url(), 60s);
            MESSAGE("back after " << took.count() << " ms");
            CHECK(took < 30s);  // a quarter of a second where the disk has nothing else to do
            CHECK(ask(postgres.url(), "select it from kept") == "42");
            CHECK(postgres.process() != before);
        }
    }

    TEST_CASE("a killed owner's server is stopped or gone, and the next one starts")
    {
        Folder folder;
        const auto owner = ::fork();
        if (owner == 0) {
            EmbeddedPostgres postgres(folder.path, EmbeddedPostgres::Size::test);
            postgres.start();
            ask(postgres.url(), "create table kept as select 42 as it");
            std::ofstream(folder.path / "up") << "up";
            ::pause();
            ::_exit(0);
        }
        while (!fs::exists(folder.path / "up")) std::this_thread::sleep_for(20ms);
        ::kill(owner, SIGKILL);
        ::waitpid(owner, nullptr, 0);
        EmbeddedPostgres postgres(folder.path, EmbeddedPostgres::Size::test);
        postgres.start();
        CHECK(ask(postgres.url(), "select it from kept") == "42");
    }

    TEST_CASE("a pid file whose number now is somebody else's does not keep it from starting")
    {
        Folder folder;
        EmbeddedPostgres postgres(folder.path, EmbeddedPostgres::Size::test);
        postgres.start();
        std::ifstream file(folder.path / "postgres/postmaster.pid");
        std::string remains((std::istreambuf_iterator<char>(file)), {});
        postgres.stop();
        const auto sleeper = ::fork();
        if (sleeper == 0) {
            ::execl("/bin/sleep", "sleep", "60", nullptr);
            ::_exit(127);
        }
        remains.replace(0, remains.find('\n'), std::to_string(sleeper));
        std::ofstream(folder.path / "postgres/postmaster.pid") << remains;
        CHECK_NOTHROW(postgres.start());
        CHECK(ask(postgres.url(), "select 1") == "1");
        ::kill(sleeper, SIGKILL);
        ::waitpid(sleeper, nullptr, 0);
    }

    TEST_CASE("a second user of the same directory joins the first")
    {
        Folder folder;
        EmbeddedPostgres first(folder.path, EmbeddedPostgres::Size::test);
        first.start();
        EmbeddedPostgres second(folder.path, EmbeddedPostgres::Size::test);
        second.start_or_join();
        CHECK(second.process() == 0);
        CHECK(ask(second.url(), "select 1") == "1");
        second.stop();
        CHECK(ask(first.url(), "select 1") == "1");
    }

    TEST_CASE("a directory nobody else may enter, with a name too long for a socket, will do")
    {
        Folder folder("below/" + std::string(120, 'x'));
        fs::permissions(folder.top, fs::perms::owner_all);
        EmbeddedPostgres postgres(folder.path, EmbeddedPostgres::Size::test);
        postgres.start();
        CHECK(ask(postgres.url(), "select 1") == "1");
    }

    TEST_CASE("an interrupted first start is begun again")
    {
        Folder folder;
        fs::create_directories(folder.path / "postgres.new/base");
        std::ofstream(folder.path / "postgres.new/PG_VERSION") << "15\n";
        EmbeddedPostgres postgres(folder.path, EmbeddedPostgres::Size::test);
        postgres.start();
        CHECK(ask(postgres.url(), "select 1") == "1");
    }
}
