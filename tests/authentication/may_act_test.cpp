// may_act_test: who may change or take back a mail by another one. mapping.md "Legacy verbs".
#include "gateway/authentication/may_act.h"
#include "tests/authentication/keys.h"

#include <doctest/doctest.h>

#include <functional>

using namespace gateway::authentication;
using namespace authentication_test;
using namespace std::chrono_literals;

TEST_CASE("a verb by mail needs one signature that has everything")
{
    DkimSignature good;
    good.result = Result::pass;
    good.domain = "legacy.test";
    good.aligned = true;
    good.covered = {"date", "from", "message-id", "subject", "supersedes"};
    good.time = moment - 1h;

    struct Row {
        const char* what;
        std::function<void(DkimSignature&)> change;
        bool may;
    };
    const Row rows[] = {
        {"as it should be", [](auto&) {}, true},
        {"nearly seven days old", [](auto& s) { s.time = moment - 167h; }, true},
        {"older", [](auto& s) { s.time = moment - 169h; }, false},
        {"without a time", [](auto& s) { s.time.reset(); }, false},
        {"a clock a little ahead", [](auto& s) { s.time = moment + 10min; }, true},
        {"of the future", [](auto& s) { s.time = moment + 2h; }, false},
        {"failed", [](auto& s) { s.result = Result::fail; }, false},
        {"not known now", [](auto& s) { s.result = Result::temperror; }, false},
        {"with l=", [](auto& s) { s.length_used = true; }, false},
        {"not aligned", [](auto& s) { s.aligned = false; }, false},
        {"of a domain that is testing", [](auto& s) { s.testing = true; }, false},
        {"by another domain", [](auto& s) { s.domain = "evil.test"; }, false},
        {"by a subdomain", [](auto& s) { s.domain = "news.legacy.test"; }, false},
        {"without From", [](auto& s) { std::erase(s.covered, "from"); }, false},
        {"without Date", [](auto& s) { std::erase(s.covered, "date"); }, false},
        {"without Message-ID", [](auto& s) { std::erase(s.covered, "message-id"); }, false},
        {"without the verb", [](auto& s) { std::erase(s.covered, "supersedes"); }, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        auto signature = good;
        row.change(signature);
        CHECK(may_act_by_mail({signature}, "Supersedes", "legacy.test", moment) == row.may);
    }
    CHECK(!may_act_by_mail({}, "Supersedes", "legacy.test", moment));
    CHECK(!may_act_by_mail({good}, "Chat-Delete", "legacy.test", moment));
    CHECK(!may_act_by_mail({good}, "Supersedes", "", moment));
    auto stale = good, foreign = good;
    stale.time = moment - 1000h;
    foreign.domain = "list.test";
    CHECK(!may_act_by_mail({stale, foreign}, "Supersedes", "legacy.test", moment));  // no two halves make a whole
    CHECK(may_act_by_mail({stale, foreign, good}, "SUPERSEDES", "Legacy.Test", moment));
}
