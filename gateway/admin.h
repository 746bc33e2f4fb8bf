// admin: the port of the commands that look after a store: accounts, aliases, the queue, messages.
// Blocking; no event loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace gateway {

// Asked for something that cannot be: no such account, one that exists. The text is a sentence for
// people.
struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Addresses are compared as everywhere: case does not matter. Throws Refused; and what the database
// throws when it is away.
class Admin {
public:
    struct AccountRow {
        std::string address;
        bool suspended = false;
        std::chrono::sys_seconds created{};
        std::uint64_t octets = 0;  // stored for it
    };

    struct AliasRow {
        std::string alias, target;
    };

    struct QueueRow {
        std::int64_t id = 0;
        std::string message;  // guid@server
        std::string recipient;
        std::string state;  // "pending", "deferred"
        int attempts = 0;
        std::chrono::sys_seconds next{};
        std::string last;  // what the last attempt met; "" before the first
    };

    virtual ~Admin() = default;

    struct NewAccount {
        std::string address, verifier;  // accounts/verifier.h
    };

    // All or none. The domains must be ones that are served.
    virtual void add_accounts(const std::vector<NewAccount>& accounts) = 0;
    virtual std::vector<AccountRow> accounts() = 0;
    virtual void set_password(const std::string& address, const std::string& verifier) = 0;
    virtual void remove_account(const std::string& address) = 0;
    virtual void suspend(const std::string& address, bool on) = 0;

    virtual void add_alias(const std::string& alias, const std::string& target) = 0;
    virtual std::vector<AliasRow> aliases() = 0;
    virtual void remove_alias(const std::string& alias) = 0;

    virtual std::vector<QueueRow> queue() = 0;
    virtual std::optional<QueueRow> queued(std::int64_t id) = 0;
    // Due now; nullopt: all. How many there were.
    virtual std::size_t retry(std::optional<std::int64_t> id) = 0;
    // Given up: the sender is told as after any failure.
    virtual void remove_queued(std::int64_t id) = 0;

    struct Broken {
        std::string invariant;  // what should be true of every store
        std::int64_t count = 0;
        std::vector<std::string> examples;
    };

    // What is wrong with the store; none: all is well. Reads all of it.
    virtual std::vector<Broken> broken() = 0;

    // The message as email2 XML with everybody on its list, however it may be; nullopt: there is
    // none.
    virtual std::optional<std::string> message(const std::string& id) = 0;
};

}  // namespace gateway
