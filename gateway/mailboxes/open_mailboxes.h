// open_mailboxes: which mailboxes are selected in this process, so that sessions share them and
// news find them.
#pragma once

#include "gateway/mailboxes/account_watch.h"
#include "gateway/mailboxes/keywords.h"
#include "gateway/mailboxes/shared_mailbox.h"
#include "gateway/store/changes.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace gateway::mailboxes {

// Thread-safe. Holds nothing alive.
class OpenMailboxes {
public:
    OpenMailboxes(store::Database& database, boost::asio::any_io_executor executor)
        : database_(database), executor_(std::move(executor))
    {
    }

    [[nodiscard]] std::shared_ptr<SharedMailbox> open(std::int32_t user, std::int32_t mailbox);
    [[nodiscard]] std::shared_ptr<Keywords> keywords(std::int32_t user);

    // What happens to the user's names, and to the messages in these mailboxes, is told to `watch` while somebody holds
    // it.
    void watch_names(std::int32_t user, const std::shared_ptr<Gathered>& watch);
    void watch_messages(const std::set<std::int32_t>& mailboxes, const std::shared_ptr<Gathered>& watch);

    void hear(const store::News& news);
    // Our own change: no need to wait for the news of it.
    void hear(const store::Changes& changes);

private:
    using Watches = std::unordered_map<std::int32_t, std::vector<std::weak_ptr<Gathered>>>;
    static void add(Watches& watches, std::int32_t id, const std::shared_ptr<Gathered>& watch);
    [[nodiscard]] std::vector<std::shared_ptr<Gathered>> of(Watches& watches, std::int32_t id);
    void touch(std::int32_t mailbox);
    void touch_names(std::int32_t user);
    void touch_everything();

    store::Database& database_;
    boost::asio::any_io_executor executor_;
    std::mutex mutex_;
    std::unordered_map<std::int32_t, std::weak_ptr<SharedMailbox>> mailboxes_;
    std::unordered_map<std::int32_t, std::weak_ptr<Keywords>> keywords_;
    Watches watched_users_, watched_mailboxes_;
    std::size_t sweep_at_ = 1024;  // entries at which those of closed mailboxes are dropped
};

}  // namespace gateway::mailboxes
