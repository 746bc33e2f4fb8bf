// tags_test: RFC 6376 3.2.
#include "gateway/authentication/tags.h"

#include <doctest/doctest.h>

using namespace gateway::authentication;

TEST_CASE("a list of tags is read, white space and a last semicolon allowed")
{
    const auto tags = parse_tags(" v = 1 ; a=rsa-sha256;\r\n\th=from :\r\n\tto; b= ;");
    REQUIRE(tags);
    CHECK(tags->all().size() == 4);
    CHECK(tags->value("v") == "1");
    CHECK(split(tags->value("h"), ':') == std::vector<std::string>{"from", "to"});
    CHECK(tags->find("b")->value.empty());
    CHECK(tags->value("A", "none") == "none");
    CHECK(parse_tags("")->all().empty());
}

TEST_CASE("what is no list of tags is said to be none")
{
    for (const auto* wrong : {"t", "=x", "1a=x", "a=1; a=2", "a=1;; b=2", "a b=c", "a=\xc3\xa4", "a=x\x01"}) {
        CAPTURE(wrong);
        CHECK(!parse_tags(wrong));
    }
}
