// account_watch: see the header.
#include "gateway/mailboxes/account_watch.h"

#include "gateway/mailboxes/open_mailboxes.h"
#include "gateway/store/mailbox_renditions.h"

namespace gateway::mailboxes {

void Gathered::ring(std::unique_lock<std::mutex>& lock)
{
    const auto bell = std::exchange(bell_, nullptr);
    lock.unlock();
    if (bell) Bell::ring(bell);
}

void Gathered::mailbox_changed(std::int32_t id)
{
    std::unique_lock lock(mutex_);
    if (!followed_.contains(id)) return;
    changed_.insert(id);
    ring(lock);
}

void Gathered::names_changed()
{
    std::unique_lock lock(mutex_);
    names_ = true;
    ring(lock);
}

void Gathered::everything_changed()
{
    std::unique_lock lock(mutex_);
    names_ = true;
    changed_ = followed_;
    ring(lock);
}

void Gathered::follow(std::set<std::int32_t> ids)
{
    const std::lock_guard lock(mutex_);
    followed_ = std::move(ids);
    std::erase_if(changed_, [&](auto id) { return !followed_.contains(id); });
}

imap::Watch::News Gathered::take()
{
    const std::lock_guard lock(mutex_);
    imap::Watch::News news{.names = std::exchange(names_, false)};
    for (const auto id : std::exchange(changed_, {})) news.mailboxes.push_back(store::mailbox_id(id));
    return news;
}

std::shared_ptr<Bell> Gathered::bell(const boost::asio::any_io_executor& executor)
{
    const std::lock_guard lock(mutex_);
    if (names_ || !changed_.empty()) return nullptr;
    return bell_ = std::make_shared<Bell>(executor);
}

AccountWatch::AccountWatch(OpenMailboxes& open, std::int32_t user) : open_(open)
{
    open_.watch_names(user, gathered_);
}

void AccountWatch::follow(const std::vector<std::string>& mailbox_ids)
{
    std::set<std::int32_t> ids;
    for (const auto& id : mailbox_ids)
        if (const auto number = store::mailbox_number(id)) ids.insert(*number);
    gathered_->follow(ids);
    open_.watch_messages(ids, gathered_);
}

imap::Async<void> AccountWatch::wait()
{
    const auto executor = co_await boost::asio::this_coro::executor;
    while (const auto bell = gathered_->bell(executor)) co_await Bell::wait(bell);
}

imap::Watch::News AccountWatch::take()
{
    return gathered_->take();
}

}  // namespace gateway::mailboxes
