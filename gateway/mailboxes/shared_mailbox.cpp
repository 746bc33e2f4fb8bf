// shared_mailbox: see the header.
#include "gateway/mailboxes/shared_mailbox.h"

#include "gateway/log.h"
#include "gateway/store/mailbox_keywords.h"

namespace gateway::mailboxes {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto try_again = 1s;  // after a reading that failed

struct Reading {
    std::optional<store::Contents> contents;  // nothing: as known
    std::vector<std::string> keywords;        // empty: as known
};

Reading read_contents(store::Session& session, std::int32_t user, std::int32_t id,
    const std::shared_ptr<const store::Contents>& known, const std::shared_ptr<Keywords>& keywords)
{
    Reading out;
    if (known) out.contents = store::newer_contents(session, user, id, *known);
    else out.contents = store::load_contents(session, user, id);
    if (!out.contents) return out;
    // A flag whose name another process has just made must have its name before anybody sees it.
    imap::Flags all = 0;
    for (const auto& message : out.contents->snapshot.messages) all |= message.flags;
    if (!keywords->covers(all)) out.keywords = store::read_keywords(session, user);
    return out;
}

}  // namespace

SharedMailbox::SharedMailbox(store::Database& database, asio::any_io_executor executor,
    std::shared_ptr<Keywords> keywords, std::int32_t user, std::int32_t id)
    : database_(database), strand_(asio::make_strand(executor)), keywords_(std::move(keywords)), user_(user), id_(id)
{
}

std::shared_ptr<const store::Contents> SharedMailbox::contents() const
{
    const std::lock_guard lock(mutex_);
    return contents_;
}

std::shared_ptr<const imap::Snapshot> SharedMailbox::snapshot() const
{
    auto all = contents();
    if (!all) return nullptr;
    const auto* snapshot = &all->snapshot;
    return {std::move(all), snapshot};
}

imap::Async<void> SharedMailbox::refresh()
{
    const auto request = std::make_shared<Request>();
    request->bell = std::make_shared<Bell>(co_await asio::this_coro::executor);
    {
        std::unique_lock lock(mutex_);
        request->number = ++asked_;
        requests_.push_back(request);
        start(lock);
    }
    co_await Bell::wait(request->bell);
    if (request->error) std::rethrow_exception(request->error);
}

imap::Async<void> SharedMailbox::wait(std::shared_ptr<const imap::Snapshot> known)
{
    for (;;) {
        const auto bell = std::make_shared<Bell>(co_await asio::this_coro::executor);
        {
            const std::lock_guard lock(mutex_);
            if (contents_ && &contents_->snapshot != known.get()) co_return;
            // Those whose waiting was cancelled are only ours by now.
            std::erase_if(waiters_, [](const auto& other) { return other.use_count() == 1; });
            waiters_.push_back(bell);
        }
        co_await Bell::wait(bell);
    }
}

void SharedMailbox::changed()
{
    std::unique_lock lock(mutex_);
    missed_ = true;
    ++asked_;
    start(lock);
}

// At most one reader works at a time.
void SharedMailbox::start(std::unique_lock<std::mutex>& lock)
{
    if (reading_) return;
    reading_ = true;
    lock.unlock();
    asio::co_spawn(
        strand_, [self = shared_from_this()]() mutable -> imap::Async<void> { co_await work(std::move(self)); },
        asio::detached);
}

imap::Async<void> SharedMailbox::work(std::shared_ptr<SharedMailbox> self)
{
    for (;;) {
        std::uint64_t upto = 0;
        {
            const std::lock_guard lock(self->mutex_);
            if (self->done_ == self->asked_) {
                self->reading_ = false;
                co_return;
            }
            upto = self->asked_;
        }
        const auto error = co_await self->read();
        self->settle(upto, error);
        if (!error) continue;
        asio::steady_timer pause(self->strand_, try_again);
        co_await pause.async_wait(asio::use_awaitable);
        const std::lock_guard lock(self->mutex_);
        // News are not forgotten because the database was away, unless nobody is left whom they
        // concern.
        if (self->missed_ && self.use_count() > 1) ++self->asked_;
    }
}

imap::Async<std::exception_ptr> SharedMailbox::read()
{
    try {
        auto reading = co_await database_.run(
            [user = user_, id = id_, known = contents(), keywords = keywords_](
                store::Session& session) { return read_contents(session, user, id, known, keywords); });
        keywords_->learn(std::move(reading.keywords));
        if (reading.contents) publish(std::move(*reading.contents));
        co_return nullptr;
    } catch (const std::exception& error) {
        log::warning("mailbox.unread", {{"mailbox", std::to_string(id_)}, {"reason", error.what()}});
        co_return std::current_exception();
    }
}

void SharedMailbox::publish(store::Contents next)
{
    auto contents = std::make_shared<const store::Contents>(std::move(next));
    std::vector<std::shared_ptr<Bell>> waiters;
    {
        const std::lock_guard lock(mutex_);
        contents_ = std::move(contents);
        waiters.swap(waiters_);
    }
    for (const auto& bell : waiters) Bell::ring(bell);
}

void SharedMailbox::settle(std::uint64_t upto, const std::exception_ptr& error)
{
    std::vector<std::shared_ptr<Request>> answered;
    {
        const std::lock_guard lock(mutex_);
        done_ = upto;
        if (!error) missed_ = false;
        const auto open = std::partition(
            requests_.begin(), requests_.end(), [upto](const auto& request) { return request->number <= upto; });
        answered.assign(requests_.begin(), open);
        requests_.erase(requests_.begin(), open);
    }
    for (const auto& request : answered) {
        request->error = error;
        Bell::ring(request->bell);
    }
}

}  // namespace gateway::mailboxes
