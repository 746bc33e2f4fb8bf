// ids: message and rendition ids, handed out from blocks, so that a group of messages asks the database for none.
#pragma once

#include "gateway/store/session.h"

#include <cstdint>
#include <mutex>

namespace gateway::store {

class Ids {
public:
    // Thread-safe. A block that a process leaves unused is lost, which costs nothing.
    std::int64_t next(Session& session)
    {
        const std::lock_guard lock(mutex_);
        if (next_ == end_) {
            next_ = session.query("select nextval('message_block')").integer(0, 0) * block;
            end_ = next_ + block;
        }
        return next_++;
    }

private:
    static constexpr std::int64_t block = 1000;
    std::mutex mutex_;
    std::int64_t next_ = 0, end_ = 0;
};

}  // namespace gateway::store
