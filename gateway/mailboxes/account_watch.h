// account_watch: imap::Watch over the news of the store: which of an account's mailboxes changed, for one session.
#pragma once

#include "gateway/mailboxes/bell.h"
#include "imap/mailboxes.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace gateway::mailboxes {

class OpenMailboxes;

// Where the news for one session gather: each mailbox once, so there are no more than are followed. Thread-safe.
class Gathered {
public:
    void mailbox_changed(std::int32_t id);
    void names_changed();
    void everything_changed();

    void follow(std::set<std::int32_t> ids);
    [[nodiscard]] imap::Watch::News take();
    // That rings when there is something to take; null when there is already.
    [[nodiscard]] std::shared_ptr<Bell> bell(const boost::asio::any_io_executor& executor);

private:
    void ring(std::unique_lock<std::mutex>& lock);

    std::mutex mutex_;
    std::set<std::int32_t> followed_, changed_;
    bool names_ = false;
    std::shared_ptr<Bell> bell_;
};

class AccountWatch final : public imap::Watch {
public:
    AccountWatch(OpenMailboxes& open, std::int32_t user);

    void follow(const std::vector<std::string>& mailbox_ids) override;
    imap::Async<void> wait() override;
    News take() override;

private:
    OpenMailboxes& open_;
    std::shared_ptr<Gathered> gathered_ = std::make_shared<Gathered>();
};

}  // namespace gateway::mailboxes
