// followers: sessions that follow the events, and what each of them is told. email2.md "Events".
//
// However many they are, a burst of events costs one question to the store: which of these people may know which of
// them.
#pragma once

#include "gateway/http/services.h"
#include "gateway/store/changes.h"
#include "gateway/store/database.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace gateway {

// On the network thread; outlives nobody who awaits it.
class Followers {
public:
    Followers(boost::asio::any_io_executor executor, store::Database& database);
    ~Followers();
    Followers(const Followers&) = delete;
    Followers& operator=(const Followers&) = delete;

    // What the listener says.
    void hear(const store::News& news);
    // `person`: an account's id. See http::Services::follow.
    boost::asio::awaitable<std::shared_ptr<http::Following>> follow(std::int32_t person);
    // Ends all following: the process stops.
    void stop();
    [[nodiscard]] std::size_t size() const;

private:
    struct Circle;
    class Follower;
    std::shared_ptr<Circle> circle_;
};

}  // namespace gateway
