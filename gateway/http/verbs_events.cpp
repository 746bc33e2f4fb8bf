// verbs_events: subscribe: the events from a number on, as they happen: by WebSocket, or by waiting.
//
// What was before is read from the store, what comes is told by Following. Following begins first, so that nothing
// falls between.
#include "email2/xml.h"
#include "gateway/http/limits.h"
#include "gateway/http/verbs.h"
#include "gateway/http/websocket.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace gateway::http::verbs {
namespace {

namespace asio = boost::asio;
using email2::Events;
using email2::Result;
using Clock = std::chrono::steady_clock;

constexpr auto any_number = std::numeric_limits<std::int64_t>::max();  // what a database counts to
constexpr std::chrono::hours no_end(24);

// RFC 6455 7.4.1.
constexpr unsigned going_away = 1001, unexpected_condition = 1011;

asio::awaitable<Result<Events>> stored(Call& call, std::uint64_t after, std::uint32_t limit)
{
    auto work = [actor = call.account, after, limit](
                    email2::Store& store) { return store.events(actor, after, limit); };
    co_return co_await call.services.run(std::move(work));
}

// Waits until there is something for this account, or `end`; then answers what there is.
asio::awaitable<Response> wait_for_events(Call& call, std::uint64_t from, std::uint32_t limit, Clock::time_point end)
{
    const auto following = co_await call.services.follow(call.account);
    bool in_store = true;
    Events found{{}, from};
    while (true) {
        if (in_store) {
            auto before = co_await stored(call, from, limit);
            if (!before) co_return error_response(before.error());
            found = *std::move(before);
            found.last = std::max(from, found.last);  // a client never goes back
            in_store = found.last > from;             // a long way behind, there may be some beyond others' events
            from = found.last;
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        if (!found.events.empty() || left.count() <= 0 || call.exchange.draining())
            co_return document_response(200, email2::write(found));
        if (in_store) continue;
        const auto news = co_await following->next(left);
        in_store = news.missed;
        if (news.over) end = Clock::now();
        for (const auto& heard : news.heard) {
            if (heard.event->sequence <= from || found.events.size() == limit) continue;
            found.events.push_back(*heard.event);
            found.last = heard.event->sequence;
        }
    }
}

// One subscriber that has upgraded.
class Subscriber {
public:
    Subscriber(Call& call, std::shared_ptr<WebSocket> socket, std::shared_ptr<Following> following, std::uint64_t from)
        : call_(call), socket_(std::move(socket)), following_(std::move(following)), from_(from)
    {
    }

    // Until the client goes, or the process stops.
    asio::awaitable<void> run(Events first)
    {
        asio::steady_timer deaf(call_.exchange.executor(), asio::steady_timer::time_point::max());
        bool listening = true;
        auto listen = [socket = socket_, following = following_]() -> asio::awaitable<void> {
            co_await socket->listen();
            following->end();
        };
        asio::co_spawn(deaf.get_executor(), std::move(listen), [&](std::exception_ptr) {
            listening = false;
            deaf.cancel();
        });
        unsigned why = going_away;
        try {
            co_await tell(std::move(first));
        } catch (const PeerGone&) {  // its connection is over
            why = 0;
        } catch (const std::exception&) {  // the database is away: it may come back where it was
            why = unexpected_condition;
        }
        if (why != 0)
            co_await socket_->close(why, why == going_away ? "the server stops, or you do" : "the store is away");
        socket_->abort();
        boost::system::error_code ignored;
        while (listening) co_await deaf.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

private:
    asio::awaitable<void> tell(Events found)
    {
        while (true) {
            // What is in the store, to its end.
            while (true) {
                for (const auto& event : found.events) co_await socket_->send(email2::write(event));
                const bool end = found.last <= from_;
                from_ = std::max(from_, found.last);
                if (end) break;
                auto next = co_await stored(call_, from_, limits::page);
                if (!next) throw std::runtime_error(next.error().text);
                found = *std::move(next);
            }
            // What comes, until it is too much at once.
            for (bool missed = false; !missed;) {
                const auto news = co_await following_->next(no_end);
                if (news.over) co_return;
                for (const auto& heard : news.heard) {
                    if (heard.event->sequence <= from_) continue;
                    co_await socket_->send(*heard.xml);
                    from_ = heard.event->sequence;
                }
                missed = news.missed;
            }
            auto next = co_await stored(call_, from_, limits::page);
            if (!next) throw std::runtime_error(next.error().text);
            found = *std::move(next);
        }
    }

    Call& call_;
    std::shared_ptr<WebSocket> socket_;
    std::shared_ptr<Following> following_;
    std::uint64_t from_;
};

bool asks_for_websocket(const Request& request)
{
    return has_word(request.find("upgrade").value_or(""), "websocket") &&
           has_word(request.find("connection").value_or(""), "upgrade");
}

}  // namespace

asio::awaitable<Response> events(Call& call)
{
    const auto after = query_number(call.request, "after", 0, any_number);
    if (!after) co_return error_response(after.error());
    if (asks_for_websocket(call.request)) {
        auto following = co_await call.services.follow(call.account);
        // Asked first, so that a refusal (gone) is an answer like any other.
        auto first = co_await stored(call, *after, limits::page);
        if (!first) co_return error_response(first.error());
        auto socket = co_await call.exchange.websocket();
        Subscriber subscriber(call, std::move(socket), std::move(following), *after);
        co_await subscriber.run(*std::move(first));
        co_return Response{101, {}, {}, 0, {}};
    }
    const auto limit = query_number(call.request, "limit", limits::page, limits::page);
    if (!limit) co_return error_response(limit.error());
    constexpr auto longest = static_cast<std::uint64_t>(limits::events_wait.count());
    const auto wait = query_number(call.request, "wait", longest, longest);
    if (!wait) co_return error_response(wait.error());
    co_return co_await wait_for_events(call, *after, std::max<std::uint32_t>(1, static_cast<std::uint32_t>(*limit)),
        Clock::now() + std::chrono::seconds(*wait));
}

}  // namespace gateway::http::verbs
