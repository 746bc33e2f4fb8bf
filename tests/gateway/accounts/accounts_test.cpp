// accounts_test: who gets in, by every mechanism, against an independent client (libgsasl's).
#include "gateway/accounts/limits.h"
#include "gateway/accounts/sasl.h"
#include "gateway/accounts/verifier.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <gsasl.h>

using namespace gateway::accounts;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct People final : AccountDirectory {
    asio::awaitable<std::optional<Account>> find(std::string login) override
    {
        ++lookups;
        const auto found = accounts.find(login);
        if (found == accounts.end()) co_return std::nullopt;
        co_return found->second;
    }

    std::map<std::string, Account> accounts = {
        {"alice", {"alice@one.test", make_verifier("demo"), false}},
        {"a,l=i", {"odd@one.test", make_verifier("demo"), false}},
        {"zoë", {"zoë@one.test", make_verifier("pässword"), false}},
        {"sam", {"sam@one.test", make_verifier("demo"), true}},
    };
    int lookups = 0;
};

template <class T>
T run(asio::awaitable<T> work)
{
    asio::io_context io;
    std::optional<T> result;
    std::exception_ptr failure;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, T value) {
        failure = error;
        result = std::move(value);
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return *std::move(result);
}

// A whole exchange: the responses of a script, in order; the challenges that came.
struct Said {
    std::vector<std::string> challenges;
    std::string user, reason;
};

Said talk(Authenticator& authenticator, std::string mechanism, std::vector<std::optional<std::string>> responses)
{
    auto exchange = start_exchange(authenticator, mechanism, true, false, "192.0.2.1");
    REQUIRE(exchange);
    Said said;
    for (auto& response : responses) {
        auto challenge = run(exchange->step(response));
        if (!challenge) break;
        said.challenges.push_back(*challenge);
    }
    said.user = exchange->user();
    said.reason = exchange->reason();
    return said;
}

// SCRAM with libgsasl as the client.
Said scram(Authenticator& authenticator, const std::string& login, const std::string& password)
{
    Gsasl* library = nullptr;
    Gsasl_session* client = nullptr;
    gsasl_init(&library);
    gsasl_client_start(library, "SCRAM-SHA-256", &client);
    gsasl_property_set(client, GSASL_AUTHID, login.c_str());
    gsasl_property_set(client, GSASL_PASSWORD, password.c_str());
    auto exchange = start_exchange(authenticator, "SCRAM-SHA-256", false, true, "");
    REQUIRE(exchange);
    Said said;
    std::string challenge;
    for (int round = 0; round < 4; ++round) {
        char* output = nullptr;
        std::size_t size = 0;
        const int result = gsasl_step(client, challenge.data(), challenge.size(), &output, &size);
        const std::string response(output ? output : "", size);
        gsasl_free(output);
        if (result != GSASL_OK && result != GSASL_NEEDS_MORE) break;
        auto answer = run(exchange->step(response));
        if (!answer) break;
        said.challenges.push_back(challenge = *answer);
    }
    said.user = exchange->user();
    said.reason = exchange->reason();
    gsasl_finish(client);
    gsasl_done(library);
    return said;
}

const std::string nul(1, '\0');

}  // namespace

TEST_SUITE("accounts")
{
    TEST_CASE("the verifier of RFC 7677's example fits its password, and nothing else does")
    {
        CHECK(verify("pencil", "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
                               "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
                               ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="));
        const auto known = make_verifier("pencil");
        CHECK(known.starts_with("SCRAM-SHA-256$4096:"));
        CHECK(verify("pencil", known));
        CHECK(!verify("Pencil", known));
        CHECK(!verify("", known));
        CHECK(make_verifier("pencil") != known);
        CHECK(parse_verifier(known)->text() == known);
        CHECK(verify("I\u00ADX", make_verifier("IX")));  // RFC 4013 3: the soft hyphen is mapped to nothing
        CHECK(verify("\xff\xfe", make_verifier("\xff\xfe")));
    }

    TEST_CASE("what is no verifier fits nobody")
    {
        const auto good = make_verifier("demo");
        for (const auto& wrong : std::vector<std::string>{"", "demo", "SCRAM-SHA-256$", "SCRAM-SHA-256$4096:x$y:z",
                 "SCRAM-SHA-256$0" + good.substr(18), "SCRAM-SHA-1" + good.substr(13), good.substr(0, good.size() - 4),
                 good + "AAAA"}) {
            CAPTURE(wrong);
            CHECK(!parse_verifier(wrong));
            CHECK(!verify("demo", wrong));
        }
    }

    TEST_CASE("base64 of RFC 4648 10")
    {
        CHECK(base64("") == "");
        CHECK(base64("f") == "Zg==");
        CHECK(base64("fo") == "Zm8=");
        CHECK(base64("foobar") == "Zm9vYmFy");
        CHECK(from_base64("Zm8=") == "fo");
        CHECK(!from_base64("Zm8"));
        CHECK(!from_base64("Z!8="));
    }

    TEST_CASE("PLAIN, with and without an initial response")
    {
        People people;
        Authenticator authenticator(people);
        CHECK(talk(authenticator, "PLAIN", {nul + "alice" + nul + "demo"}).user == "alice@one.test");
        const auto slowly = talk(authenticator, "plain", {std::nullopt, nul + "alice" + nul + "demo"});
        CHECK(slowly.challenges == std::vector<std::string>{""});
        CHECK(slowly.user == "alice@one.test");
        CHECK(talk(authenticator, "PLAIN", {"alice" + nul + "alice" + nul + "demo"}).user == "alice@one.test");
        CHECK(talk(authenticator, "PLAIN", {"bob" + nul + "alice" + nul + "demo"}).user.empty());
        CHECK(talk(authenticator, "PLAIN", {nul + "alice" + nul + "wrong"}).user.empty());
        CHECK(talk(authenticator, "PLAIN", {nul + "nobody" + nul + "demo"}).user.empty());
        for (const auto& wrong : {std::string(), nul, "alice" + nul + "demo", nul + "alice" + nul + "demo" + nul})
            CHECK(talk(authenticator, "PLAIN", {wrong}).user.empty());
        CHECK(talk(authenticator, "PLAIN", {nul + "alice" + nul + std::string(2000, 'x')}).user.empty());
    }

    TEST_CASE("LOGIN, with and without the name as initial response")
    {
        People people;
        Authenticator authenticator(people);
        const auto asked = talk(authenticator, "LOGIN", {std::nullopt, "alice", "demo"});
        CHECK(asked.challenges == std::vector<std::string>{"Username:", "Password:"});
        CHECK(asked.user == "alice@one.test");
        const auto told = talk(authenticator, "LOGIN", {"alice", "demo"});
        CHECK(told.challenges == std::vector<std::string>{"Password:"});
        CHECK(told.user == "alice@one.test");
        CHECK(talk(authenticator, "LOGIN", {std::nullopt, "alice", "wrong"}).user.empty());
    }

    TEST_CASE("SCRAM-SHA-256 with an independent client, both proofs included")
    {
        People people;
        Authenticator authenticator(people);
        const auto right = scram(authenticator, "alice", "demo");
        CHECK(right.user == "alice@one.test");
        REQUIRE(right.challenges.size() == 2);
        CHECK(right.challenges[1].starts_with("v="));
        CHECK(scram(authenticator, "a,l=i", "demo").user == "odd@one.test");
        CHECK(scram(authenticator, "zoë", "pässword").user == "zoë@one.test");
        CHECK(scram(authenticator, "alice", "wrong").user.empty());
        CHECK(scram(authenticator, "nobody", "demo").user.empty());
    }

    TEST_CASE("SCRAM tells nobody whether an account exists: the same steps, the same salt each time")
    {
        People people;
        Authenticator authenticator(people);
        const auto salt = [&](const std::string& login) {
            const auto said = scram(authenticator, login, "demo");
            REQUIRE(!said.challenges.empty());
            const auto& first = said.challenges[0];
            return first.substr(first.find(",s="));
        };
        CHECK(salt("nobody") == salt("nobody"));
        CHECK(salt("nobody") != salt("nobody else"));
        CHECK(salt("nobody").size() == salt("alice").size());
    }

    TEST_CASE("garbage in SCRAM ends the exchange")
    {
        People people;
        Authenticator authenticator(people);
        for (const auto& wrong :
            {std::string(), std::string("n,,"), std::string("n,,n=alice"), nul + nul, std::string(9000, ',')}) {
            const auto said = talk(authenticator, "SCRAM-SHA-256", {wrong, wrong, wrong});
            CHECK(said.user.empty());
        }
    }

    TEST_CASE("a suspended account is told so, after the right password only")
    {
        People people;
        Authenticator authenticator(people);
        const auto right = talk(authenticator, "PLAIN", {nul + "sam" + nul + "demo"});
        CHECK(right.user.empty());
        CHECK(right.reason == "account suspended");
        CHECK(talk(authenticator, "PLAIN", {nul + "sam" + nul + "wrong"}).reason.empty());
        CHECK(scram(authenticator, "sam", "demo").reason == "account suspended");
        CHECK(scram(authenticator, "sam", "demo").user.empty());
    }

    TEST_CASE("nothing is offered in the clear to the world")
    {
        People people;
        Authenticator authenticator(people);
        SmtpSasl smtp(authenticator, "192.0.2.1");
        ImapSasl imap(authenticator, "192.0.2.1");
        CHECK(smtp.mechanisms(false, false).empty());
        CHECK(smtp.start("PLAIN", false, false) == nullptr);
        CHECK(imap.mechanisms(true, false) == std::vector<std::string>{"SCRAM-SHA-256", "PLAIN", "LOGIN"});
        CHECK(imap.start("PLAIN", false, true) != nullptr);
        CHECK(imap.start("CRAM-MD5", true, true) == nullptr);
    }

    TEST_CASE("a login that was right is remembered until the password changes")
    {
        People people;
        Authenticator authenticator(people);
        const auto logins = [&](int count) {
            const auto start = std::chrono::steady_clock::now();
            for (int i = 0; i < count; ++i)
                CHECK(run(authenticator.check("alice", "demo", "")).user == "alice@one.test");
            return std::chrono::steady_clock::now() - start;
        };
        logins(1);
        CHECK(logins(1000) < 500ms);
        people.accounts["alice"].verifier = make_verifier("changed");
        CHECK(run(authenticator.check("alice", "demo", "")).user.empty());
        CHECK(run(authenticator.check("alice", "changed", "")).user == "alice@one.test");
        people.accounts.erase("alice");
        CHECK(run(authenticator.check("alice", "changed", "")).user.empty());
    }

    TEST_CASE("an address that fails often is answered late; loopback and others are not")
    {
        People people;
        Authenticator authenticator(people);
        const auto attempt = [&](const std::string& peer) {
            const auto start = std::chrono::steady_clock::now();
            run(authenticator.check("alice", "wrong", peer));
            return std::chrono::steady_clock::now() - start;
        };
        for (int i = 0; i < free_failures; ++i) {
            attempt("192.0.2.1");
            attempt("127.0.0.1");
        }
        CHECK(attempt("192.0.2.1") >= first_delay);
        CHECK(attempt("192.0.2.2") < first_delay);
        CHECK(attempt("127.0.0.1") < first_delay);
    }
}
