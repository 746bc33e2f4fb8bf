// transaction_test: every state and command of the table.
#include "smtp/transaction.h"

#include <doctest/doctest.h>

namespace {

using smtp::Stage;
using smtp::Standing;
using smtp::Verb;

int code(const Standing& standing, Verb verb)
{
    const auto reply = smtp::objection(standing, verb);
    return reply ? reply->code : 250;
}

}  // namespace

TEST_CASE("which command may follow which is what RFC 5321 says, for every stage and command")
{
    // columns: connected, greeted, mail, recipients, chunks
    constexpr int expected[smtp::verb_count][smtp::stage_count] = {
        /* HELO     */ {250, 250, 250, 250, 250},
        /* EHLO     */ {250, 250, 250, 250, 250},
        /* MAIL     */ {503, 250, 503, 503, 503},
        /* RCPT     */ {503, 503, 250, 250, 503},
        /* DATA     */ {503, 503, 554, 250, 503},
        /* BDAT     */ {503, 503, 554, 250, 250},
        /* RSET     */ {250, 250, 250, 250, 250},
        /* NOOP     */ {250, 250, 250, 250, 250},
        /* VRFY     */ {250, 250, 250, 250, 250},
        /* EXPN     */ {250, 250, 250, 250, 250},
        /* HELP     */ {250, 250, 250, 250, 250},
        /* QUIT     */ {250, 250, 250, 250, 250},
        /* STARTTLS */ {503, 250, 503, 503, 503},
        /* AUTH     */ {503, 250, 503, 503, 503},
    };
    for (int verb = 0; verb < smtp::verb_count; ++verb)
        for (int stage = 0; stage < smtp::stage_count; ++stage) {
            CAPTURE(verb);
            CAPTURE(stage);
            const Standing standing{.stage = static_cast<Stage>(stage), .auth = true};
            CHECK(code(standing, static_cast<Verb>(verb)) == expected[verb][stage]);
        }
}

TEST_CASE("a submission listener asks for authentication before anything of a mail, in every stage "
          "but the first")
{
    for (const auto verb : {Verb::mail, Verb::rcpt, Verb::data, Verb::bdat})
        for (int stage = 0; stage < smtp::stage_count; ++stage) {
            Standing standing{.stage = static_cast<Stage>(stage), .auth = true, .must_authenticate = true};
            CHECK(code(standing, verb) == (standing.stage == Stage::connected ? 503 : 530));
            standing.authenticated = true;
            CHECK(code(standing, verb) == code({.stage = standing.stage}, verb));
        }
}

TEST_CASE("STARTTLS comes once, and only with a certificate")
{
    CHECK(code({.stage = Stage::greeted, .encrypted = true}, Verb::starttls) == 503);
    CHECK(code({.stage = Stage::greeted, .starttls = false}, Verb::starttls) == 502);
}

TEST_CASE("AUTH comes once, and where nothing is offered in plain text STARTTLS is asked for")
{
    CHECK(code({.stage = Stage::greeted, .auth = true, .authenticated = true}, Verb::auth) == 503);
    CHECK(code({.stage = Stage::greeted, .auth = false}, Verb::auth) == 530);
    CHECK(code({.stage = Stage::greeted, .encrypted = true, .auth = false}, Verb::auth) == 502);
}

TEST_CASE("RSET ends a transaction but is no greeting")
{
    CHECK(smtp::stage_after(Stage::connected, Verb::rset) == Stage::connected);
    CHECK(smtp::stage_after(Stage::chunks, Verb::rset) == Stage::greeted);
    CHECK(smtp::stage_after(Stage::recipients, Verb::ehlo) == Stage::greeted);
    CHECK(smtp::stage_after(Stage::mail, Verb::noop) == Stage::mail);
}
