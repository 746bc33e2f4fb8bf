// followers: a circle of people, one reader of events for all, and a queue for each.
#include "gateway/followers.h"

#include "email2/xml.h"
#include "gateway/http/limits.h"
#include "gateway/log.h"
#include "gateway/store/events.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace gateway {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto retry = 1s;               // when the database was away
constexpr std::size_t at_once = 20'000;  // pairs of event and person in one question, about
constexpr std::size_t most_events = 1'000;

struct Message {
    http::Heard heard;
    std::int32_t person = 0;
};

// Written once for all who may know the same; on a database thread.
std::vector<Message> messages_of(const store::Telling& telling)
{
    std::vector<Message> out;
    out.reserve(telling.told.size());
    std::unordered_map<const email2::Event*, std::shared_ptr<const std::string>> written;
    for (const auto& told : telling.told) {
        auto& xml = written[told.event.get()];
        if (!xml) xml = std::make_shared<const std::string>(email2::write(*told.event));
        out.push_back({{told.event, xml}, told.person});
    }
    return out;
}

}  // namespace

struct Followers::Circle : std::enable_shared_from_this<Circle> {
    Circle(asio::any_io_executor executor, store::Database& database)
        : executor(std::move(executor)), database(database)
    {
    }

    void read_on()
    {
        again = true;
        if (std::exchange(reading, true)) return;
        asio::co_spawn(executor, [self = shared_from_this()]() { return self->read(); }, asio::detached);
    }

    asio::awaitable<void> read()
    {
        while (std::exchange(again, false) && !stopped && !people.empty()) {
            bool failed = false;
            try {
                co_await read_some();
            } catch (const std::exception& error) {
                log::warning("followers.deaf", {{"reason", error.what()}});
                failed = again = true;
            }
            if (!failed) continue;
            asio::steady_timer pause(executor, retry);
            boost::system::error_code ignored;
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        reading = false;
    }

    asio::awaitable<void> read_some();

    asio::any_io_executor executor;
    store::Database& database;
    std::unordered_map<std::int32_t, std::vector<Follower*>> people;
    std::size_t count = 0;
    std::uint64_t joined = 0;   // how many came, ever
    std::int64_t position = 0;  // events up to here have been told
    bool reading = false, again = false, stopped = false;
};

class Followers::Follower final : public http::Following {
public:
    Follower(std::shared_ptr<Circle> circle, std::int32_t person)
        : circle_(std::move(circle)), person_(person), bell_(circle_->executor, asio::steady_timer::time_point::max())
    {
        circle_->people[person_].push_back(this);
        ++circle_->count;
        ++circle_->joined;
    }

    ~Follower() override
    {
        const auto found = circle_->people.find(person_);
        std::erase(found->second, this);
        if (found->second.empty()) circle_->people.erase(found);
        --circle_->count;
    }

    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    asio::awaitable<News> next(std::chrono::milliseconds patience) override
    {
        if (quiet()) {
            bell_.expires_after(patience);
            boost::system::error_code ignored;
            co_await bell_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        co_return News{std::exchange(heard_, {}), std::exchange(missed_, false), ended_ || circle_->stopped};
    }

    void end() override
    {
        ended_ = true;
        bell_.cancel();
    }

    void tell(const http::Heard& heard)
    {
        if (missed_) return;
        if (heard_.size() == http::limits::followed) {
            heard_.clear();
            missed_ = true;
        } else {
            heard_.push_back(heard);
        }
        bell_.cancel();
    }

    void ring() { bell_.cancel(); }

private:
    [[nodiscard]] bool quiet() const { return heard_.empty() && !missed_ && !ended_ && !circle_->stopped; }

    std::shared_ptr<Circle> circle_;
    std::int32_t person_;
    asio::steady_timer bell_;
    std::vector<http::Heard> heard_;
    bool missed_ = false, ended_ = false;
};

asio::awaitable<void> Followers::Circle::read_some()
{
    struct Read {
        std::vector<Message> messages;
        std::int64_t last = 0;
        bool more = false;
    };
    Read found;
    std::uint64_t asked_for = 0;
    do {  // whoever came meanwhile was not asked for: once more, with them
        if (people.empty()) co_return;
        asked_for = joined;
        std::vector<std::int32_t> who;
        for (const auto& [person, followers] : people) who.push_back(person);
        const auto window = static_cast<std::int32_t>(std::clamp<std::size_t>(at_once / who.size(), 10, most_events));
        found = co_await database.run([after = position, window, who](store::Session& session) {
            const auto telling = store::tell_events(session, after, window, who);
            return Read{messages_of(telling), telling.last, telling.more};
        });
    } while (joined != asked_for && !stopped);
    for (const auto& message : found.messages) {
        const auto place = people.find(message.person);
        if (place == people.end()) continue;
        for (auto* follower : place->second) follower->tell(message.heard);
    }
    position = std::max(position, found.last);
    again = again || found.more;
}

Followers::Followers(asio::any_io_executor executor, store::Database& database)
    : circle_(std::make_shared<Circle>(std::move(executor), database))
{
}

Followers::~Followers()
{
    stop();
}

void Followers::hear(const store::News& news)
{
    if (news.events && !circle_->people.empty() && !circle_->stopped) circle_->read_on();
}

asio::awaitable<std::shared_ptr<http::Following>> Followers::follow(std::int32_t person)
{
    // Who comes into an empty circle begins where the events are now.
    if (circle_->people.empty()) {
        const auto last =
            co_await circle_->database.run([](store::Session& session) { return store::last_event(session); });
        if (circle_->people.empty()) circle_->position = std::max(circle_->position, last);
    }
    auto follower = std::make_shared<Follower>(circle_, person);
    // News that came between the question and now met nobody.
    if (circle_->count == 1) circle_->read_on();
    co_return follower;
}

void Followers::stop()
{
    circle_->stopped = true;
    for (auto& [person, followers] : circle_->people)
        for (auto* follower : followers) follower->ring();
}

std::size_t Followers::size() const
{
    return circle_->count;
}

}  // namespace gateway
