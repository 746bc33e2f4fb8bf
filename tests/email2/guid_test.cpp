// guid_test: names for new messages.
#include "email2/guid.h"

#include <doctest/doctest.h>

#include <set>
#include <thread>

using namespace email2;

namespace {

Time at(std::int64_t milliseconds)
{
    return Time{std::chrono::milliseconds{milliseconds}};
}

}  // namespace

TEST_CASE("a guid is a UUIDv7 that begins with its time")
{
    const auto guid = make_guid(at(0x7f92f0c1abcd));
    CHECK(guid.substr(0, 13) == "7f92f0c1-abcd");
    CHECK(guid[14] == '7');
    CHECK(std::string_view("89ab").find(guid[19]) != std::string_view::npos);
    CHECK(is_guid(guid));
}

TEST_CASE("guids of one process ascend, also when the clock goes back")
{
    auto last = make_guid(at(0x7f92f0c1abce));
    for (int i = 0; i < 10'000; ++i) {
        auto next = make_guid(at(0x7f92f0c1abce - i % 3));
        REQUIRE(last < next);
        last = std::move(next);
    }
}

TEST_CASE("threads never get the same guid")
{
    std::vector<std::vector<std::string>> made(4);
    std::vector<std::thread> threads;
    for (auto& mine : made)
        threads.emplace_back([&mine] {
            for (int i = 0; i < 2'000; ++i) mine.push_back(make_guid(at(1000)));
        });
    for (auto& thread : threads) thread.join();
    std::set<std::string> all;
    for (const auto& mine : made) all.insert(mine.begin(), mine.end());
    CHECK(all.size() == 8'000);
}

TEST_CASE("a name is a UUID at a domain, in any case")
{
    const auto name = parse_name("0192F0C1-0000-7000-8000-00000000000A@One.TEST");
    REQUIRE(name);
    CHECK(name->str() == "0192f0c1-0000-7000-8000-00000000000a@one.test");
    CHECK(parse_name("0192f0c1-0000-7000-8000-00000000000a@b\xC3\xBC"
                     "cher.test")
              ->server == "xn--bcher-kva.test");
}

TEST_CASE("what is no UUID at a domain is no name")
{
    for (const auto* text :
        {"", "@", "alice@one.test", "0192f0c1-0000-7000-8000-00000000000a", "0192f0c1-0000-7000-8000-00000000000a@",
            "0192f0c1-0000-7000-8000-00000000000g@one.test", "0192f0c1x0000-7000-8000-00000000000a@one.test",
            "0192f0c1-0000-7000-8000-00000000000a+leave@one.test", "0192f0c1-0000-7000-8000-00000000000a@a b",
            "0192f0c1-0000-7000-8000-00000000000a@one@test", "0192f0c1-0000-7000-8000-00000000000a@one..test"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_name(text));
    }
}
