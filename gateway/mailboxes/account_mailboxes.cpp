// account_mailboxes: names, status and selecting; APPEND is in append.cpp.
#include "gateway/mailboxes/account_mailboxes.h"

#include "gateway/mailboxes/changing.h"
#include "gateway/mailboxes/selected.h"
#include "gateway/store/charges.h"
#include "gateway/store/mailbox_keywords.h"
#include "gateway/store/mailbox_names.h"
#include "gateway/store/mailbox_renditions.h"

namespace gateway::mailboxes {

using imap::Async;
using imap::Result;

AccountMailboxes::AccountMailboxes(
    std::shared_ptr<Rooms> rooms, store::Account account, std::vector<std::string> keywords)
    : rooms_(std::move(rooms)), account_(std::move(account)), keywords_(rooms_->open.keywords(account_.id))
{
    keywords_->learn(std::move(keywords));
}

Async<std::vector<imap::MailboxInfo>> AccountMailboxes::list()
{
    co_return co_await rooms_->database.run(
        [user = account_.id](store::Session& session) { return store::list_mailboxes(session, user); });
}

Async<std::vector<std::string>> AccountMailboxes::subscriptions()
{
    co_return co_await rooms_->database.run(
        [user = account_.id](store::Session& session) { return store::list_subscriptions(session, user); });
}

Async<Result<imap::MailboxStatus>> AccountMailboxes::status(std::string name)
{
    co_return co_await rooms_->database.run(
        [rooms = rooms_, user = account_.id, name = store::canonical_name(std::move(name))](
            store::Session& session) -> Result<imap::MailboxStatus> {
            const auto mailbox = store::require_mailbox(session, user, name, store::Purpose::open);
            if (!mailbox) return tl::unexpected(mailbox.error());
            auto status = store::count_status(session, user, *mailbox);
            const Sizes::Set set{status.uid_next, status.messages};
            if (const auto known = rooms->sizes.find(mailbox->id, set)) {
                status.size = *known;
            } else {
                status.size = store::total_size(session, user, mailbox->id);
                rooms->sizes.learn(mailbox->id, set, status.size);
            }
            constexpr std::int64_t deleted = imap::deleted;
            if (status.deleted != 0) status.deleted_size = store::total_size(session, user, mailbox->id, deleted);
            return status;
        });
}

Async<imap::Quota> AccountMailboxes::quota()
{
    co_return co_await rooms_->database.run(
        [account = account_.address, storage = rooms_->settings.storage](store::Session& session) {
            imap::Quota quota;
            const auto held = store::exact_storage_of(session, account, storage);
            if (!held || held->limit == 0) return quota;
            return imap::Quota{held->charged, held->limit};
        });
}

Async<Result<std::unique_ptr<imap::Mailbox>>> AccountMailboxes::select(std::string name, bool examine)
{
    struct Opened {
        std::int32_t id = 0;
        imap::Uid recent_from = 1;
        std::vector<std::string> keywords;
    };

    auto opened = co_await rooms_->database.run([user = account_.id, name = store::canonical_name(std::move(name)),
                                                    examine](store::Session& session) -> Result<Opened> {
        const auto mailbox = store::require_mailbox(session, user, name, store::Purpose::open);
        if (!mailbox) return tl::unexpected(mailbox.error());
        return Opened{mailbox->id, examine ? mailbox->recent : store::claim_recent(session, mailbox->id),
            store::read_keywords(session, user)};
    });
    if (!opened) co_return tl::unexpected(opened.error());
    keywords_->learn(std::move(opened->keywords));
    auto shared = rooms_->open.open(account_.id, opened->id);
    co_await shared->refresh();
    const auto access = examine ? Selected::Access::read_only : Selected::Access::read_write;
    co_return std::unique_ptr<imap::Mailbox>(
        std::make_unique<Selected>(rooms_, account_, keywords_, std::move(shared), opened->recent_from, access));
}

Async<Result<std::string>> AccountMailboxes::create(std::string name, imap::SpecialUse use)
{
    // RFC 6154 3: every special use has its mailbox already.
    if (use != imap::SpecialUse::none) co_return tl::unexpected(imap::No{"USEATTR", "There is a mailbox for that use"});
    co_return co_await changing(*rooms_,
        [user = account_.id, name = store::canonical_name(std::move(name))](
            store::Session& session, store::Changes& changes) -> Result<std::string> {
            return store::create_mailbox(session, changes, user, name).map([](std::int32_t id) {
                return store::mailbox_id(id);
            });
        });
}

Async<Result<void>> AccountMailboxes::remove(std::string name)
{
    co_return co_await changing(
        *rooms_, [account = account_, name = store::canonical_name(std::move(name)), scope = rooms_->settings.leave](
                     store::Session& session, store::Changes& changes) {
            return store::delete_mailbox(session, changes, account, name, scope);
        });
}

Async<Result<void>> AccountMailboxes::rename(std::string from, std::string to)
{
    co_return co_await changing(*rooms_,
        [user = account_.id, from = store::canonical_name(std::move(from)), to = store::canonical_name(std::move(to))](
            store::Session& session, store::Changes& changes) {
            return store::rename_mailbox(session, changes, user, from, to);
        });
}

Async<Result<void>> AccountMailboxes::subscribe(std::string name, bool on)
{
    co_return co_await changing(*rooms_,
        [user = account_.id, name = store::canonical_name(std::move(name)), on](
            store::Session& session, store::Changes& changes) -> Result<void> {
            if (auto no = store::bad_name(name)) return tl::unexpected(*no);
            return store::subscribe_mailbox(session, changes, user, name, on);
        });
}

}  // namespace gateway::mailboxes
