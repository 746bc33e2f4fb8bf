// selected: UIDs become renditions through the shared contents; what is asked of renditions goes to
// the store.
#include "gateway/mailboxes/selected.h"

#include "gateway/mailboxes/changing.h"
#include "gateway/store/charges.h"
#include "gateway/store/mailbox_changes.h"
#include "gateway/store/mailbox_keywords.h"
#include "gateway/store/mailbox_names.h"
#include "gateway/store/mailbox_renditions.h"
#include "gateway/store/mailbox_search.h"

#include <algorithm>

namespace gateway::mailboxes {

namespace {

using imap::Async;
using imap::Uid;

std::vector<std::int32_t> numbers(const std::vector<Uid>& uids)
{
    return {uids.begin(), uids.end()};
}

imap::No read_only_refusal()
{
    return {"READ-ONLY", "This mailbox is read-only"};
}

imap::Metadata chosen(Uid uid, const imap::Metadata& all, unsigned needs)
{
    const auto wants = [needs](imap::Needs need) { return (needs & static_cast<unsigned>(need)) != 0; };
    imap::Metadata out;
    out.uid = uid;
    out.size = all.size;
    out.internal_date = all.internal_date;
    if (wants(imap::Needs::description)) {
        out.envelope = all.envelope;
        out.body_structure = all.body_structure;
    }
    if (wants(imap::Needs::outline)) out.outline = all.outline;
    if (wants(imap::Needs::ids)) {
        out.email_id = all.email_id;
        out.thread_id = all.thread_id;
    }
    if (wants(imap::Needs::preview)) out.preview = all.preview;
    return out;
}

std::vector<std::int64_t> sorted_unique(std::vector<std::int64_t> ids)
{
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    if (!ids.empty() && ids.front() == 0) ids.erase(ids.begin());  // gone
    return ids;
}

store::FlagChange flag_change(imap::StoreMode mode, imap::Flags flags)
{
    const auto bits = static_cast<std::int64_t>(flags);
    switch (mode) {
    case imap::StoreMode::add: return {.keep = -1, .set = bits};
    case imap::StoreMode::remove: return {.keep = ~bits, .set = 0};
    default: return {.keep = 0, .set = bits};
    }
}

}  // namespace

Selected::Selected(std::shared_ptr<Rooms> rooms, store::Account account, std::shared_ptr<Keywords> keywords,
    std::shared_ptr<SharedMailbox> mailbox, Uid recent_from, Access access)
    : rooms_(std::move(rooms))
    , account_(std::move(account))
    , keywords_(std::move(keywords))
    , mailbox_(std::move(mailbox))
    , recent_from_(recent_from)
    , access_(access)
{
}

Async<void> Selected::refresh()
{
    co_await mailbox_->refresh();
}

Async<void> Selected::wait(std::shared_ptr<const imap::Snapshot> known)
{
    co_await mailbox_->wait(std::move(known));
}

std::string Selected::mailbox_id() const
{
    return store::mailbox_id(mailbox_->id());
}

std::vector<std::int64_t> Selected::renditions(const std::vector<Uid>& uids) const
{
    const auto contents = mailbox_->contents();
    std::vector<std::int64_t> out;
    out.reserve(uids.size());
    for (const auto uid : uids) out.push_back(contents->rendition(uid));
    return out;
}

Async<std::vector<MetadataCache::Entry>> Selected::entries(const std::vector<std::int64_t>& renditions)
{
    auto out = rooms_->metadata.find(renditions);
    std::vector<std::int64_t> missing;
    for (std::size_t i = 0; i < out.size(); ++i)
        if (!out[i] && renditions[i] != 0) missing.push_back(renditions[i]);
    if (missing.empty()) co_return out;

    auto read = co_await rooms_->database.run([ids = sorted_unique(std::move(missing))](store::Session& session) {
        return store::metadata_of(session, ids);
    });
    std::unordered_map<std::int64_t, MetadataCache::Entry> fresh;
    for (auto& one : read) {
        auto entry = std::make_shared<const imap::Metadata>(std::move(one.metadata));
        // A saved copy in Sent may yet turn out to be that of a submission, and then takes its
        // thread (mapping.md "Sent").
        const bool final = !one.import || mailbox_->id() != account_.sent;
        if (final) rooms_->metadata.insert(one.rendition, entry);
        fresh.emplace(one.rendition, std::move(entry));
    }
    for (std::size_t i = 0; i < out.size(); ++i)
        if (const auto found = fresh.find(renditions[i]); !out[i] && found != fresh.end()) out[i] = found->second;
    co_return out;
}

Async<std::vector<imap::Metadata>> Selected::metadata(std::vector<Uid> uids, unsigned needs)
{
    const auto found = co_await entries(renditions(uids));
    std::vector<imap::Metadata> out;
    out.reserve(uids.size());
    for (std::size_t i = 0; i < uids.size(); ++i)
        if (found[i]) out.push_back(chosen(uids[i], *found[i], needs));
    co_return out;
}

Async<std::vector<std::string>> Selected::read(std::vector<Uid> uids)
{
    const auto ids = renditions(uids);
    auto bytes = co_await rooms_->database.run(
        [wanted = sorted_unique(ids)](store::Session& session) { return store::bytes_of(session, wanted); });
    std::vector<std::string> out(uids.size());
    std::unordered_map<std::int64_t, std::size_t> first;  // a rendition may be at several UIDs
    for (std::size_t i = 0; i < uids.size(); ++i) {
        const auto [place, is_first] = first.emplace(ids[i], i);
        if (!is_first) out[i] = out[place->second];
        else if (const auto found = bytes.find(ids[i]); found != bytes.end()) out[i] = std::move(found->second);
    }
    co_return out;
}

Async<std::string> Selected::read(Uid uid, std::uint64_t offset, std::uint64_t length)
{
    const auto rendition = mailbox_->contents()->rendition(uid);
    if (rendition == 0) co_return std::string{};
    co_return co_await rooms_->database.run([rendition, offset, length](store::Session& session) {
        return store::bytes_of(session, rendition, offset, length);
    });
}

Async<std::vector<imap::UidRange>> Selected::expunged_since(imap::ModSeq modseq)
{
    if (modseq >= snapshot()->highest_modseq) co_return std::vector<imap::UidRange>{};
    co_return co_await rooms_->database.run([user = account_.id, id = mailbox_->id(), modseq](store::Session& session) {
        return store::expunged_since(session, user, id, modseq);
    });
}

Async<std::vector<Uid>> Selected::matching(imap::ContentKey key, std::vector<Uid> among)
{
    std::vector<Uid> out;
    for (std::size_t at = 0; at < among.size(); at += limits::search_batch) {
        const auto end = std::min(at + limits::search_batch, among.size());
        const std::vector<Uid> batch(
            among.begin() + static_cast<std::ptrdiff_t>(at), among.begin() + static_cast<std::ptrdiff_t>(end));
        const auto ids = renditions(batch);
        const auto found = co_await rooms_->database.run([key, wanted = sorted_unique(ids)](store::Session& session) {
            return store::matching(session, key, wanted);
        });
        for (std::size_t i = 0; i < batch.size(); ++i)
            if (std::binary_search(found.begin(), found.end(), ids[i])) out.push_back(batch[i]);
    }
    co_return out;
}

Async<imap::Result<imap::Flags>> Selected::bits(imap::StoreMode mode, std::vector<std::string> names)
{
    const auto known = store::bits_of(keywords_->names(), names);
    if (mode == imap::StoreMode::remove || std::popcount(known) == static_cast<int>(names.size())) co_return known;
    auto made = co_await rooms_->database.run([user = account_.id, names = std::move(names)](store::Session& session) {
        auto bits = store::make_keywords(session, user, names);
        return std::pair(std::move(bits), store::read_keywords(session, user));
    });
    keywords_->learn(std::move(made.second));
    co_return std::move(made.first);
}

Async<imap::Result<imap::Stored>> Selected::store(std::vector<Uid> uids, imap::StoreMode mode, imap::Flags flags,
    std::vector<std::string> keywords, std::optional<imap::ModSeq> unchanged_since)
{
    if (read_only()) co_return tl::unexpected(read_only_refusal());
    const auto named = co_await bits(mode, std::move(keywords));
    if (!named) co_return tl::unexpected(named.error());
    const auto change = flag_change(mode, flags | *named);
    co_return co_await changing(
        *rooms_,
        [user = account_.id, id = mailbox_->id(), uids = numbers(uids), change, unchanged_since](
            store::Session& session, store::Changes& changes) -> imap::Result<imap::Stored> {
            return store::store_flags(session, changes, user, id, uids, change, unchanged_since);
        },
        mailbox_);
}

Async<imap::Result<std::vector<Uid>>> Selected::expunge(std::optional<std::vector<Uid>> uids)
{
    if (read_only()) co_return tl::unexpected(read_only_refusal());
    auto only = uids ? std::optional(numbers(*uids)) : std::nullopt;
    co_return co_await changing(
        *rooms_,
        [account = account_, id = mailbox_->id(), only = std::move(only), scope = rooms_->settings.leave](
            store::Session& session, store::Changes& changes) -> imap::Result<std::vector<Uid>> {
            return store::expunge(session, changes, account, id, only, scope);
        },
        mailbox_);
}

Async<imap::Result<imap::Copied>> Selected::copy(std::vector<Uid> uids, std::string destination)
{
    co_return co_await changing(
        *rooms_,
        [account = account_, id = mailbox_->id(), uids = numbers(uids),
            name = store::canonical_name(std::move(destination)), storage = rooms_->settings.storage](
            store::Session& session, store::Changes& changes) -> imap::Result<imap::Copied> {
            const auto target = store::require_mailbox(session, account.id, name, store::Purpose::destination);
            if (!target) return tl::unexpected(target.error());
            // Clients without MOVE empty a full store by copying to Trash.
            const bool away = target->id == account.trash || target->id == account.junk;
            if (!away && !store::has_room(session, account.address, storage, 0))
                return tl::unexpected(imap::No{"OVERQUOTA", "Your store is full"});
            auto copied = store::copy(session, changes, account, id, uids, target->id);
            copied.uid_validity = target->uid_validity;
            return copied;
        },
        mailbox_);
}

Async<imap::Result<imap::Copied>> Selected::move(std::vector<Uid> uids, std::string destination)
{
    if (read_only()) co_return tl::unexpected(read_only_refusal());
    co_return co_await changing(
        *rooms_,
        [account = account_, id = mailbox_->id(), uids = numbers(uids),
            name = store::canonical_name(std::move(destination)), scope = rooms_->settings.leave](
            store::Session& session, store::Changes& changes) -> imap::Result<imap::Copied> {
            const auto target = store::require_mailbox(session, account.id, name, store::Purpose::destination);
            if (!target) return tl::unexpected(target.error());
            auto moved = store::move(session, changes, account, id, uids, target->id, scope);
            moved.uid_validity = target->uid_validity;
            return moved;
        },
        mailbox_);
}

}  // namespace gateway::mailboxes
