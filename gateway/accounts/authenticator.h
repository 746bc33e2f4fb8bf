// authenticator: whether somebody is who they say. Passwords are hashed off the network thread, and
// a login that was right a moment ago is recognised without hashing.
#pragma once

#include "gateway/accounts/directory.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

struct Gsasl;

namespace gateway::accounts {

struct Outcome {
    std::string user;    // the account's address; "" when it failed
    std::string reason;  // why, when it was not the password: "account suspended"; may be empty
    bool operator==(const Outcome&) const = default;
};

// One for a process, on the network thread; outlives its sessions.
class Authenticator {
public:
    explicit Authenticator(AccountDirectory& directory);
    ~Authenticator();
    Authenticator(const Authenticator&) = delete;
    Authenticator& operator=(const Authenticator&) = delete;

    // Takes as long for an unknown user as for a wrong password, and longer for `peer` (an address;
    // "" spares it) that fails often. Throws what the directory throws.
    boost::asio::awaitable<Outcome> check(std::string login, std::string password, std::string peer);

    // For the exchanges of sasl.h.
    boost::asio::awaitable<std::optional<Account>> find(std::string login);
    // To be awaited before a failure is answered; counts it.
    boost::asio::awaitable<void> failed(std::string peer, std::string account = {});
    // A verifier that nobody's password fits, always the same one for a login.
    [[nodiscard]] std::string decoy(std::string_view login) const;

    [[nodiscard]] Gsasl* library() const { return library_.get(); }

private:
    struct Failures {
        int count = 0;
        std::chrono::steady_clock::time_point since;
    };

    struct Done {
        void operator()(Gsasl* library) const;
    };

    [[nodiscard]] bool remembers(const std::string& key, const std::string& verifier) const;
    void remember(std::string key, std::string verifier);
    std::chrono::milliseconds delay_after_failure(const std::string& peer);

    AccountDirectory& directory_;
    std::string process_key_;  // so that what is remembered tells nothing outside this process
    // HMAC of login and password -> the verifier it fitted. Two generations: the older goes when
    // the newer is full.
    std::unordered_map<std::string, std::string> recent_, older_;
    std::unordered_map<std::string, Failures> failures_;
    std::unique_ptr<Gsasl, Done> library_;
    boost::asio::thread_pool hashing_{1};
};

}  // namespace gateway::accounts
