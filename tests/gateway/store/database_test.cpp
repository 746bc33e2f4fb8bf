#include "../database_fixture.h"
#include "gateway/store/database.h"
#include "gateway/store/session.h"

#include <doctest/doctest.h>

using namespace gateway;

TEST_CASE("a connection that the server closed while nothing was asked is made anew, and nobody notices")
{
    const auto url = fresh_database_url();
    store::Database database(url, 1);
    const auto pid = [&] {
        return database.run_blocking(
            [](store::Session& session) { return session.query("select pg_backend_pid()::int8").integer(0, 0); });
    };
    const auto before = pid();
    store::Session other(url);
    other.query("select pg_terminate_backend($1::int)", static_cast<std::int32_t>(before));
    const auto gone = [&] {
        return other.query("select from pg_stat_activity where pid = $1::int", static_cast<std::int32_t>(before))
            .empty();
    };
    for (int i = 0; i < 1000 && !gone(); ++i) other.query("select pg_sleep(0.01)");
    REQUIRE(gone());
    CHECK(pid() != before);
}
