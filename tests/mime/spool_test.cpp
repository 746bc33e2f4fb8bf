// spool_test: mail while it comes in.
#include "mime/spool.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <system_error>

using namespace mime;

TEST_CASE("a spool gives back what was appended, in memory or from its file")
{
    for (const std::size_t limit : {0UL, 1UL, 10UL, 1000UL, 1000000UL}) {
        CAPTURE(limit);
        Spool spool(limit);
        CHECK(spool.bytes().empty());
        std::string all;
        for (int i = 0; i < 500; ++i) {
            const std::string line = "line " + std::to_string(i) + "\r\n";
            spool.append(line);
            all += line;
            CHECK(spool.size() == all.size());
        }
        CHECK(spool.bytes() == all);
        spool.append("more");
        CHECK(spool.bytes() == all + "more");
        CHECK(spool.bytes() == all + "more");
        Spool moved(std::move(spool));
        CHECK(moved.bytes() == all + "more");
        Spool assigned(5);
        assigned.append("something else altogether");
        assigned = std::move(moved);
        CHECK(assigned.size() == all.size() + 4);
        CHECK(assigned.bytes() == all + "more");
    }
}

TEST_CASE("a spool without a place to write to says so")
{
    const char* before = std::getenv("TMPDIR");
    const std::string kept = before ? before : "";
    ::setenv("TMPDIR", "/nowhere/at/all", 1);
    Spool spool(4);
    spool.append("1234");
    CHECK_THROWS_AS(spool.append("5"), std::system_error);
    before ? ::setenv("TMPDIR", kept.c_str(), 1) : ::unsetenv("TMPDIR");
}
