// open_mailboxes: which mailboxes are selected in this process, so that sessions share them and
// news find them.
#pragma once

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

    void hear(const store::News& news);
    // Our own change: no need to wait for the news of it.
    void hear(const store::Changes& changes);

private:
    void touch(std::int32_t mailbox);

    store::Database& database_;
    boost::asio::any_io_executor executor_;
    std::mutex mutex_;
    std::unordered_map<std::int32_t, std::weak_ptr<SharedMailbox>> mailboxes_;
    std::unordered_map<std::int32_t, std::weak_ptr<Keywords>> keywords_;
    std::size_t sweep_at_ = 1024;  // entries at which those of closed mailboxes are dropped
};

}  // namespace gateway::mailboxes
