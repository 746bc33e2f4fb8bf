// runner: the loop of egress: claims what is due, keeps connections to next hops, settles what
// became of it.
//
// Everything happens on one strand. What is held in memory is bounded; what the next hop has taken
// is settled within the settle window, so that a crash repeats only what lay between its 250 and
// our commit.
#pragma once

#include "gateway/egress/dialler.h"
#include "gateway/egress/queue.h"
#include "gateway/egress/relayed.h"
#include "gateway/egress/route.h"
#include "gateway/egress/schedule.h"
#include "gateway/egress/signer.h"
#include "smtp/client_session.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace gateway::egress {

struct RunnerSettings {
    std::string hostname;  // for EHLO and Received
    Schedule schedule;
    smtp::TlsUse tls = smtp::TlsUse::opportunistic;
    std::optional<smtp::Credentials> credentials;  // for a smarthost
    std::size_t connections = 100;                 // at a time, all together
    std::size_t connections_per_destination = 10;
    std::size_t mails_per_connection = 200;
    std::size_t held = 2000;  // jobs claimed and not settled
    std::chrono::milliseconds dial = std::chrono::seconds{30};
    std::chrono::milliseconds linger = std::chrono::seconds{2};       // an idle connection waits for more mail
    std::chrono::milliseconds settle_window{5};                       // outcomes gathered for one commit
    std::chrono::milliseconds poll = std::chrono::seconds{5};         // the longest sleep when nothing seems due
    std::chrono::milliseconds retry_store = std::chrono::seconds{1};  // after the queue failed
    std::chrono::milliseconds stall = std::chrono::seconds{15};  // a destination without progress gives its jobs back
    std::chrono::seconds stalled_for = std::chrono::minutes{1};  // and they come back after this
    std::chrono::milliseconds held_at_most =
        std::chrono::minutes{20};  // no further next hop is tried for a job after this
    smtp::ClientTimeouts timeouts;
    std::function<std::chrono::sys_seconds()> now;  // the clock; the system's when empty
};

struct RunnerCounts {
    std::uint64_t claimed = 0, delivered = 0, deferred = 0, failed = 0, released = 0, dialled = 0;
    std::size_t held = 0, connections = 0;  // now
};

class Runner {
public:
    // All outlive the runner; `signer` may be nullptr, and so may the port in `relaying`.
    Runner(Queue& queue, Router& router, Dialler& dialler, const Signer* signer, RunnerSettings settings,
        Relaying relaying = {});
    ~Runner();

    // Until stop(): then nothing new is begun, what is under way is finished and settled, the rest
    // is given back. Spawn it on a strand (or a single-threaded context).
    boost::asio::awaitable<void> run();
    void stop();  // on that strand

    [[nodiscard]] const RunnerCounts& counts() const { return counts_; }

private:
    using Timer = boost::asio::steady_timer;

    struct Waiting {
        Job job;
        std::chrono::steady_clock::time_point since;
    };

    struct Destination {
        std::string domain;  // of the first job; the same route for all
        std::deque<Waiting> waiting;
        std::size_t workers = 0;
        std::list<Timer*> idle;  // of workers whose connection lingers
        std::chrono::steady_clock::time_point progress;
    };
    struct Connection;

    boost::asio::awaitable<std::vector<Job>> claim();
    boost::asio::awaitable<void> rest();
    boost::asio::awaitable<void> finish();
    void accept(Job job);
    void dispatch(Destination& destination);
    void dispatch_starved();
    void release_stalled();
    void release_first(Destination& destination, std::chrono::seconds delay);

    boost::asio::awaitable<void> work(Destination& destination);
    [[nodiscard]] bool yields(const Destination& destination, std::size_t served) const;
    boost::asio::awaitable<std::optional<Job>> next(Destination& destination, std::size_t served);
    boost::asio::awaitable<bool> serve(Destination& destination, std::unique_ptr<Connection>& connection, Job& job);
    boost::asio::awaitable<std::unique_ptr<Connection>> connect(Destination& destination, Outcome& failure);
    boost::asio::awaitable<std::unique_ptr<Connection>> open(const Hop& hop, smtp::TlsUse tls, smtp::Answer& refusal);
    boost::asio::awaitable<smtp::Answer> transact(Connection& connection, const Job& job);
    boost::asio::awaitable<std::string> sign(std::string domain, std::string_view mail);
    boost::asio::awaitable<std::string> seal(const Job& job, std::string fields, std::string_view mail);
    boost::asio::awaitable<std::string> relayed(const Job& job, std::string_view mail);
    boost::asio::awaitable<smtp::Answer> send(Connection& connection, const Job& job, std::string_view mail);

    void conclude(const Job& job, Outcome outcome);
    void push(Outcome outcome);
    boost::asio::awaitable<void> settle();
    [[nodiscard]] std::chrono::sys_seconds now() const;

    Queue& queue_;
    Router& router_;
    Dialler& dialler_;
    const Signer* signer_;
    Relaying relaying_;
    RunnerSettings settings_;
    RunnerCounts counts_;
    std::unordered_set<std::int64_t> held_;
    std::map<std::string, Destination> destinations_;
    std::deque<std::string> starved_;  // destinations that wait for a connection to be free
    std::vector<Outcome> outcomes_;
    bool stopping_ = false, settling_ = false;
    std::optional<Timer> changed_;  // cancelled when room was made, a worker ended, or it is to stop
    boost::asio::cancellation_signal wake_;
    std::unique_ptr<boost::asio::thread_pool> signing_;
};

}  // namespace gateway::egress
