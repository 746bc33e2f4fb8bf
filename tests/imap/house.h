// house: an IMAP server in memory with any number of sessions, driven step by step. For tests only.
#pragma once

#include "imap/session.h"
#include "memory_mailboxes.h"
#include "scripted_wire.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <deque>
#include <memory>

namespace imap::test {

inline SessionSettings quick_settings()
{
    SessionSettings settings;
    settings.limits.failed_login_delay = std::chrono::milliseconds{0};
    return settings;
}

class House {
public:
    explicit House(SessionSettings settings = quick_settings()) : settings_{std::move(settings)} {}

    ~House()
    {
        for (auto& guest : guests_) guest.wire.hang_up();
        run();
    }

    struct Guest {
        Guest(boost::asio::io_context& io, Door& door, Sasl& sasl, const SessionSettings& settings)
            : wire{io.get_executor()}, session{wire, door, sasl, settings}
        {
        }

        ScriptedWire wire;
        Session session;
        bool ended = false;
    };

    // A new connection, greeted.
    Guest& connect()
    {
        auto& guest = prepare();
        start(guest);
        return guest;
    }

    Guest& prepare() { return guests_.emplace_back(io_, door_, sasl_, settings_); }

    void start(Guest& guest)
    {
        boost::asio::co_spawn(io_, guest.session.run(), [&guest](std::exception_ptr) { guest.ended = true; });
        run();
    }

    // Everything that can happen without new input.
    void run()
    {
        io_.restart();
        io_.poll();
    }

    // Sends and returns what comes back.
    std::string say(Guest& guest, std::string_view bytes)
    {
        guest.wire.send(bytes);
        run();
        return guest.wire.take_output();
    }

    Guest& login()
    {
        auto& guest = connect();
        say(guest, "login LOGIN alice secret\r\n");
        return guest;
    }

    Guest& select(std::string_view mailbox = "INBOX")
    {
        auto& guest = login();
        say(guest, "select SELECT " + std::string{mailbox} + "\r\n");
        return guest;
    }

    MemoryStore store;

private:
    boost::asio::io_context io_;
    SessionSettings settings_;
    MemoryDoor door_{store};
    MemorySasl sasl_;
    std::deque<Guest> guests_;
};

}  // namespace imap::test
