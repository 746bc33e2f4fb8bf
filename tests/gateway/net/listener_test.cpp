// listener_test: who gets in, and how all get out.
#include "echo.h"
#include "gateway/net/sessions.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>

using namespace net_tests;

TEST_SUITE("net: listener")
{
    TEST_CASE("addresses are host:port, IPv6 in brackets")
    {
        CHECK(host_port("127.0.0.1:25") == HostPort{"127.0.0.1", 25});
        CHECK(host_port("[::1]:143") == HostPort{"::1", 143});
        CHECK(host_port("*:0") == HostPort{"*", 0});
        CHECK(HostPort{"::1", 143}.text() == "[::1]:143");
        for (const auto* wrong : {"", "25", ":25", "::1:25", "host:", "host:65536", "host:2x", "host:-1"}) {
            CAPTURE(wrong);
            CHECK(!host_port(wrong));
        }
    }

    TEST_CASE("one connection too many is told so and closed; a place given back is free again")
    {
        Rig rig(echo, {"smtp", Transport::plain, "421 4.3.2 too many connections\r\n"}, {.connections = 1});
        rig.run([&]() -> asio::awaitable<void> {
            {
                auto first = co_await rig.call();
                co_await first->write("1", 1s);
                CHECK(co_await read_exactly(*first, 1) == "1");
                auto second = co_await rig.call();
                std::string said;
                while (co_await second->read(said, 1s)) {
                }
                CHECK(said == "421 4.3.2 too many connections\r\n");
            }
            while (rig.admission.connections() > 0) {
                asio::steady_timer pause(rig.io, 1ms);
                co_await pause.async_wait(asio::use_awaitable);
            }
            auto third = co_await rig.call();
            co_await third->write("3", 1s);
            CHECK(co_await read_exactly(*third, 1) == "3");
        });
    }

    TEST_CASE("the limit for one address spares loopback and counts down")
    {
        asio::io_context io;
        Admission admission({.connections = 6, .per_address = 2});
        const auto connection = [&] {
            return std::make_unique<Connection>(asio::ip::tcp::socket(io), Side::server, nullptr);
        };
        const auto a = connection();
        auto b = connection();
        const auto c = connection();
        const auto d = connection();
        CHECK(admission.enter(*a, "192.0.2.1"));
        CHECK(admission.enter(*b, "192.0.2.1"));
        CHECK(!admission.enter(*c, "192.0.2.1"));
        CHECK(admission.enter(*d, "192.0.2.2"));
        CHECK(admission.connections() == 3);
        b.reset();
        CHECK(admission.enter(*c, "192.0.2.1"));
        std::vector<std::unique_ptr<Connection>> many;
        for (int i = 0; i < 4; ++i) many.push_back(connection());
        for (int i = 0; i < 3; ++i) CHECK(admission.enter(*many[static_cast<std::size_t>(i)], ""));
        CHECK(!admission.enter(*many[3], ""));
    }

    TEST_CASE("closing all ends those that wait")
    {
        bool ended = false;
        Rig rig([&](std::unique_ptr<Connection> connection) -> asio::awaitable<void> {
            std::string buffer;
            try {
                co_await connection->read(buffer, 1h);
            } catch (const boost::system::system_error& error) {
                ended = error.code() == asio::error::operation_aborted;
            }
        });
        rig.run([&]() -> asio::awaitable<void> {
            auto connection = co_await rig.call();
            while (rig.admission.connections() == 0) co_await asio::post(rig.io, asio::use_awaitable);
            rig.admission.close_all();
            std::string said;
            CHECK(!co_await connection->read(said, 1s));
            while (rig.admission.connections() > 0) co_await asio::post(rig.io, asio::use_awaitable);
        });
        CHECK(ended);
    }

    TEST_CASE("a port in use is an error that names it")
    {
        Rig rig(echo);
        const auto address = rig.listener.address();
        Admission admission({});
        try {
            Listener second(rig.io, address, {"smtp"}, nullptr, admission, echo);
            FAIL("no error");
        } catch (const boost::system::system_error& error) {
            CHECK(std::string(error.what()).find(address.text()) != std::string::npos);
        }
    }

    TEST_CASE("a handler that throws ends its connection and nothing else")
    {
        Rig rig([](std::unique_ptr<Connection>) -> asio::awaitable<void> {
            throw std::runtime_error("on purpose");
            co_return;
        });
        rig.run([&]() -> asio::awaitable<void> {
            for (int i = 0; i < 2; ++i) {
                auto connection = co_await rig.call();
                std::string said;
                CHECK(!co_await connection->read(said, 1s));
            }
        });
    }

    TEST_CASE("draining asks every session once and waits for the last")
    {
        asio::io_context io;
        Sessions sessions(io.get_executor());
        int asked = 0;
        auto session = [&](std::chrono::milliseconds last_words) -> asio::awaitable<void> {
            asio::steady_timer end(io, 1h);
            auto ticket = sessions.enter([&] {
                ++asked;
                end.expires_after(last_words);
            });
            while (co_await end.async_wait(asio::as_tuple(asio::use_awaitable)) !=
                   std::tuple(boost::system::error_code{})) {
            }
        };
        asio::co_spawn(io, session(1ms), asio::detached);
        asio::co_spawn(io, session(30ms), asio::detached);
        bool all = false;
        asio::co_spawn(
            io,
            [&]() -> asio::awaitable<void> {
                CHECK(sessions.count() == 2);
                all = co_await sessions.drain(5s);
                CHECK(sessions.count() == 0);
            },
            asio::detached);
        io.run_for(5s);
        CHECK(all);
        CHECK(asked == 2);
    }

    TEST_CASE("draining gives up after its patience")
    {
        asio::io_context io;
        Sessions sessions(io.get_executor());
        auto stubborn = sessions.enter([] {});
        bool all = true;
        asio::co_spawn(io, [&]() -> asio::awaitable<void> { all = co_await sessions.drain(10ms); }, asio::detached);
        io.run();
        CHECK(!all);
    }
}
