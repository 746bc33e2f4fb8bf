// door: imap::Door over the store: from a login to the account's mailboxes. What main makes, once
// for a process.
#pragma once

#include "gateway/mailboxes/rooms.h"
#include "gateway/store/listener.h"
#include "imap/mailboxes.h"

#include <functional>
#include <memory>
#include <string>

namespace gateway::mailboxes {

// Whether the password of LOGIN is right. Whoever knows verifiers stands behind it
// (gateway/accounts).
struct Checked {
    std::string user;    // the account's address; "" when it failed
    std::string reason;  // why, when it was not the password; may be ""
};

using PasswordCheck = std::function<imap::Async<Checked>(std::string login, std::string password)>;

// Everything given by reference outlives it. `executor`: where reading mailboxes on news runs; any,
// each mailbox makes a strand of its own of it.
class Door final : public imap::Door {
public:
    Door(store::Database& database, store::Writer& writer, store::Listener& listener,
        boost::asio::any_io_executor executor, Settings settings, PasswordCheck check);

    imap::Async<imap::Result<std::unique_ptr<imap::Mailboxes>>> login(std::string user, std::string password) override;
    imap::Async<imap::Result<std::unique_ptr<imap::Mailboxes>>> open(std::string user) override;

private:
    std::shared_ptr<Rooms> rooms_;
    PasswordCheck check_;
};

}  // namespace gateway::mailboxes
