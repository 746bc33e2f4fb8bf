// http/http_test: HTTP itself: who asks, where, and what a client may do wrong.
#include "email2/xml.h"
#include "gateway/http/authorization.h"
#include "gateway/http/limits.h"
#include "gateway/http/routes.h"
#include "tests/gateway/http/rig.h"

#include <doctest/doctest.h>

using namespace http_test;

namespace {

std::string raw(const std::string& target, const std::string& fields)
{
    return Rig::request("GET", target, {}, fields);
}

unsigned status_for(const std::string& bytes)
{
    Client client(Rig::port);
    client.send(bytes);
    return client.receive().status;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("accounts identify by password or by token; others are told how")
{
    Rig rig;
    CHECK(status_for(raw("/v1/store", "Authorization: Basic YWxpY2VAb25lLnRlc3Q6ZGVtbzrDpA==\r\n")) == 200);
    CHECK(status_for(raw("/v1/store", "authorization: bearer secret\r\n")) == 200);
    for (const auto* field : {"", "Authorization: Basic YWxpY2VAb25lLnRlc3Q6d3Jvbmc=\r\n",
             "Authorization: Bearer wrong\r\n", "Authorization: Basic !!!!\r\n", "Authorization: Basic\r\n",
             "Authorization: Digest x\r\n", "Authorization: Basic YWI=\r\n"}) {
        CAPTURE(field);
        Client client(Rig::port);
        client.send(raw("/v1/store", field));
        const auto answer = client.receive();
        CHECK(answer.status == 401);
        CHECK(contains(answer.field("WWW-Authenticate"), "Basic realm="));
        CHECK(contains(answer.head, "Bearer realm="));
        CHECK(read_error(answer.body)->code == Code::forbidden);
    }
}

TEST_CASE("secrets do not travel in the clear beyond this machine")
{
    http::Request request;
    CHECK_FALSE(http::may_carry_secrets(request));
    request.loopback = true;
    CHECK(http::may_carry_secrets(request));
    request = {};
    request.encrypted = true;
    CHECK(http::may_carry_secrets(request));
}

TEST_CASE("a page of another site cannot use an account")
{
    Rig rig;
    CHECK(rig.ask("GET", "/v1/store", {}, "Origin: https://evil.test\r\n").status == 403);
    CHECK(rig.ask("GET", "/v1/store", {}, "Origin: null\r\n").status == 403);
    CHECK(rig.ask("GET", "/v1/store", {}, "Origin: https://one.test\r\n").status == 200);
}

TEST_CASE("unknown paths are 404, wrong methods 405 with what is allowed")
{
    Rig rig;
    for (const auto* path :
        {"/nothing", "/v1", "/v1/", "/v1/messages/", "/v1/messages/x/y", "//", "/v1/store/", "/a/"}) {
        CAPTURE(path);
        CHECK(rig.ask("GET", path).status == 404);
    }
    CHECK(rig.ask("GET", "/v1/messages").field("Allow") == "POST, OPTIONS");
    CHECK(rig.ask("PATCH", "/v1/messages/x").field("Allow") == "GET, HEAD, PUT, DELETE, OPTIONS");
    CHECK(rig.ask("DELETE", "/healthz").status == 405);
    CHECK(rig.ask("BREW", "/healthz").status == 405);
}

TEST_CASE("every route is found by its own pattern")
{
    CHECK(http::find_route("PUT", {"v1", "messages", "x", "to", "me"}).arguments == std::vector<std::string>{"x"});
    CHECK(http::find_route("GET", {""}).route != nullptr);
    CHECK(http::find_route("HEAD", {"healthz"}).route != nullptr);
    CHECK(http::find_route("GET", {"healthz", ""}).route == nullptr);
}

TEST_CASE("targets are decoded once, and only when they can be")
{
    const auto target = http::parse_target("/v1/a%2Fb/c+d?x=1+2&y=%C3%A4&z&x=3#f");
    REQUIRE(target);
    CHECK(target->path == std::vector<std::string>{"v1", "a/b", "c+d"});
    CHECK(target->query.at("x") == "1 2");
    CHECK(target->query.at("y") == "\xC3\xA4");
    CHECK(target->query.at("z").empty());
    CHECK(http::parse_target("http://one.test:8080/healthz")->path == std::vector<std::string>{"healthz"});
    CHECK(http::parse_target("http://one.test")->path == std::vector<std::string>{""});
    for (const auto* bad : {"", "*", "healthz", "/%", "/%4", "/%zz", "/%00", "/%FF", "/a?b=%00", "/a?%"}) {
        CAPTURE(bad);
        CHECK_FALSE(http::parse_target(bad));
    }
}

TEST_CASE("ranges")
{
    const auto range = [](const char* field, std::uint64_t size) { return http::parse_range(field, size); };
    using Kind = http::RangeKind;
    CHECK(range("", 10).first == Kind::whole);
    CHECK(range("bytes=5-2", 10).first == Kind::whole);
    CHECK(range("bytes=-", 10).first == Kind::whole);
    CHECK(range("bytes=a-b", 10).first == Kind::whole);
    CHECK(range("lines=0-1", 10).first == Kind::whole);
    CHECK(range("bytes=10-", 10).first == Kind::unsatisfiable);
    CHECK(range("bytes=-0", 10).first == Kind::unsatisfiable);
    CHECK(range("bytes=0-", 0).first == Kind::unsatisfiable);
    CHECK(range("bytes=-5", 0).first == Kind::unsatisfiable);
    CHECK(range("bytes=0-99", 10).second.last == 9);
    CHECK(range("bytes=-99", 10).second.first == 0);
}

TEST_CASE("malformed requests are refused and the connection closed")
{
    Rig rig;
    for (const auto& bytes : std::vector<std::string>{"nonsense\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
             "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
             "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET / HTTP/1.1\r\nHost: a\r\nBad Field: x\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
             "chunked\r\n\r\n0\r\n\r\n",
             "\x16\x03\x01\x02\x00\r\n\r\n"}) {
        CAPTURE(bytes);
        Client client(Rig::port);
        client.send(bytes);
        const auto answer = client.receive();
        CHECK(answer.status == 400);
        CHECK(answer.field("Connection") == "close");
        CHECK(client.closed());
    }
}

TEST_CASE("a header beyond 16 KB is 431, a document beyond its limit 413")
{
    Rig rig;
    CHECK(status_for(raw("/healthz", "X: " + std::string(http::limits::head, 'x') + "\r\n")) == 431);
    CHECK(status_for("GET /" + std::string(2 * http::limits::head, 'x')) != 200);
    const std::string large(100'001, ' ');
    CHECK(rig.ask("POST", "/v1/messages", large).status == 413);
    CHECK(status_for("POST /v1/messages HTTP/1.1\r\nHost: a\r\n" + Rig::authorization +
                     "Transfer-Encoding: chunked\r\n\r\n186a1\r\n" + large + "\r\n0\r\n\r\n") == 413);
}

TEST_CASE("chunked bodies are read, and a client that waits for 100 gets it")
{
    Rig rig;
    const std::string body = R"(<folder xmlns="urn:email2:1" name="A"/>)";
    Client chunked(Rig::port);
    chunked.send(
        "POST /v1/folders HTTP/1.1\r\nHost: a\r\n" + Rig::authorization + "Transfer-Encoding: chunked\r\n\r\n10\r\n");
    chunked.send(body.substr(0, 16) + "\r\n");
    chunked.send(fmt::format("{:x}\r\n", body.size() - 16) + body.substr(16) + "\r\n0\r\n\r\n");
    CHECK(chunked.receive().status == 201);

    Client waiting(Rig::port);
    waiting.send("POST /v1/folders HTTP/1.1\r\nHost: a\r\n" + Rig::authorization +
                 "Expect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    CHECK(waiting.receive().status == 100);
    waiting.send(body);
    CHECK(waiting.receive().status == 201);

    Client stranger(Rig::port);
    stranger.send("POST /v1/folders HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
    CHECK(stranger.receive().status == 401);
    CHECK(stranger.closed());
}

TEST_CASE("requests may follow each other on one connection, also without waiting, and octet by octet")
{
    Rig rig;
    Client client(Rig::port);
    client.send(raw("/healthz", "") + Rig::request("POST", "/nothing", "unwanted body", "") + raw("/readyz", ""));
    CHECK(client.receive().body == "ok\n");
    CHECK(client.receive().status == 404);
    CHECK(client.receive().status == 200);
    for (const char c : raw("/healthz", "Connection: close\r\n")) client.send(std::string(1, c));
    CHECK(client.receive().status == 200);
    CHECK(client.closed());

    Client old(Rig::port);
    old.send("GET /healthz HTTP/1.0\r\n\r\n");
    CHECK(old.receive().status == 200);
    CHECK(old.closed());
}

TEST_CASE("a client that goes in the middle harms nobody")
{
    Rig rig;
    for (const auto* bytes : {"", "GET /hea",
             "POST /v1/folders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer secret\r\nContent-Length: "
             "100\r\n\r\n<fol"})
        Client(Rig::port).send(bytes);
    CHECK(rig.ask("GET", "/healthz").status == 200);
}

TEST_CASE("draining closes idle connections, finishes the one at work, and takes no more")
{
    Rig rig;
    Client idle(Rig::port);
    idle.send(raw("/healthz", ""));
    CHECK(idle.receive().status == 200);
    Client waiting(Rig::port);
    waiting.send(raw("/v1/events?after=0", Rig::authorization));
    while (rig.services.waits == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(rig.drain());
    const auto answer = waiting.receive();
    CHECK(answer.status == 200);
    CHECK(answer.field("Connection") == "close");
    CHECK(waiting.closed());
    CHECK(idle.closed());
    CHECK_THROWS(Client(Rig::port));
}
