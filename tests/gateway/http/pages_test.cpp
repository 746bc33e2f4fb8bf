// http/pages_test: what is there for everyone.
#include "tests/gateway/http/rig.h"

#include <doctest/doctest.h>

using namespace http_test;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

Answer fetch(
    const std::string& method, const std::string& target, const std::string& body = {}, const std::string& fields = {})
{
    Client client(Rig::port);
    client.send(Rig::request(method, target, body, fields));
    return client.receive();
}

const std::string action = std::string("/a/") + ServicesDouble::good_token;

}  // namespace

TEST_CASE("health is told without an account")
{
    Rig rig;
    CHECK(fetch("GET", "/healthz").body == "ok\n");
    CHECK(fetch("GET", "/readyz").body == "database ok\nqueue ok\nlisteners ok\n");
    rig.services.state.queue = false;
    const auto answer = fetch("GET", "/readyz");
    CHECK(answer.status == 503);
    CHECK(contains(answer.body, "queue failed"));
    const auto metrics = fetch("GET", "/metrics");
    CHECK(metrics.body == "mails_total 3\n");
    CHECK(contains(metrics.field("Content-Type"), "version=0.0.4"));
    CHECK(contains(fetch("GET", "/").body, "One &lt;Test&gt;"));
}

TEST_CASE("a one-click link shows first and acts on POST only")
{
    Rig rig;
    const auto page = fetch("GET", action);
    CHECK(page.status == 200);
    CHECK(contains(page.body, "Leave &lt;this&gt;?"));
    CHECK(contains(page.body, "You &amp; others."));
    CHECK(contains(page.body, "<form method=\"post\"><button>Leave</button>"));
    CHECK(page.field("Cache-Control") == "no-store");
    CHECK(page.field("Referrer-Policy") == "no-referrer");
    CHECK(contains(page.field("Content-Security-Policy"), "default-src 'none'"));
    CHECK(rig.services.performed == 0);

    const auto done =
        fetch("POST", action, "List-Unsubscribe=One-Click", "Content-Type: application/x-www-form-urlencoded\r\n");
    CHECK(done.status == 200);
    CHECK(contains(done.body, "You have left."));
    CHECK_FALSE(contains(done.body, "<form"));
    CHECK(fetch("POST", action).status == 200);
    CHECK(rig.services.performed == 2);
}

TEST_CASE("links that are wrong, and forms that are none, do nothing")
{
    Rig rig;
    for (const std::string& token :
        {std::string("x"), std::string(32, 'A'), std::string(32, 'a'), std::string("..%2F..")}) {
        CAPTURE(token);
        CHECK(fetch("GET", "/a/" + token).status == 404);
        CHECK(fetch("POST", "/a/" + token).status == 404);
    }
    CHECK(fetch("POST", action, std::string(5000, 'x')).status == 413);
    CHECK(rig.services.performed == 0);
}

TEST_CASE("Thunderbird finds its settings at both places, by address or by host")
{
    Rig rig;
    const auto answer = fetch("GET", "/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=jane%40TWO.test");
    CHECK(answer.status == 200);
    CHECK(contains(answer.field("Content-Type"), "text/xml"));
    CHECK(contains(answer.body, "<emailProvider id=\"two.test\">"));
    CHECK(contains(answer.body, "<domain>two.test</domain>"));
    CHECK(contains(answer.body, "<displayName>One &lt;Test&gt;</displayName>"));
    CHECK(contains(answer.body, "<incomingServer type=\"imap\">\n      <hostname>mail.one.test</hostname>\n      "
                                "<port>993</port>\n"
                                "      <socketType>SSL</socketType>\n      "
                                "<authentication>password-cleartext</authentication>\n"
                                "      <username>%EMAILADDRESS%</username>"));
    CHECK(contains(answer.body, "<socketType>STARTTLS</socketType>"));
    CHECK(contains(answer.body, "<outgoingServer type=\"smtp\">"));

    CHECK(fetch("GET", "/mail/config-v1.1.xml?emailaddress=a@elsewhere.test").status == 404);
    Client client(Rig::port);
    client.send("GET /mail/config-v1.1.xml HTTP/1.1\r\nHost: autoconfig.two.test:8080\r\n\r\n");
    CHECK(contains(client.receive().body, "<domain>two.test</domain>"));
    CHECK(contains(fetch("GET", "/mail/config-v1.1.xml").body, "<domain>one.test</domain>"));
}
