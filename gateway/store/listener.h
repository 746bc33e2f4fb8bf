// listener: the news that transactions announce, heard once per process and handed to whoever
// subscribed. store.md 6.
#pragma once

#include "gateway/store/changes.h"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace gateway::store {

// Holds one connection of its own that LISTENs on `channel`. When it breaks it is made again, with
// back-off, and then, as after the first connection, `News{everything}` is told, since something
// may have been missed.
class Listener {
public:
    // Begins at once; subscribers are called on `executor`, one at a time.
    Listener(boost::asio::any_io_executor executor, std::string url);
    ~Listener();  // no subscriber is called after the executor has run what was posted before
    Listener(const Listener&) = delete;

    // From any thread. A subscriber must not throw, nor block.
    void subscribe(std::function<void(const News&)> subscriber);

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace gateway::store
