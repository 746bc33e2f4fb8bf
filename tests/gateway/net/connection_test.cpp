// connection_test: the wire over real sockets.
#include "echo.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <fstream>

using namespace net_tests;
using boost::system::system_error;

TEST_SUITE("net: connection")
{
    TEST_CASE("what is written is read, plain")
    {
        Rig rig(echo);
        rig.run([&]() -> asio::awaitable<void> {
            auto connection = co_await rig.call();
            co_await connection->write("hello", 1s);
            CHECK(co_await read_exactly(*connection, 5) == "hello");
            CHECK(!connection->encrypted());
            CHECK(connection->tls_summary().empty());
            CHECK(connection->loopback());
            CHECK(connection->peer_address() == "127.0.0.1");
        });
    }

    TEST_CASE("TLS can be started in the middle, and what was said before stays plain")
    {
        Rig rig([](std::unique_ptr<Connection> connection) -> asio::awaitable<void> {
            std::string line;
            co_await connection->read(line, 5s);
            co_await connection->write("go\r\n", 5s);
            co_await connection->start_tls();
            co_await echo(std::move(connection));
        });
        rig.run([&]() -> asio::awaitable<void> {
            auto connection = co_await rig.call();
            co_await connection->write("STARTTLS\r\n", 1s);
            CHECK(co_await read_exactly(*connection, 4) == "go\r\n");
            co_await connection->start_tls("mail.one.test");
            CHECK(connection->encrypted());
            CHECK(connection->tls_summary().starts_with("TLSv1.3 "));
            const std::string much(1'000'000, 'x');
            std::string back;
            // Both at once, or the two windows fill and both wait.
            using namespace asio::experimental::awaitable_operators;
            auto all = [&]() -> asio::awaitable<void> { back = co_await read_exactly(*connection, much.size()); };
            co_await (connection->write(much, 5s) && all());
            CHECK(back == much);
        });
    }

    TEST_CASE("an implicit TLS listener speaks TLS from the first octet")
    {
        Rig rig(echo, {"smtps", Transport::implicit_tls});
        rig.run([&]() -> asio::awaitable<void> {
            auto connection = co_await rig.call();
            co_await connection->start_tls();
            co_await connection->write("hello", 1s);
            CHECK(co_await read_exactly(*connection, 5) == "hello");
        });
    }

    TEST_CASE("a silent peer ends in timed_out, and the connection can still be written to")
    {
        Rig rig([](std::unique_ptr<Connection> connection) -> asio::awaitable<void> {
            std::string buffer;
            std::string outcome = "no error";
            try {
                co_await connection->read(buffer, 50ms);
            } catch (const system_error& error) {
                outcome = error.code() == asio::error::timed_out ? "timed out" : error.what();
            }
            co_await connection->write(outcome, 1s);
        });
        rig.run([&]() -> asio::awaitable<void> {
            auto connection = co_await rig.call();
            std::string said;
            while (co_await connection->read(said, 5s)) {
            }
            CHECK(said == "timed out");
        });
    }

    TEST_CASE("a peer that never reads ends the writer in timed_out")
    {
        bool timed_out = false;
        asio::steady_timer* done = nullptr;
        Rig rig([&](std::unique_ptr<Connection> connection) -> asio::awaitable<void> {
            const std::string much(64 * 1024 * 1024, 'x');
            try {
                co_await connection->write(much, 100ms);
            } catch (const system_error& error) {
                timed_out = error.code() == asio::error::timed_out;
            }
            done->cancel();
        });
        rig.run([&]() -> asio::awaitable<void> {
            asio::steady_timer timer(rig.io, 5s);
            done = &timer;
            auto connection = co_await rig.call();
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        });
        CHECK(timed_out);
    }

    TEST_CASE("a read that is cancelled while nothing has come loses nothing, plain and over TLS")
    {
        for (const auto transport : {Transport::plain, Transport::implicit_tls}) {
            CAPTURE(static_cast<int>(transport));
            Rig rig(echo, {"test", transport});
            rig.run([&]() -> asio::awaitable<void> {
                using namespace asio::experimental::awaitable_operators;
                auto connection = co_await rig.call();
                if (transport == Transport::implicit_tls) co_await connection->start_tls();
                asio::steady_timer timer(rig.io, 20ms);
                std::string buffer;
                const auto first =
                    co_await (connection->read(buffer, 5s) || timer.async_wait(asio::as_tuple(asio::use_awaitable)));
                CHECK(first.index() == 1);
                CHECK(buffer.empty());
                co_await connection->write("still here", 1s);
                CHECK(co_await read_exactly(*connection, 10) == "still here");
            });
        }
    }

    TEST_CASE("a write's deadline does not end a read that still has patience")
    {
        Rig rig([](std::unique_ptr<Connection> connection) -> asio::awaitable<void> {
            asio::steady_timer timer(connection->executor(), 300ms);
            co_await timer.async_wait(asio::use_awaitable);
            co_await connection->write("late", 1s);
            std::string rest;
            co_await connection->read(rest, 1s);
        });
        rig.run([&]() -> asio::awaitable<void> {
            using namespace asio::experimental::awaitable_operators;
            auto connection = co_await rig.call();
            const std::string much(64 * 1024 * 1024, 'x');
            bool timed_out = false;
            auto hopeless = [&]() -> asio::awaitable<void> {
                try {
                    co_await connection->write(much, 100ms);
                } catch (const system_error& error) {
                    timed_out = error.code() == asio::error::timed_out;
                }
            };
            std::string buffer;
            auto patient = [&]() -> asio::awaitable<void> { co_await connection->read(buffer, 5s); };
            co_await (hopeless() && patient());
            CHECK(timed_out);
            CHECK(buffer == "late");
        });
    }

    TEST_CASE("the end of the stream is false, with and without close_notify")
    {
        Rig rig([](std::unique_ptr<Connection> connection) -> asio::awaitable<void> {
            co_await connection->write("bye", 1s);
            connection->close();
            connection->close();
        });
        rig.run([&]() -> asio::awaitable<void> {
            auto connection = co_await rig.call();
            std::string said;
            CHECK(co_await connection->read(said, 1s));
            CHECK(!co_await connection->read(said, 1s));
            CHECK(said == "bye");
        });
    }

    TEST_CASE("the last line arrives although the peer's flood was never read")
    {
        Rig rig([](std::unique_ptr<Connection> connection) -> asio::awaitable<void> {
            std::string buffer;
            co_await connection->read(buffer, 1s);
            co_await connection->write("421 enough\r\n", 1s);
        });
        rig.run([&]() -> asio::awaitable<void> {
            auto connection = co_await rig.call();
            co_await connection->write(std::string(200'000, 'x'), 1s);
            std::string said;
            while (co_await connection->read(said, 1s)) {
            }
            CHECK(said == "421 enough\r\n");
        });
    }

    TEST_CASE("garbage instead of a handshake is an error, not a crash")
    {
        Rig rig(echo, {"imaps", Transport::implicit_tls});
        rig.run([&]() -> asio::awaitable<void> {
            auto connection = co_await rig.call();
            co_await connection->write("EHLO plain\r\n\r\n", 1s);
            std::string said;
            while (co_await connection->read(said, 5s)) {
            }
            CHECK(said.size() < 100);  // at most an alert
        });
    }

    TEST_CASE("a name can be called, and calling a closed port is refused")
    {
        Rig rig(echo);
        rig.run([&]() -> asio::awaitable<void> {
            CHECK_THROWS_AS(co_await dial(rig.io.get_executor(), "127.0.0.1", 1, 1s, rig.tls), system_error);
            auto connection =
                co_await dial(rig.io.get_executor(), "localhost", rig.listener.address().port, 5s, rig.tls);
            co_await connection->write("hello", 1s);
            CHECK(co_await read_exactly(*connection, 5) == "hello");
            Dialler dialler(rig.io.get_executor(), rig.tls);
            auto wire = co_await dialler.dial("127.0.0.1", rig.listener.address().port, 5s);
            co_await wire->write("again", 1s);
            std::string said;
            CHECK(co_await wire->read(said, 5s));
            CHECK(said == "again");
        });
    }

    // Both ends live in this process: the figure counts a server's and a client's connection with
    // their coroutines.
    TEST_CASE("five hundred idle TLS connections hold little memory")
    {
        const auto resident = [] {
            std::size_t total = 0, pages = 0;
            std::ifstream("/proc/self/statm") >> total >> pages;
            return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        };
        Rig rig(echo, {"imaps", Transport::implicit_tls});
        rig.run([&]() -> asio::awaitable<void> {
            std::vector<std::unique_ptr<Connection>> idle;
            const auto call = [&]() -> asio::awaitable<void> {
                auto connection = co_await rig.call();
                co_await connection->start_tls();
                co_await connection->write("hello", 1s);
                co_await read_exactly(*connection, 5);
                idle.push_back(std::move(connection));
            };
            for (int i = 0; i < 20; ++i) co_await call();
            const auto before = resident();
            for (int i = 0; i < 500; ++i) co_await call();
            const auto each = (resident() - before) / 500;
            MESSAGE("octets for both ends of one idle TLS connection: " << each);
            CHECK(each < 80'000);
        });
    }

    TEST_CASE("the certificate is made once and read again on reload")
    {
        Folder folder;
        const CertificateFiles files{folder.path / "c.pem", folder.path / "k.pem"};
        make_self_signed(files, {"mail.one.test"});
        const auto made = std::filesystem::last_write_time(files.certificate);
        make_self_signed(files, {"mail.one.test"});
        CHECK(std::filesystem::last_write_time(files.certificate) == made);
        TlsContext tls(files);
        CHECK_NOTHROW(tls.reload());
        std::ofstream(files.certificate) << "no certificate";
        CHECK_THROWS(tls.reload());
        CHECK(tls.open(Side::server) != nullptr);
        CHECK_THROWS(TlsContext(files));
    }
}
