// door: see the header.
#include "gateway/mailboxes/door.h"

#include "gateway/mailboxes/account_mailboxes.h"
#include "gateway/store/mailbox_accounts.h"
#include "gateway/store/mailbox_keywords.h"

namespace gateway::mailboxes {

using imap::Async;
using imap::Result;

Door::Door(store::Database& database, store::Writer& writer, store::Listener& listener,
    boost::asio::any_io_executor executor, Settings settings, PasswordCheck check)
    : rooms_(std::make_shared<Rooms>(database, writer, std::move(executor), std::move(settings)))
    , check_(std::move(check))
{
    listener.subscribe([rooms = std::weak_ptr(rooms_)](const store::News& news) {
        if (const auto open = rooms.lock()) open->open.hear(news);
    });
}

Async<Result<std::unique_ptr<imap::Mailboxes>>> Door::login(std::string user, std::string password)
{
    return login_from("", std::move(user), std::move(password));
}

Async<Result<std::unique_ptr<imap::Mailboxes>>> Door::login_from(
    std::string peer, std::string user, std::string password)
{
    const auto checked = co_await check_(std::move(user), std::move(password), std::move(peer));
    if (checked.user.empty())
        co_return tl::unexpected(
            imap::No{"AUTHENTICATIONFAILED", checked.reason.empty() ? "Invalid credentials" : checked.reason});
    co_return co_await open(checked.user);
}

Async<Result<std::unique_ptr<imap::Mailboxes>>> Door::open(std::string user)
{
    struct Found {
        std::optional<store::Account> account;
        std::vector<std::string> keywords;
    };

    auto found = co_await rooms_->database.run(
        [address = store::login_address(user, rooms_->settings.domains)](store::Session& session) {
            Found out;
            out.account = store::find_account(session, address);
            if (out.account) out.keywords = store::read_keywords(session, out.account->id);
            return out;
        });
    if (!found.account) co_return tl::unexpected(imap::No{"AUTHENTICATIONFAILED", "No such account"});
    // Suspended accounts may read (email2.md rule 11 stops publishing); who may log in at all was
    // the check's to say.
    co_return std::unique_ptr<imap::Mailboxes>(
        std::make_unique<AccountMailboxes>(rooms_, std::move(*found.account), std::move(found.keywords)));
}

}  // namespace gateway::mailboxes
