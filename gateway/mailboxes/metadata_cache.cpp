// metadata_cache: least recently used go first.
#include "gateway/mailboxes/metadata_cache.h"

namespace gateway::mailboxes {

namespace {

std::size_t octets_of(const mime::Outline& outline)
{
    std::size_t octets = sizeof outline;
    for (const auto& part : outline.parts) octets += octets_of(part);
    return octets;
}

std::size_t octets_of(const imap::Metadata& metadata)
{
    constexpr std::size_t bookkeeping = 200;  // list node, hash node, control block
    return sizeof metadata + bookkeeping + metadata.envelope.capacity() + metadata.body_structure.capacity() +
           metadata.preview.capacity() + octets_of(metadata.outline);
}

}  // namespace

std::vector<MetadataCache::Entry> MetadataCache::find(const std::vector<std::int64_t>& renditions)
{
    std::vector<Entry> out;
    out.reserve(renditions.size());
    const std::lock_guard lock(mutex_);
    for (const auto rendition : renditions) {
        const auto found = places_.find(rendition);
        if (found == places_.end()) {
            out.emplace_back();
            continue;
        }
        items_.splice(items_.begin(), items_, found->second);
        out.push_back(found->second->metadata);
    }
    return out;
}

void MetadataCache::insert(std::int64_t rendition, Entry metadata)
{
    const auto octets = octets_of(*metadata);
    const std::lock_guard lock(mutex_);
    if (places_.contains(rendition) || octets > budget_) return;
    items_.push_front({rendition, std::move(metadata), octets});
    places_.emplace(rendition, items_.begin());
    octets_ += octets;
    while (octets_ > budget_) {
        octets_ -= items_.back().octets;
        places_.erase(items_.back().rendition);
        items_.pop_back();
    }
}

std::size_t MetadataCache::octets() const
{
    const std::lock_guard lock(mutex_);
    return octets_;
}

}  // namespace gateway::mailboxes
