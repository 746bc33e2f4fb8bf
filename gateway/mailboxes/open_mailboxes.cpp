// open_mailboxes: see the header.
#include "gateway/mailboxes/open_mailboxes.h"

#include <algorithm>

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
    for (const auto& watch : of(watched_mailboxes_, mailbox)) watch->mailbox_changed(mailbox);
}

void OpenMailboxes::touch_names(std::int32_t user)
{
    for (const auto& watch : of(watched_users_, user)) watch->names_changed();
}

// Those that are gone make room for those that come.
void OpenMailboxes::add(Watches& watches, std::int32_t id, const std::shared_ptr<Gathered>& watch)
{
    auto& here = watches[id];
    std::erase_if(here, [](const auto& place) { return place.expired(); });
    const auto same = [&](const auto& place) { return place.lock() == watch; };
    if (std::none_of(here.begin(), here.end(), same)) here.push_back(watch);
}

std::vector<std::shared_ptr<Gathered>> OpenMailboxes::of(Watches& watches, std::int32_t id)
{
    std::vector<std::shared_ptr<Gathered>> out;
    const std::lock_guard lock(mutex_);
    const auto found = watches.find(id);
    if (found == watches.end()) return out;
    for (const auto& place : found->second)
        if (auto watch = place.lock()) out.push_back(std::move(watch));
    if (out.empty()) watches.erase(found);
    return out;
}

void OpenMailboxes::watch_names(std::int32_t user, const std::shared_ptr<Gathered>& watch)
{
    const std::lock_guard lock(mutex_);
    add(watched_users_, user, watch);
}

void OpenMailboxes::watch_messages(const std::set<std::int32_t>& mailboxes, const std::shared_ptr<Gathered>& watch)
{
    const std::lock_guard lock(mutex_);
    for (const auto mailbox : mailboxes) add(watched_mailboxes_, mailbox, watch);
}

void OpenMailboxes::hear(const store::News& news)
{
    if (!news.everything) {
        for (const auto mailbox : news.mailboxes) touch(mailbox);
        for (const auto user : news.users) touch_names(user);
        return;
    }
    touch_everything();
}

void OpenMailboxes::touch_everything()
{
    std::vector<std::shared_ptr<SharedMailbox>> all;
    std::vector<std::shared_ptr<Gathered>> watches;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, place] : mailboxes_)
            if (auto open = place.lock()) all.push_back(std::move(open));
        for (const auto& [user, places] : watched_users_)
            for (const auto& place : places)
                if (auto watch = place.lock()) watches.push_back(std::move(watch));
    }
    for (const auto& open : all) open->changed();
    for (const auto& watch : watches) watch->everything_changed();
}

void OpenMailboxes::hear(const store::Changes& changes)
{
    for (const auto mailbox : changes.mailboxes) touch(mailbox);
    for (const auto user : changes.users) touch_names(user);
}

}  // namespace gateway::mailboxes
