// shared_mailbox: one mailbox's contents as this process knows them, while any session has it
// selected.
//
// A chain of immutable moments: news, and our own changes, make the next one by reading only what
// changed. At most one reading is under way; what is asked for meanwhile shares the next.
// architecture.md "Processes and storage".
#pragma once

#include "gateway/mailboxes/bell.h"
#include "gateway/mailboxes/keywords.h"
#include "gateway/store/database.h"
#include "gateway/store/mailbox_contents.h"
#include "imap/mailboxes.h"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <vector>

namespace gateway::mailboxes {

// Thread-safe.
class SharedMailbox : public std::enable_shared_from_this<SharedMailbox> {
public:
    SharedMailbox(store::Database& database, boost::asio::any_io_executor executor, std::shared_ptr<Keywords> keywords,
        std::int32_t user, std::int32_t id);

    [[nodiscard]] std::int32_t id() const { return id_; }

    // The newest moment known; nullptr before the first refresh() has ended.
    [[nodiscard]] std::shared_ptr<const store::Contents> contents() const;
    [[nodiscard]] std::shared_ptr<const imap::Snapshot> snapshot() const;

    // Returns when contents() is at least as new as the database was at the call. Throws what
    // reading threw.
    imap::Async<void> refresh();
    // Returns when snapshot() is another than `known`.
    imap::Async<void> wait(std::shared_ptr<const imap::Snapshot> known);
    // Something may have changed; does not wait. A reading that fails is tried again until it
    // succeeds.
    void changed();

private:
    struct Request {
        std::uint64_t number;
        std::shared_ptr<Bell> bell;
        std::exception_ptr error;
    };

    void start(std::unique_lock<std::mutex>& lock);
    static imap::Async<void> work(std::shared_ptr<SharedMailbox> self);
    imap::Async<std::exception_ptr> read();
    void settle(std::uint64_t upto, const std::exception_ptr& error);
    void publish(store::Contents next);

    store::Database& database_;
    boost::asio::any_io_executor strand_;
    std::shared_ptr<Keywords> keywords_;
    const std::int32_t user_, id_;

    mutable std::mutex mutex_;
    std::shared_ptr<const store::Contents> contents_;
    std::uint64_t asked_ = 0, done_ = 0;     // readings wanted and made
    bool reading_ = false, missed_ = false;  // missed_: news whose reading failed
    std::vector<std::shared_ptr<Request>> requests_;
    std::vector<std::shared_ptr<Bell>> waiters_;
};

}  // namespace gateway::mailboxes
