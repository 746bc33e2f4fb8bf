// admission: how many connections at once, in all and from one address.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

namespace gateway::net {

// Shared by all listeners of a process; outlives their connections. For one thread.
class Admission {
public:
    struct Limits {
        std::size_t connections = 10'000;
        std::size_t per_address = 100;  // loopback is exempt: whole programs live behind it
    };

    // A connection's place, given back at its end.
    class Place {
    public:
        Place(Admission& admission, std::string address);
        Place(Place&& other) noexcept;
        Place& operator=(Place&&) = delete;
        ~Place();

    private:
        Admission* admission_;
        std::string address_;
    };

    explicit Admission(Limits limits) : limits_(limits) {}

    // nullopt: no room.
    [[nodiscard]] std::optional<Place> enter(const std::string& address, bool loopback);

    [[nodiscard]] std::size_t connections() const { return connections_; }

    void change(Limits limits) { limits_ = limits; }

private:
    void leave(const std::string& address);

    Limits limits_;
    std::size_t connections_ = 0;
    std::unordered_map<std::string, std::size_t> by_address_;  // loopback not counted
};

}  // namespace gateway::net
