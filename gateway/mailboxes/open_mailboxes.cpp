// open_mailboxes: see the header.
#include "gateway/mailboxes/open_mailboxes.h"

namespace gateway::mailboxes {

namespace {

template <class Map>
void sweep(Map& map)
{
    std::erase_if(map, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace

std::shared_ptr<Keywords> OpenMailboxes::keywords(std::int32_t user)
{
    const std::lock_guard lock(mutex_);
    auto& place = keywords_[user];
    auto found = place.lock();
    if (!found) place = found = std::make_shared<Keywords>();
    return found;
}

std::shared_ptr<SharedMailbox> OpenMailboxes::open(std::int32_t user, std::int32_t mailbox)
{
    auto names = keywords(user);
    const std::lock_guard lock(mutex_);
    if (mailboxes_.size() + keywords_.size() > sweep_at_) {
        sweep(mailboxes_);
        sweep(keywords_);
        sweep_at_ = std::max<std::size_t>(1024, 2 * (mailboxes_.size() + keywords_.size()));
    }
    auto& place = mailboxes_[mailbox];
    auto found = place.lock();
    if (!found) place = found = std::make_shared<SharedMailbox>(database_, executor_, std::move(names), user, mailbox);
    return found;
}

void OpenMailboxes::touch(std::int32_t mailbox)
{
    std::unique_lock lock(mutex_);
    const auto found = mailboxes_.find(mailbox);
    const auto open = found == mailboxes_.end() ? nullptr : found->second.lock();
    lock.unlock();
    if (open) open->changed();
}

void OpenMailboxes::hear(const store::News& news)
{
    if (!news.everything) {
        for (const auto mailbox : news.mailboxes) touch(mailbox);
        return;
    }
    std::vector<std::shared_ptr<SharedMailbox>> all;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, place] : mailboxes_)
            if (auto open = place.lock()) all.push_back(std::move(open));
    }
    for (const auto& open : all) open->changed();
}

void OpenMailboxes::hear(const store::Changes& changes)
{
    for (const auto mailbox : changes.mailboxes) touch(mailbox);
}

}  // namespace gateway::mailboxes
