// runner_test: what becomes of jobs when hosts take, refuse, defer, break, or are not there.
#include "doubles.h"
#include "gateway/egress/runner.h"

#include <doctest/doctest.h>

namespace {

namespace asio = boost::asio;
namespace dns = gateway::dns;
namespace egress = gateway::egress;
using egress::Result;
using std::chrono::sys_seconds;

struct World {
    test::FakeQueue queue;
    test::FakeResolver resolver;
    test::FakeDialler dialler;
    egress::RouterSettings routes;
    egress::RunnerSettings settings;
    egress::RunnerCounts counts;
    egress::Relaying relaying;
    const egress::Signer* signer = nullptr;

    World()
    {
        settings.hostname = "us.test";
        settings.linger = std::chrono::milliseconds{20};
        settings.settle_window = std::chrono::milliseconds{1};
        settings.retry_store = std::chrono::milliseconds{5};
        settings.now = [] { return sys_seconds{std::chrono::hours{500'000}}; };
        resolver.mx("y.test", {{10, "mx.y.test"}});
        resolver.host("mx.y.test", {"192.0.2.2"});
        host();
    }

    test::FakeHost& host() { return dialler.hosts["192.0.2.2"]; }

    // Runs until there are `outcomes`, then stops.
    void run(std::size_t outcomes)
    {
        for (auto& job : queue.due) job.queued_at = settings.now() - std::chrono::minutes{1};
        asio::io_context context;
        egress::Router router(resolver, routes, 1);
        egress::Runner runner(queue, router, dialler, signer, settings, relaying);
        asio::co_spawn(context, runner.run(), [](const std::exception_ptr& error) { CHECK(!error); });
        asio::co_spawn(context, watch(runner, outcomes), asio::detached);
        context.run();
        counts = runner.counts();
        CHECK(counts.connections == 0);
        REQUIRE(queue.outcomes.size() >= outcomes);
    }

    asio::awaitable<void> watch(egress::Runner& runner, std::size_t outcomes)
    {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (int i = 0; i < 5000 && queue.outcomes.size() < outcomes; ++i) {
            timer.expires_after(std::chrono::milliseconds{1});
            co_await timer.async_wait(asio::use_awaitable);
        }
        runner.stop();
    }
};

}  // namespace

TEST_CASE("a mail goes out with one Received on top and nothing else changed")
{
    World world;
    world.queue.add(7, "bob@Y.test");
    world.run(1);
    CHECK(
        world.queue.of(7) == egress::Outcome{7, Result::delivered, "2.0.0", "mx.y.test", "250 2.0.0 queued", {}, true});
    REQUIRE(world.host().mails.size() == 1);
    const auto& mail = world.host().mails[0];
    CHECK(mail.from == "MAIL FROM:<b-7@x.test>");
    CHECK(mail.to == "RCPT TO:<bob@y.test>");
    CHECK(mail.content == "Received: by us.test (email2) id q7;\r\n\tFri, 15 Jan 2027 08:00:00 "
                          "+0000\r\nFrom: a@x.test\r\nSubject: x\r\n\r\n..hi\r\n");
}

TEST_CASE("refusals are final, deferrals come back, each with the host's words")
{
    struct {
        const char* command;
        const char* reply;
        Result result;
        const char* status;
        const char* text;
    } const cases[] = {
        {"RCPT", "550 5.1.1 no such user", Result::failed, "5.1.1", "550 5.1.1 no such user"},
        {"RCPT", "550 who?", Result::failed, "5.0.0", "550 who?"},
        {"RCPT", "450 4.2.0 greylisted", Result::deferred, "4.2.0", "450 4.2.0 greylisted"},
        {"MAIL", "550 5.7.1 not you", Result::failed, "5.7.1", "550 5.7.1 not you"},
        {"DATA", "451 4.3.0 busy", Result::deferred, "4.3.0", "451 4.3.0 busy"},
        {".", "554 5.7.1 spam", Result::failed, "5.7.1", "554 5.7.1 spam"},
        {".", "452 4.3.1 full", Result::deferred, "4.3.1", "452 4.3.1 full"},
        {"220", "554 5.7.1 not from there", Result::deferred, "5.7.1", "554 5.7.1 not from there"},
    };

    for (const auto& c : cases) {
        CAPTURE(std::string(c.reply));
        World world;
        world.host().replies[c.command] = c.reply;
        world.queue.add(1, "bob@y.test");
        world.run(1);
        const auto& outcome = world.queue.of(1);
        CHECK(outcome.result == c.result);
        CHECK(outcome.status == c.status);
        CHECK(outcome.text == c.text);
        CHECK(outcome.remote == "mx.y.test");
        if (c.result == Result::deferred) CHECK(outcome.retry_at - world.settings.now() >= std::chrono::minutes{1});
        CHECK(world.host().mails.empty());
    }
}

TEST_CASE("a host that hangs up, wherever, means later")
{
    for (const auto* at : {"220", "EHLO", "MAIL", "RCPT", "DATA", "."}) {
        CAPTURE(at);
        World world;
        world.host().drops_at = at;
        world.queue.add(1, "bob@y.test");
        world.run(1);
        CHECK(world.queue.of(1).result == Result::deferred);
        CHECK(world.queue.of(1).status == "4.4.2");
    }
}

TEST_CASE("when nobody answers at a destination, all that waits for it is deferred at once")
{
    World world;
    world.host().refuses = true;
    for (int i = 1; i <= 100; ++i) world.queue.add(i, "u" + std::to_string(i) + "@y.test");
    world.run(100);
    CHECK(world.counts.deferred == 100);
    CHECK(world.counts.dialled <= 20);
    CHECK(world.queue.of(50).status == "4.4.1");
    CHECK(world.queue.of(50).text.find("Connecting to mx.y.test port 25: ") == 0);
}

TEST_CASE("the second host is tried when the first does not answer or does not want us")
{
    for (const bool refuses : {true, false}) {
        World world;
        world.resolver.mx("y.test", {{10, "mx.y.test"}, {20, "backup.y.test"}});
        world.resolver.host("backup.y.test", {"192.0.2.3"});
        world.host().refuses = refuses;
        world.host().replies["220"] = "421 4.3.2 not now";
        world.dialler.hosts["192.0.2.3"];
        world.queue.add(1, "bob@y.test");
        world.run(1);
        CHECK(world.queue.of(1).result == Result::delivered);
        CHECK(world.queue.of(1).remote == "backup.y.test");
    }
}

TEST_CASE("many mails share few connections, and a connection is not used without end")
{
    World world;
    world.settings.connections_per_destination = 3;
    world.settings.mails_per_connection = 40;
    for (int i = 1; i <= 200; ++i) world.queue.add(i, "u@y.test");
    world.run(200);
    CHECK(world.counts.delivered == 200);
    CHECK(world.host().mails.size() == 200);
    CHECK(world.host().most_open <= 3);
    CHECK(world.host().connections >= 5);
    CHECK(world.host().connections <= 12);
    CHECK(world.queue.settles < 200);
}

TEST_CASE("a connection that the host has had enough of costs no try")
{
    World world;
    world.settings.connections_per_destination = 1;
    world.host().mails_per_connection = 3;
    for (int i = 1; i <= 10; ++i) world.queue.add(i, "u@y.test");
    world.run(10);
    CHECK(world.counts.delivered == 10);
    CHECK(world.host().connections == 4);
}

TEST_CASE("opportunistic TLS that breaks is done without; required TLS is not")
{
    for (const auto tls : {smtp::TlsUse::opportunistic, smtp::TlsUse::required}) {
        World world;
        world.settings.tls = tls;
        world.host().extensions = {"STARTTLS"};
        world.host().tls_breaks = true;
        world.queue.add(1, "bob@y.test");
        world.run(1);
        CHECK(world.queue.of(1).result == (tls == smtp::TlsUse::required ? Result::deferred : Result::delivered));
    }
}

TEST_CASE("domains that do not exist, take no mail, or are ours in a circle fail with their own status")
{
    World world;
    world.resolver.mx("null.test", {{0, ""}});
    world.resolver.mx("loop.test", {{10, "us.test"}, {20, "mx.y.test"}});
    world.resolver.exchangers["dead.test"] = {dns::Found::failed, {}, false, "SERVFAIL"};
    world.routes.own_hosts = {"us.test"};
    world.queue.add(1, "a@nowhere.test");
    world.queue.add(2, "a@null.test");
    world.queue.add(3, "a@loop.test");
    world.queue.add(4, "a@dead.test");
    world.queue.add(5, "no-domain");
    world.run(5);
    CHECK((world.queue.of(1).result == Result::failed && world.queue.of(1).status == "5.1.2"));
    CHECK((world.queue.of(2).result == Result::failed && world.queue.of(2).status == "5.1.10"));
    CHECK((world.queue.of(3).result == Result::failed && world.queue.of(3).status == "5.4.6"));
    CHECK((world.queue.of(4).result == Result::deferred && world.queue.of(4).status == "4.4.3"));
    CHECK((world.queue.of(5).result == Result::failed && world.queue.of(5).status == "5.1.2"));
}

TEST_CASE("what was deferred for five days is given up")
{
    World world;
    world.host().replies["RCPT"] = "450 4.2.0 later";
    world.settings.schedule.give_up = std::chrono::seconds{30};
    world.queue.add(1, "bob@y.test");
    world.run(1);
    CHECK(world.queue.of(1).result == Result::failed);
    CHECK(world.queue.of(1).status == "5.4.7");
    CHECK(world.queue.of(1).text == "Given up after many tries. The last: 450 4.2.0 later");
}

TEST_CASE("an outcome is a fact: it is settled once the store is back, and the mail is sent once")
{
    World world;
    world.queue.settles_that_fail = 4;
    world.queue.add(1, "bob@y.test");
    world.run(1);
    CHECK(world.queue.outcomes.size() == 1);
    CHECK(world.host().mails.size() == 1);
}

TEST_CASE("a mail that cannot be read now is given back without a try")
{
    World world;
    world.queue.contents_that_fail = 1;
    world.queue.add(1, "bob@y.test");
    world.run(1);
    CHECK(world.queue.of(1).result == Result::released);
}

TEST_CASE("memory is bounded by what may be held, connections by their limit, and every "
          "destination gets its turn")
{
    World world;
    world.settings.held = 50;
    world.settings.connections = 4;
    for (int d = 0; d < 20; ++d) {
        const auto name = "d" + std::to_string(d) + ".test";
        world.resolver.mx(name, {});
        world.resolver.host(name, {"192.0.2.2"});
        for (int i = 0; i < 20; ++i) world.queue.add(d * 100 + i, "u@" + name);
    }
    world.run(400);
    CHECK(world.counts.delivered == 400);
    CHECK(world.queue.most_claimed <= 50);
    CHECK(world.host().most_open <= 4);
}

TEST_CASE("international domains go out as A-labels, DSN wishes where they are understood")
{
    World world;
    world.resolver.mx("xn--bcher-kva.test", {{10, "mx.y.test"}});
    world.queue.add(1, "bob@Bücher.test");
    world.queue.due[0].notify = {.set = true, .failure = true};
    world.queue.due[0].envid = "e1";
    world.queue.due[0].ret = smtp::Ret::headers;
    world.queue.due[0].eight_bit = true;
    world.run(1);
    CHECK(world.host().mails.at(0).from == "MAIL FROM:<b-1@x.test> BODY=8BITMIME RET=HDRS ENVID=e1");
    CHECK(world.host().mails.at(0).to == "RCPT TO:<bob@xn--bcher-kva.test> NOTIFY=FAILURE");
}

TEST_CASE("stopping gives back what was not begun")
{
    World world;
    world.settings.connections_per_destination = 1;
    for (int i = 1; i <= 1000; ++i) world.queue.add(i, "u@y.test");
    world.run(1);
    CHECK(world.queue.outcomes.size() == 1000);
    CHECK(world.counts.released > 0);
    CHECK(world.counts.delivered + world.counts.released == 1000);
    CHECK(world.host().mails.size() == world.counts.delivered);
}

namespace {

struct Policies : egress::DmarcPolicies {
    std::set<std::string> strict;
    bool away = false;

    asio::awaitable<bool> demands_alignment(std::string domain) override
    {
        if (away) throw std::runtime_error("no name server answers");
        co_return strict.contains(domain);
    }
};

struct Seals : egress::Signer {
    std::string sign(std::string_view, std::span<const std::string_view>) const override { return ""; }

    std::string seal(std::string_view domain, std::span<const std::string_view> pieces,
        const gateway::authentication::Sealing& sealing) const override
    {
        std::string mail;
        for (const auto piece : pieces) mail += piece;
        CHECK(mail.starts_with("Received: "));
        return "ARC-Seal: d=" + std::string(domain) + "; " + sealing.authserv_id + "; " + sealing.results + "\r\n";
    }
};

struct RelayingWorld : World {
    Policies policies;
    Seals seals;

    RelayingWorld()
    {
        policies.strict = {"strict.test"};
        relaying = {&policies};
        signer = &seals;
        queue.mail = "From: Carol <carol@strict.test>\r\nTo: news@x.test\r\n\r\nHello\r\n";
    }

    void add(std::int64_t id, const char* domain)
    {
        queue.add(id, "bob@y.test");
        queue.due.back().relayed = egress::Relayed{.author_domain = domain,
            .relay = "a-abc@x.test",
            .list = "News",
            .authentication = "dkim=pass dmarc=pass domain=lax.test"};
    }
};

}  // namespace

TEST_CASE("a correspondent's post is sealed, and its From stays where their domain lets it")
{
    RelayingWorld world;
    world.add(1, "lax.test");
    world.run(1);
    const auto& mail = world.host().mails.at(0).content;
    CHECK(mail.starts_with("ARC-Seal: d=x.test; us.test; dkim=pass; dmarc=pass header.from=lax.test\r\nReceived: "));
    CHECK(mail.find("\nFrom: Carol <carol@strict.test>\r\n") != std::string::npos);
}

TEST_CASE("a correspondent's post whose domain demands alignment comes from the relay address")
{
    RelayingWorld world;
    world.add(1, "strict.test");
    world.run(1);
    const auto& mail = world.host().mails.at(0).content;
    CHECK(mail.find("\nFrom: Carol via News <a-abc@x.test>\r\n") != std::string::npos);
    CHECK(mail.find("\nReply-To: Carol <carol@strict.test>\r\n") != std::string::npos);
}

TEST_CASE("while a domain's policy cannot be found out its post waits")
{
    RelayingWorld world;
    world.policies.away = true;
    world.add(1, "strict.test");
    world.run(1);
    CHECK(world.queue.of(1).result == Result::deferred);
    CHECK(world.queue.of(1).status == "4.7.5");
    CHECK(world.host().mails.empty());
}
