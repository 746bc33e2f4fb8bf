// metadata_cache: metadata of recently asked renditions, within a budget of octets. A rendition
// never changes, so nothing goes stale.
#pragma once

#include "imap/mailboxes.h"

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace gateway::mailboxes {

// Thread-safe.
class MetadataCache {
public:
    using Entry = std::shared_ptr<const imap::Metadata>;

    explicit MetadataCache(std::size_t budget) : budget_(budget) {}

    // In the order of `renditions`; nullptr for what is not here.
    [[nodiscard]] std::vector<Entry> find(const std::vector<std::int64_t>& renditions);
    void insert(std::int64_t rendition, Entry metadata);
    [[nodiscard]] std::size_t octets() const;

private:
    struct Item {
        std::int64_t rendition;
        Entry metadata;
        std::size_t octets;
    };

    mutable std::mutex mutex_;
    std::list<Item> items_;  // most recently used first
    std::unordered_map<std::int64_t, std::list<Item>::iterator> places_;
    std::size_t budget_, octets_ = 0;
};

}  // namespace gateway::mailboxes
