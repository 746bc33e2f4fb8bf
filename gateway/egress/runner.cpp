// runner: the loop of egress: claims what is due, keeps connections to next hops, settles what
// became of it.
#include "gateway/egress/runner.h"

#include "email2/address.h"
#include "gateway/egress/connection.h"
#include "gateway/log.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gateway::egress {
namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

// One more connection for every so many mails that wait: a few mails do not deserve a handshake
// each.
constexpr std::size_t mails_per_new_connection = 4;
// Tries of settling before a stopping process leaves the outcomes to the lease's end.
constexpr int last_settles = 10;
// Mails after which a connection ends when a destination without one is waiting.
constexpr std::size_t mails_while_others_wait = 50;

asio::awaitable<void> sleep(asio::steady_timer& timer, milliseconds time)
{
    boost::system::error_code cancelled;
    timer.expires_after(time);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

asio::awaitable<void> sleep(milliseconds time)
{
    asio::steady_timer timer(co_await asio::this_coro::executor);
    co_await sleep(timer, time);
}

}  // namespace

Runner::Runner(
    Queue& queue, Router& router, Dialler& dialler, const Signer* signer, RunnerSettings settings, Relaying relaying)
    : queue_(queue)
    , router_(router)
    , dialler_(dialler)
    , signer_(signer)
    , relaying_(relaying)
    , settings_(std::move(settings))
{
    if (signer_ != nullptr) signing_ = std::make_unique<asio::thread_pool>(1);
}

Runner::~Runner() = default;

std::chrono::sys_seconds Runner::now() const
{
    if (settings_.now) return settings_.now();
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

asio::awaitable<void> Runner::run()
{
    changed_.emplace(co_await asio::this_coro::executor);
    while (!stopping_) {
        release_stalled();
        auto jobs = co_await claim();
        const bool some = !jobs.empty();
        for (auto& job : jobs) accept(std::move(job));
        if (!some && !stopping_) co_await rest();
    }
    co_await finish();
}

void Runner::stop()
{
    stopping_ = true;
    if (changed_) changed_->cancel();
    wake_.emit(asio::cancellation_type::all);
    for (auto& [key, destination] : destinations_)
        for (auto* timer : destination.idle) timer->cancel();
}

// What is due, as far as there is room; nothing when there is none, or the queue is away.
asio::awaitable<std::vector<Job>> Runner::claim()
{
    if (held_.size() >= settings_.held) co_return std::vector<Job>{};
    std::optional<std::string> error;
    try {
        co_return co_await queue_.claim(settings_.held - held_.size());
    } catch (const std::exception& e) {
        error = e.what();
    }
    log::warning("egress.queue_away", {{"error", *error}});
    co_await sleep(*changed_, settings_.retry_store);
    co_return std::vector<Job>{};
}

// Until something may be due, or there is room again.
asio::awaitable<void> Runner::rest()
{
    if (held_.size() >= settings_.held) {
        co_await sleep(*changed_, std::min<milliseconds>(settings_.stall, std::chrono::seconds{1}));
        co_return;
    }
    bool away = false;
    try {
        co_await asio::co_spawn(co_await asio::this_coro::executor, queue_.wait(settings_.poll),
            asio::bind_cancellation_slot(wake_.slot(), asio::use_awaitable));
    } catch (const std::exception&) {
        away = !stopping_;
    }
    if (away) co_await sleep(*changed_, settings_.retry_store);
}

// What waits is given back, what is under way is finished.
asio::awaitable<void> Runner::finish()
{
    for (auto& [key, destination] : destinations_)
        while (!destination.waiting.empty()) release_first(destination, std::chrono::seconds{0});
    while (counts_.connections > 0 || settling_) co_await sleep(*changed_, std::chrono::seconds{1});
    destinations_.clear();
}

void Runner::accept(Job job)
{
    // A job whose lease ran out while we held it comes a second time: the first is still under way.
    if (!held_.insert(job.id).second) return;
    ++counts_.claimed;
    counts_.held = held_.size();
    if (stopping_) {
        push({.id = job.id, .result = Result::released, .retry_at = now()});
        return;
    }
    std::string domain(email2::domain_of(job.recipient));
    auto normal = email2::normalise_domain(domain);
    if (!normal) {
        conclude(
            job, {.result = Result::failed, .status = "5.1.2", .text = "The domain of the recipient cannot be one"});
        return;
    }
    auto& destination = destinations_[router_.destination(*normal)];
    if (destination.waiting.empty()) {
        destination.domain = std::move(*normal);
        destination.progress = SteadyClock::now();
    }
    destination.waiting.push_back({std::move(job), SteadyClock::now()});
    dispatch(destination);
}

// Wakes or makes as many workers as the waiting mail deserves.
void Runner::dispatch(Destination& destination)
{
    if (destination.waiting.empty()) return;
    if (!destination.idle.empty()) {
        destination.idle.front()->cancel();
        destination.idle.pop_front();
        return;
    }
    const auto wanted = (destination.waiting.size() + mails_per_new_connection - 1) / mails_per_new_connection;
    if (destination.workers >= std::min(wanted, settings_.connections_per_destination)) return;
    if (counts_.connections >= settings_.connections) {
        if (destination.workers == 0) starved_.push_back(router_.destination(destination.domain));
        return;
    }
    ++destination.workers;
    ++counts_.connections;
    asio::co_spawn(changed_->get_executor(), work(destination), asio::detached);
}

// A connection is free: those who have none come first.
void Runner::dispatch_starved()
{
    while (!starved_.empty() && counts_.connections < settings_.connections) {
        const auto key = std::move(starved_.front());
        starved_.pop_front();
        if (const auto found = destinations_.find(key); found != destinations_.end() && found->second.workers == 0)
            dispatch(found->second);
    }
}

// A slow destination must not fill our memory while others wait in the queue, and no job is held
// until its lease ends.
void Runner::release_stalled()
{
    const auto time = SteadyClock::now();
    const bool full = held_.size() >= settings_.held;
    for (auto& [key, destination] : destinations_) {
        const bool stalled = full && time - destination.progress > settings_.stall;
        while (!destination.waiting.empty() &&
               (stalled || time - destination.waiting.front().since > settings_.held_at_most))
            release_first(destination, settings_.stalled_for);
    }
}

void Runner::release_first(Destination& destination, std::chrono::seconds delay)
{
    push({.id = destination.waiting.front().job.id, .result = Result::released, .retry_at = now() + delay});
    destination.waiting.pop_front();
}

// One connection's life: opens when there is mail, serves what waits, lingers, ends. `destination`
// stays as long as it has workers.
asio::awaitable<void> Runner::work(Destination& destination)
{
    std::unique_ptr<Connection> connection;
    while (auto job = co_await next(destination, connection ? connection->mails : 0)) {
        bool served = false;
        std::optional<std::string> error;
        try {
            served = co_await serve(destination, connection, *job);
        } catch (const std::exception& e) {
            error = e.what();
        }
        if (error) {
            log::warning("egress.content_away", {{"job", std::to_string(job->id)}, {"error", *error}});
            push({.id = job->id, .result = Result::released, .retry_at = now() + settings_.stalled_for});
        }
        if (served) destination.progress = SteadyClock::now();
    }
    if (connection) co_await connection->session.quit();
    --counts_.connections;
    if (--destination.workers == 0) {
        auto key = router_.destination(destination.domain);
        if (destination.waiting.empty()) destinations_.erase(key);
        else starved_.push_back(std::move(key));
    }
    dispatch_starved();
    changed_->cancel();
}

// Whether a connection that has sent `served` mails makes room for destinations that have none.
bool Runner::yields(const Destination& destination, std::size_t served) const
{
    return !starved_.empty() && served > 0 && (destination.workers > 1 || served % mails_while_others_wait == 0);
}

// The next mail for this destination; nothing when the connection is to end. It lingers once it has
// sent something.
asio::awaitable<std::optional<Job>> Runner::next(Destination& destination, std::size_t served)
{
    if (yields(destination, served)) co_return std::nullopt;
    const auto until = SteadyClock::now() + settings_.linger;
    Timer timer(co_await asio::this_coro::executor);
    while (destination.waiting.empty() && served > 0 && !stopping_ && starved_.empty() && SteadyClock::now() < until) {
        destination.idle.push_back(&timer);
        co_await sleep(timer, std::chrono::ceil<milliseconds>(until - SteadyClock::now()));
        destination.idle.remove(&timer);
    }
    if (destination.waiting.empty()) co_return std::nullopt;
    auto job = std::move(destination.waiting.front().job);
    destination.waiting.pop_front();
    dispatch(destination);
    co_return job;
}

// An attempt is over: what it means for the job by the schedule.
void Runner::conclude(const Job& job, Outcome outcome)
{
    outcome.id = job.id;
    if (outcome.result == Result::deferred && expired(job.queued_at, now(), settings_.schedule)) {
        outcome.result = Result::failed;
        outcome.text = "Given up after many tries. The last: " + outcome.text;
        outcome.status = "5.4.7";
    }
    if (outcome.result == Result::deferred)
        outcome.retry_at = now() + delay_after(job.tries + 1, job.id, settings_.schedule);
    push(std::move(outcome));
}

void Runner::push(Outcome outcome)
{
    switch (outcome.result) {
    case Result::delivered: ++counts_.delivered; break;
    case Result::deferred: ++counts_.deferred; break;
    case Result::failed: ++counts_.failed; break;
    case Result::released: ++counts_.released; break;
    }
    outcomes_.push_back(std::move(outcome));
    if (std::exchange(settling_, true)) return;
    asio::co_spawn(changed_->get_executor(), settle(), asio::detached);
}

// Commits outcomes, many at a time; those of a batch that fails are tried again, for they are
// facts.
asio::awaitable<void> Runner::settle()
{
    co_await sleep(settings_.settle_window);
    int failures = 0;
    while (!outcomes_.empty() && !(stopping_ && failures >= last_settles)) {
        auto batch = std::exchange(outcomes_, {});
        std::optional<std::string> error;
        try {
            co_await queue_.settle(batch);
        } catch (const std::exception& e) {
            error = e.what();
        }
        if (error) {
            ++failures;
            log::warning("egress.settle_failed", {{"error", *error}, {"outcomes", std::to_string(batch.size())}});
            outcomes_.insert(outcomes_.begin(), std::move_iterator(batch.begin()), std::move_iterator(batch.end()));
            co_await sleep(settings_.retry_store);
            continue;
        }
        for (const auto& outcome : batch) held_.erase(outcome.id);
        counts_.held = held_.size();
        changed_->cancel();
    }
    settling_ = false;
    changed_->cancel();
}

}  // namespace gateway::egress
