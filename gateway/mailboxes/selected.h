// selected: imap::Mailbox over the store: one mailbox, selected by one session.
#pragma once

#include "gateway/mailboxes/rooms.h"
#include "gateway/store/mailbox_accounts.h"
#include "imap/mailboxes.h"

namespace gateway::mailboxes {

class Selected final : public imap::Mailbox {
public:
    enum class Access { read_write, read_only };
    Selected(std::shared_ptr<Rooms> rooms, store::Account account, std::shared_ptr<Keywords> keywords,
        std::shared_ptr<SharedMailbox> mailbox, imap::Uid recent_from, Access access);

    [[nodiscard]] std::shared_ptr<const imap::Snapshot> snapshot() const override { return mailbox_->snapshot(); }

    imap::Async<void> refresh() override;
    imap::Async<void> wait(std::shared_ptr<const imap::Snapshot> known) override;

    [[nodiscard]] imap::Uid recent_from() const override { return recent_from_; }

    [[nodiscard]] std::string mailbox_id() const override;

    [[nodiscard]] bool read_only() const override { return access_ == Access::read_only; }

    imap::Async<std::vector<imap::Metadata>> metadata(std::vector<imap::Uid> uids, unsigned needs) override;
    imap::Async<std::vector<std::string>> read(std::vector<imap::Uid> uids) override;
    imap::Async<std::string> read(imap::Uid uid, std::uint64_t offset, std::uint64_t length) override;
    imap::Async<std::vector<imap::UidRange>> expunged_since(imap::ModSeq modseq) override;
    imap::Async<std::vector<imap::Uid>> matching(imap::ContentKey key, std::vector<imap::Uid> among) override;

    imap::Async<imap::Result<imap::Stored>> store(std::vector<imap::Uid> uids, imap::StoreMode mode, imap::Flags flags,
        std::vector<std::string> keywords, std::optional<imap::ModSeq> unchanged_since) override;
    imap::Async<imap::Result<std::vector<imap::Uid>>> expunge(std::optional<std::vector<imap::Uid>> uids) override;
    imap::Async<imap::Result<imap::Copied>> copy(std::vector<imap::Uid> uids, std::string destination) override;
    imap::Async<imap::Result<imap::Copied>> move(std::vector<imap::Uid> uids, std::string destination) override;
    imap::Async<imap::Result<imap::Appended>> replace(
        imap::Uid uid, std::string destination, imap::AppendMessage message) override;

private:
    // Renditions at these UIDs, 0 for those that are gone.
    [[nodiscard]] std::vector<std::int64_t> renditions(const std::vector<imap::Uid>& uids) const;
    imap::Async<std::vector<MetadataCache::Entry>> entries(const std::vector<std::int64_t>& renditions);
    imap::Async<imap::Result<imap::Flags>> bits(imap::StoreMode mode, std::vector<std::string> names);

    std::shared_ptr<Rooms> rooms_;
    store::Account account_;
    std::shared_ptr<Keywords> keywords_;
    std::shared_ptr<SharedMailbox> mailbox_;
    imap::Uid recent_from_;
    Access access_;
};

}  // namespace gateway::mailboxes
