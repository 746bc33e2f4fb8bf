// directory: the port through which logging in finds accounts. The store stands behind it.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace gateway::accounts {

struct Account {
    std::string address;   // "alice@one.test", as it is named everywhere else
    std::string verifier;  // verifier.h
    bool suspended = false;
};

class AccountDirectory {
public:
    virtual ~AccountDirectory() = default;
    // By what somebody types as user name: the address or, where there is one domain, its local
    // part; case does not matter. Throws when the database is away: that must not look like a wrong
    // password.
    virtual boost::asio::awaitable<std::optional<Account>> find(std::string login) = 0;
};

}  // namespace gateway::accounts
