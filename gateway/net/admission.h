// admission: how many connections at once, in all and from one address.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace gateway::net {

class Connection;

// Shared by all listeners of a process; outlives their connections. For one thread.
class Admission {
public:
    struct Limits {
        std::size_t connections = 10'000;
        std::size_t per_address = 100;  // loopback is exempt: whole programs live behind it
    };

    // A connection's place, given back at its end; the connection holds it.
    class Place {
    public:
        Place(Admission& admission, std::string address, Connection& connection);
        Place(Place&& other) noexcept;
        Place& operator=(Place&&) = delete;
        ~Place();

    private:
        Admission* admission_;
        std::string address_;
        Connection* connection_;
    };

    explicit Admission(Limits limits) : limits_(limits) {}

    // False: no room. Otherwise the connection holds its place from now on. `address` "": no limit
    // but the common one.
    [[nodiscard]] bool enter(Connection& connection, const std::string& address);
    // Ends every connection: what waits in it gets operation_aborted.
    void close_all();

    [[nodiscard]] std::size_t connections() const { return inside_.size(); }

    void change(Limits limits) { limits_ = limits; }

private:
    void leave(const std::string& address, Connection* connection);

    Limits limits_;
    std::unordered_set<Connection*> inside_;
    std::unordered_map<std::string, std::size_t> by_address_;  // loopback not counted
};

}  // namespace gateway::net
