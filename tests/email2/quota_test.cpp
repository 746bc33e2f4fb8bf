// quota_test: what fits, what a share is, and when one more message may be sent.
#include "email2/quota.h"

#include <doctest/doctest.h>

#include <limits>

using namespace email2;
using namespace std::chrono_literals;

TEST_CASE("a store is full at its limit, and without one never")
{
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    struct Row {
        Storage storage;
        std::uint64_t size;
        Room room;
    };

    for (const auto& [storage, size, room] : std::vector<Row>{{{0, 0}, most, Room::fits}, {{most, 0}, most, Room::fits},
             {{0, 100}, 100, Room::fits}, {{0, 100}, 101, Room::full}, {{99, 100}, 0, Room::fits},
             {{99, 100}, 1, Room::fits}, {{99, 100}, 2, Room::full}, {{100, 100}, 0, Room::full},
             {{200, 100}, 0, Room::full}, {{1, 100}, most, Room::full}}) {
        CAPTURE(storage.charged);
        CAPTURE(size);
        CHECK(room_for(storage, size) == room);
    }
}

TEST_CASE("a message's holders share its size")
{
    CHECK(share(1000, 1) == 1000);
    CHECK(share(1000, 4) == 250);
    CHECK(share(1000, 0) == 1000);
    CHECK(share(1000, 1'000'000) == 10);
}

TEST_CASE("a send quota counts the messages of a period, and begins anew after it")
{
    const Time start{1'800'000'000'000ms};
    const SendQuota quota{2, 1h};
    const auto first = send_at({}, quota, start);
    CHECK(first.allowed);
    CHECK(first.next.began == start);
    const auto second = send_at(first.next, quota, start + 1min);
    CHECK(second.allowed);
    CHECK(second.next.messages == 2);
    const auto third = send_at(second.next, quota, start + 59min);
    CHECK(!third.allowed);
    CHECK(third.next.messages == 2);
    CHECK(third.next.began == start);
    CHECK(send_at(third.next, quota, start + 1h).allowed);
    CHECK(send_at(third.next, quota, start + 1h).next.messages == 1);
    CHECK(send_at(third.next, quota, start - 1h).allowed);  // the clock was set back
    CHECK(send_at({start, 1'000'000}, {}, start).allowed);
}
