// database_fixture: starts EmbeddedPostgres in a temporary folder.
#include "database_fixture.h"

#include "gateway/embedded/postgres.h"

#include <atomic>
#include <filesystem>
#include <libpq-fe.h>
#include <unistd.h>

namespace {

struct Server {
    Server()
    {
        std::string name = std::filesystem::temp_directory_path() / "e2-database-XXXXXX";
        folder = ::mkdtemp(name.data());
        postgres = std::make_unique<gateway::EmbeddedPostgres>(folder, gateway::EmbeddedPostgres::Size::test);
        postgres->start();
    }

    ~Server()
    {
        postgres.reset();
        std::filesystem::remove_all(folder);
    }

    std::filesystem::path folder;
    std::unique_ptr<gateway::EmbeddedPostgres> postgres;
};

Server& server()
{
    static Server only;
    return only;
}

}  // namespace

std::string test_database_url()
{
    return server().postgres->url();
}

std::string fresh_database_url()
{
    static std::atomic<int> count{0};
    const auto name = "fresh_" + std::to_string(++count);
    auto url = test_database_url();
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), PQfinish);
    std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexec(connection.get(), ("create database " + name).c_str()), PQclear);
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
    return url + " dbname=" + name;  // the later keyword counts
}
