// reputation: who is met how at the door, by what people here said of their mail. email2.md rule 11.
//
// Verdicts are remembered for a moment, arrivals are counted here and written now and then: neither costs the taking in
// of mail anything. A crash forgets the last arrivals, which matters to nobody.
#pragma once

#include "email2/abuse.h"
#include "gateway/store/database.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

namespace gateway::ingress {

// On the network's thread.
class Reputation {
public:
    explicit Reputation(store::Database& database) : database_(database) {}

    // By a source's name: email2::source_of, email2::network_of. "": nothing is known.
    boost::asio::awaitable<email2::Verdict> verdict(std::string source);
    void arrived(const std::string& source);
    // What arrived since the last time.
    boost::asio::awaitable<void> write();

private:
    struct Remembered {
        email2::Verdict verdict = email2::Verdict::take;
        std::chrono::steady_clock::time_point at;
    };
    store::Database& database_;
    std::unordered_map<std::string, Remembered> remembered_;
    std::map<std::string, std::uint32_t> arrivals_;
};

}  // namespace gateway::ingress
