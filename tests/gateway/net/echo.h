// echo: two ends of a real connection on the loopback interface, for the tests of net.
#pragma once

#include "gateway/net/dialler.h"
#include "gateway/net/listener.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace net_tests {

using namespace gateway::net;
using namespace std::chrono_literals;
namespace asio = boost::asio;

// A folder that goes with its scope.
struct Folder {
    Folder()
    {
        std::string name = std::filesystem::temp_directory_path() / "e2-net-XXXXXX";
        path = ::mkdtemp(name.data());
    }

    ~Folder() { std::filesystem::remove_all(path); }

    std::filesystem::path path;
};

inline std::shared_ptr<TlsContext> self_signed(const Folder& folder)
{
    const CertificateFiles files{folder.path / "certificate.pem", folder.path / "key.pem"};
    make_self_signed(files, {"mail.one.test", "localhost", "127.0.0.1"});
    return std::make_shared<TlsContext>(files);
}

// A server with `handler` behind it, and a thread's worth of event loop.
struct Rig {
    explicit Rig(Listener::Handler handler, Listener::Options options = {"test"}, Admission::Limits limits = {})
        : tls(self_signed(folder))
        , admission(limits)
        , listener(io, {"127.0.0.1", 0}, std::move(options), tls, admission, std::move(handler))
    {
    }

    // Runs `client` to its end; what it throws comes out here.
    void run(std::function<asio::awaitable<void>()> client)
    {
        std::exception_ptr failure;
        asio::co_spawn(io, std::move(client), [&](std::exception_ptr error) {
            failure = error;
            listener.stop();
            io.stop();
        });
        io.restart();
        io.run();
        if (failure) std::rethrow_exception(failure);
    }

    asio::awaitable<std::unique_ptr<Connection>> call()
    {
        return dial(io.get_executor(), "127.0.0.1", listener.address().port, 5s, tls);
    }

    Folder folder;
    std::shared_ptr<TlsContext> tls;
    asio::io_context io;
    Admission admission;
    Listener listener;
};

// Says every piece back until the peer ends.
inline asio::awaitable<void> echo(std::unique_ptr<Connection> connection)
{
    std::string buffer;
    while (co_await connection->read(buffer, 5s)) {
        co_await connection->write(buffer, 5s);
        buffer.clear();
    }
}

inline asio::awaitable<std::string> read_exactly(Connection& connection, std::size_t octets)
{
    std::string all;
    while (all.size() < octets && co_await connection.read(all, 5s)) {
    }
    co_return all;
}

}  // namespace net_tests
