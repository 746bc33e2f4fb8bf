// answers_test: what was shown a moment ago holds until anything changes.
#include "gateway/answers.h"
#include "gateway/store/session.h"
#include "tests/gateway/database_fixture.h"

#include <doctest/doctest.h>

using namespace gateway;

namespace {

http::Shown shown(std::string xml)
{
    return {std::make_shared<const std::string>(std::move(xml)), {}, 1};
}

}  // namespace

TEST_CASE("an answer is given again until there is news")
{
    Answers answers;
    answers.remember("a", shown("<a/>"), answers.stamp());
    REQUIRE(answers.find("a"));
    CHECK(*answers.find("a")->xml == "<a/>");
    CHECK_FALSE(answers.find("b"));
    answers.changed();
    CHECK_FALSE(answers.find("a"));
}

TEST_CASE("what was read while something changed is not remembered")
{
    Answers answers;
    const auto before = answers.stamp();
    answers.changed();
    answers.remember("a", shown("<a/>"), before);
    CHECK_FALSE(answers.find("a"));
}

TEST_CASE("this process's own commits need no news")
{
    Answers answers;
    store::Session session(test_database_url());
    answers.remember("a", shown("<a/>"), answers.stamp());
    {
        store::Transaction rolled_back(session);
    }
    CHECK(answers.find("a"));
    store::Transaction transaction(session);
    transaction.commit();
    CHECK_FALSE(answers.find("a"));
}

TEST_CASE("so many answers that they cost much are forgotten, and large ones not kept at all")
{
    Answers answers;
    answers.remember("large", shown(std::string(1 << 20, 'x')), answers.stamp());
    CHECK_FALSE(answers.find("large"));
    for (int i = 0; i < 100; ++i)
        answers.remember(std::to_string(i), shown(std::string(200'000, 'x')), answers.stamp());
    CHECK_FALSE(answers.find("0"));
    CHECK(answers.find("99"));
}
