// followers_test: many who follow the events, one question for all, and slow readers.
#include "gateway/followers.h"
#include "gateway/http/limits.h"
#include "gateway/store/listener.h"
#include "tests/gateway/store/village.h"

#include <doctest/doctest.h>

using namespace test;
namespace http = gateway::http;

namespace {

struct Place {
    Place() : followers(io.get_executor(), v.database), listener(io.get_executor(), v.url)
    {
        listener.subscribe([this](const store::News& news) { followers.hear(news); });
    }

    std::shared_ptr<http::Following> follow(const std::string& name)
    {
        return Post::wait(io, followers.follow(v.person(name + "@one.test")));
    }

    http::Following::News next(
        http::Following& following, std::chrono::milliseconds patience = std::chrono::seconds(20))
    {
        return Post::wait(io, following.next(patience));
    }

    Village v;
    asio::io_context io;
    gateway::Followers followers;
    store::Listener listener;
};

}  // namespace

TEST_CASE("followers hear what concerns them, and nothing that was before they followed")
{
    Place p;
    p.v.native("alice@one.test", {"bob@one.test"}, text("Before", "x"));
    const auto alice = p.follow("alice"), bob = p.follow("bob"), again = p.follow("bob"), carol = p.follow("carol");
    CHECK(p.followers.size() == 4);
    const auto m = p.v.native("alice@one.test", {"bob@one.test"}, text("After", "x"));
    for (const auto& following : {alice, bob, again}) {
        const auto news = p.next(*following);
        REQUIRE(news.heard.size() == 1);
        CHECK(news.heard[0].event->message == m.id);
        CHECK(news.heard[0].xml->find(m.id.str()) != std::string::npos);
        CHECK_FALSE(news.missed);
    }
    CHECK(p.next(*carol, std::chrono::milliseconds(100)).heard.empty());
}

TEST_CASE("who comes while events are being read misses none of them")
{
    Place p;
    p.v.native("alice@one.test", {"bob@one.test"}, text("Plan", "x"));
    const auto alice = p.follow("alice");
    CHECK(p.next(*alice, std::chrono::milliseconds(300)).heard.empty());
    store::Session other(p.v.url);
    other.command("begin; lock table event in access exclusive mode");
    p.followers.hear({.events = true});
    CHECK(p.next(*alice, std::chrono::milliseconds(300)).heard.empty());  // the question waits for the lock
    const auto bob = p.follow("bob");
    other.command(
        "insert into event(seq, message_id, actor, kind) select nextval('event_sequence'), (select id from message), 0, 1; commit");
    CHECK(p.next(*bob, std::chrono::seconds(5)).heard.size() == 1);
    CHECK(p.next(*alice, std::chrono::seconds(5)).heard.size() == 1);
}

TEST_CASE("what was written is shared by all who hear it")
{
    Place p;
    const auto bob = p.follow("bob"), carol = p.follow("carol");
    p.v.native("alice@one.test", {"bob@one.test", "carol@one.test"}, text("To all", "x"));
    CHECK(p.next(*bob).heard.at(0).xml == p.next(*carol).heard.at(0).xml);
}

TEST_CASE("a slow reader's queue is bounded: it is told that it missed some, and then goes on")
{
    Place p;
    const auto m = p.v.native("alice@one.test", {"bob@one.test"}, text("Much", "x"));
    const auto bob = p.follow("bob"), carol = p.follow("carol");
    const auto many = std::to_string(http::limits::followed + 200);
    p.v.session.query(
        "insert into event(seq, message_id, actor, kind) select nextval('event_sequence'), (select id from message), 0, 1 from generate_series(1, " +
        many + ")");
    p.v.session.query("select pg_notify('email2', 'e')");
    while (p.followers.size() == 2) {  // until all has been told: then the next one is heard alone
        const auto news = p.next(*bob);
        if (news.missed) break;
        CHECK(news.heard.size() <= http::limits::followed);
        if (p.v.number("select max(seq) from event") == static_cast<std::int64_t>(news.heard.back().event->sequence))
            break;  // it was quick
    }
    REQUIRE(p.v.verbs.edit("alice@one.test", m.id, 1, text("Much", "y")));
    bool heard = false;
    while (!heard) {
        const auto news = p.next(*bob);
        REQUIRE((news.missed || !news.heard.empty()));
        heard = news.missed || news.heard.back().event->kind == email2::EventKind::edited;
    }
}

TEST_CASE("following ends when it is told to, and for all when the process stops; who leaves is forgotten")
{
    Place p;
    auto bob = p.follow("bob");
    const auto carol = p.follow("carol");
    bob->end();
    CHECK(p.next(*bob).over);
    bob.reset();
    CHECK(p.followers.size() == 1);
    p.followers.stop();
    CHECK(p.next(*carol).over);
}
