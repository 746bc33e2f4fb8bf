// rooms: what all IMAP sessions of this process share: the open mailboxes, the caches, the way to
// the database.
#pragma once

#include "gateway/mailboxes/limits.h"
#include "gateway/mailboxes/metadata_cache.h"
#include "gateway/mailboxes/open_mailboxes.h"
#include "gateway/store/database.h"
#include "gateway/store/ids.h"
#include "gateway/store/membership.h"
#include "gateway/store/writer.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace gateway::store {
struct StoreSettings;
}

namespace gateway::mailboxes {

struct Settings {
    std::vector<std::string> domains;                     // ours; the first is home
    store::LeaveScope leave = store::LeaveScope::thread;  // imap.leave
    std::uint64_t message_size = 50 << 20;                // limits.message_size, octets
    std::uint64_t storage = 0;                            // quota.storage, octets; 0: none
    const store::StoreSettings* verbs = nullptr;          // of edits by APPEND; null: there are none
};

// The sum of a mailbox's sizes, remembered for as long as nothing came or went: UIDs are never used
// twice, so the same UIDNEXT with the same number of messages is the same set. Thread-safe.
class Sizes {
public:
    struct Set {
        std::uint32_t uid_next = 0, messages = 0;
        bool operator==(const Set&) const = default;
    };

    [[nodiscard]] std::optional<std::uint64_t> find(std::int32_t mailbox, Set set) const
    {
        const std::lock_guard lock(mutex_);
        const auto found = known_.find(mailbox);
        return found != known_.end() && found->second.first == set ? std::optional(found->second.second) : std::nullopt;
    }

    void learn(std::int32_t mailbox, Set set, std::uint64_t size)
    {
        const std::lock_guard lock(mutex_);
        if (known_.size() >= limits::sizes) known_.clear();
        known_[mailbox] = {set, size};
    }

private:
    mutable std::mutex mutex_;
    std::unordered_map<std::int32_t, std::pair<Set, std::uint64_t>> known_;
};

struct Rooms {
    Rooms(store::Database& database_, store::Writer& writer_, boost::asio::any_io_executor executor, Settings settings_)
        : database(database_)
        , writer(writer_)
        , settings(std::move(settings_))
        , open(database_, std::move(executor))
        , metadata(limits::metadata_cache)
    {
    }

    store::Database& database;
    store::Writer& writer;
    const Settings settings;
    store::Ids ids;
    OpenMailboxes open;
    MetadataCache metadata;
    Sizes sizes;
};

}  // namespace gateway::mailboxes
