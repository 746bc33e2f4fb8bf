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

// `peer`: the address that it comes from; "" when it is not known.
using PasswordCheck = std::function<imap::Async<Checked>(std::string login, std::string password, std::string peer)>;

// Everything given by reference outlives it. `executor`: where reading mailboxes on news runs; any,
// each mailbox makes a strand of its own of it.
class Door final : public imap::Door {
public:
    Door(store::Database& database, store::Writer& writer, store::Listener& listener,
        boost::asio::any_io_executor executor, Settings settings, PasswordCheck check);

    imap::Async<imap::Result<std::unique_ptr<imap::Mailboxes>>> login(std::string user, std::string password) override;
    imap::Async<imap::Result<std::unique_ptr<imap::Mailboxes>>> login_from(
        std::string peer, std::string user, std::string password);
    imap::Async<imap::Result<std::unique_ptr<imap::Mailboxes>>> open(std::string user) override;

private:
    std::shared_ptr<Rooms> rooms_;
    PasswordCheck check_;
};

// The door as one connection finds it: whoever guesses passwords there is known by their address.
class ConnectionDoor final : public imap::Door {
public:
    ConnectionDoor(mailboxes::Door& door, std::string peer) : door_(door), peer_(std::move(peer)) {}

    imap::Async<imap::Result<std::unique_ptr<imap::Mailboxes>>> login(std::string user, std::string password) override
    {
        return door_.login_from(peer_, std::move(user), std::move(password));
    }
    imap::Async<imap::Result<std::unique_ptr<imap::Mailboxes>>> open(std::string user) override
    {
        return door_.open(std::move(user));
    }

private:
    mailboxes::Door& door_;
    std::string peer_;
};

}  // namespace gateway::mailboxes
