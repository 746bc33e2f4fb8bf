// postfix_test: a stock Postfix takes what we send, over TLS: skipped unless EGRESS_TEST_SMTP names
// one ("127.0.0.1:14025", see rigs).
#include "doubles.h"
#include "gateway/egress/runner.h"
#include "gateway/net/dialler.h"
#include "gateway/net/tls.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

namespace {

namespace asio = boost::asio;
namespace egress = gateway::egress;
namespace net = gateway::net;
using egress::Result;

class RealDialler : public egress::Dialler {
public:
    explicit RealDialler(std::shared_ptr<const net::TlsContext> tls) : tls_(std::move(tls)) {}

    std::string tls_seen;

    asio::awaitable<std::unique_ptr<smtp::Wire>> dial(
        std::string host, std::uint16_t port, std::chrono::milliseconds deadline) override
    {
        co_return co_await net::dial(co_await asio::this_coro::executor, std::move(host), port, deadline, tls_);
    }

private:
    std::shared_ptr<const net::TlsContext> tls_;
};

std::shared_ptr<const net::TlsContext> tls_context()
{
    const auto folder = std::filesystem::temp_directory_path() / ("egress-test-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    const net::CertificateFiles files{folder / "cert.pem", folder / "key.pem"};
    net::make_self_signed(files, {"us.test"});
    auto context = std::make_shared<net::TlsContext>(files);
    std::filesystem::remove_all(folder);
    return context;
}

}  // namespace

TEST_CASE("a stock Postfix takes, refuses and defers what we send, over TLS" *
          doctest::skip(std::getenv("EGRESS_TEST_SMTP") == nullptr))
{
    test::FakeQueue queue;
    queue.mail = "From: a@x.test\r\nTo: bob@legacy.test\r\nSubject: Gr\xc3\xbc\xc3\x9f"
                 "e\r\n\r\n.dot\r\n\xc3\xa4\r\n";
    for (int i = 1; i <= 300; ++i) queue.add(i, "bob@legacy.test");
    queue.add(1001, "reject5@legacy.test");
    queue.add(1002, "defer4@legacy.test");
    for (auto& job : queue.due) {
        job.eight_bit = true;
        job.queued_at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    }

    test::FakeResolver resolver;
    egress::RouterSettings routes;
    routes.routes.emplace("legacy.test", egress::parse_endpoint(std::getenv("EGRESS_TEST_SMTP")).value());
    egress::Router router(resolver, routes);
    RealDialler dialler(tls_context());
    egress::RunnerSettings settings;
    settings.hostname = "us.test";
    settings.tls = smtp::TlsUse::required;
    settings.linger = std::chrono::milliseconds{100};
    asio::io_context context;
    egress::Runner runner(queue, router, dialler, nullptr, settings);
    const auto start = std::chrono::steady_clock::now();
    const auto watch = [](egress::Runner& runner, test::FakeQueue& queue) -> asio::awaitable<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (int i = 0; i < 3000 && queue.outcomes.size() < 302; ++i) {
            timer.expires_after(std::chrono::milliseconds{10});
            co_await timer.async_wait(asio::use_awaitable);
        }
        runner.stop();
    };
    asio::co_spawn(context, runner.run(), asio::detached);
    asio::co_spawn(context, watch(runner, queue), asio::detached);
    context.run();
    MESSAGE("seconds: ", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
        ", connections: ", runner.counts().dialled);
    CHECK(runner.counts().delivered == 300);
    CHECK(queue.of(1).relayed_dsn);
    CHECK(queue.of(1001).result == Result::failed);
    CHECK(queue.of(1001).status == "5.1.1");
    CHECK(queue.of(1002).result == Result::deferred);
}
