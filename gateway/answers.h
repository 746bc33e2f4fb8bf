// answers: messages as they were shown a moment ago, so that one that many look at is not made for each.
//
// Whatever is told of a change, and each commit of this process, makes all of it stale: what makes a message look
// otherwise is too much to name (lists, deliveries, rights, people). So it serves what is looked at more often than
// anything changes.
#pragma once

#include "gateway/http/services.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace gateway {

// For one thread.
class Answers {
public:
    // Taken before the store is asked.
    struct Stamp {
        std::uint64_t commits = 0, news = 0;
        std::chrono::steady_clock::time_point at;
    };
    [[nodiscard]] Stamp stamp() const;

    [[nodiscard]] std::optional<http::Shown> find(const std::string& question) const;
    void remember(const std::string& question, const http::Shown& shown, const Stamp& stamp);
    // Something changed, somewhere.
    void changed();

private:
    [[nodiscard]] bool holds(const Stamp& stamp) const;

    struct Place {
        http::Shown shown;
        Stamp stamp;
    };
    std::unordered_map<std::string, Place> places_;
    std::size_t octets_ = 0;
    std::uint64_t news_ = 0;
};

}  // namespace gateway
