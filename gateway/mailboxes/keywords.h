// keywords: the names of one user's keywords, shared by all their sessions in this process. They
// only grow.
#pragma once

#include "imap/mailboxes.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gateway::mailboxes {

// Thread-safe.
class Keywords {
public:
    [[nodiscard]] std::vector<std::string> names() const
    {
        const std::lock_guard lock(mutex_);
        return names_;
    }

    // A shorter list is an older one.
    void learn(std::vector<std::string> names)
    {
        const std::lock_guard lock(mutex_);
        if (names.size() > names_.size()) names_ = std::move(names);
    }

    // Whether each of these bits has a name here.
    [[nodiscard]] bool covers(imap::Flags flags) const
    {
        const std::lock_guard lock(mutex_);
        const auto known = static_cast<unsigned>(imap::first_keyword) + names_.size();
        return known >= 64 || (flags >> known) == 0;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> names_;
};

}  // namespace gateway::mailboxes
