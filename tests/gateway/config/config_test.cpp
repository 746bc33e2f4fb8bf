// config_test: the annotated default and the struct say the same; mistakes are named with their
// lines.
#include "gateway/config/config.h"
#include "gateway/config/schema.h"
#include "gateway/config/value.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <toml++/toml.h>

using namespace gateway;
using namespace gateway::config;
using namespace std::chrono_literals;

namespace {

const Environment nothing = [](const std::string&) { return std::nullopt; };
const std::string annotated = SOURCE_FOLDER "/conf/gateway.toml";

std::vector<Problem> problems(std::string_view text)
{
    auto settings = parse(text, nothing);
    return settings ? std::vector<Problem>{} : settings.error();
}

}  // namespace

TEST_SUITE("config")
{
    TEST_CASE("the annotated default names every setting, and no other")
    {
        const auto file = toml::parse_file(annotated);
        std::set<std::string> written, known;
        for (const auto& [section, table] : file)
            for (const auto& [key, value] : *table.as_table())
                written.insert(std::string(section.str()) + "." + std::string(key.str()));
        for (const auto& setting : schema()) known.insert(setting.name());
        CHECK(written == known);
    }

    TEST_CASE("the annotated default gives each setting its default")
    {
        const auto file = toml::parse_file(annotated);
        const Settings defaults;
        for (const auto& setting : schema()) {
            CAPTURE(setting.name());
            Settings read;
            const auto* node = file.get(setting.section)->as_table()->get(setting.key);
            REQUIRE(setting.from_file(read, *node));
            CHECK(read == defaults);
        }
    }

    TEST_CASE("what the file says counts, the environment goes before it")
    {
        const auto environment = [](const std::string& variable) -> std::optional<std::string> {
            if (variable == "E2_EGRESS_UNDO") return "0";
            if (variable == "E2_LISTEN_SMTP") return "0.0.0.0:25,[::1]:26";
            if (variable == "E2_EGRESS_ROUTES") return "legacy.test=127.0.0.1:2626,two.test=localhost:25";
            if (variable == "E2_IMAP_JOINED") return "false";
            if (variable == "E2_FOLLOWUP_DIGEST_MAX") return "7";
            return std::nullopt;
        };
        const auto settings =
            parse("[egress]\nundo = \"20s\"\nretry_max = \"7d\"\n[egress.routes]\n\"three.test\" = "
                  "\"[::1]:25\"\n"
                  "[limits]\nmessage_size = \"1MB\"\n[imap]\nleave = \"message\"\n[smtp]\nbare_newline = "
                  "\"normalise\"\n",
                environment);
        REQUIRE(settings);
        CHECK(settings->egress.undo == 0s);
        CHECK(settings->egress.retry_max == 168h);
        CHECK(settings->egress.routes ==
              std::map<std::string, std::string>{{"legacy.test", "127.0.0.1:2626"}, {"two.test", "localhost:25"}});
        CHECK(settings->listen.smtp == Settings::Addresses{{"0.0.0.0", 25}, {"::1", 26}});
        CHECK(settings->limits.message_size == 1'048'576);
        CHECK(settings->imap.leave == LeaveUnit::message);
        CHECK(!settings->imap.joined);
        CHECK(settings->followup.digest_max == 7);
        CHECK(settings->smtp.bare_newline == BareNewline::normalise);
    }

    TEST_CASE("mistakes are named with their lines, all at once")
    {
        CHECK(problems("[server]\nhostnam = \"x\"\n") ==
              std::vector<Problem>{{2, "server.hostnam: there is no such setting"}});
        CHECK(problems("\n[sever]\n") == std::vector<Problem>{{2, "[sever]: there is no such section"}});
        const auto several = problems("[egress]\nundo = 10\nconcurrency = \"many\"\nretry_max = \"4 hours\"\n"
                                      "[imap]\njoined = \"yes\"\nleave = \"all\"\n[listen]\nsmtp = "
                                      "\"127.0.0.1:25\"\nimap = [\"143\"]\n");
        REQUIRE(several.size() == 7);
        std::vector<int> lines;
        for (const auto& problem : several) lines.push_back(problem.line);
        CHECK(lines == std::vector<int>{2, 3, 4, 6, 7, 9, 10});
        CHECK(several[0].text == "egress.undo: must be text in quotes");
        CHECK(described("gateway.toml", {several[0]}) == "gateway.toml:2: egress.undo: must be text in quotes\n");
    }

    TEST_CASE("what is no TOML is one problem with its line")
    {
        const auto found = problems("[server]\nhostname = \n");
        REQUIRE(found.size() == 1);
        CHECK(found[0].line == 2);
    }

    TEST_CASE("values that make no sense together are refused")
    {
        CHECK(problems("[server]\ndomains = []\n").size() == 1);
        CHECK(problems("[server]\nhostname = \"two words\"\n").size() == 1);
        CHECK(problems("[tls]\nkey = \"key.pem\"\n").size() == 1);
        CHECK(problems("[server]\nroles = [\"smpt\"]\n").size() == 1);
        CHECK(problems("[egress]\nretry_first = \"1d\"\n").size() == 1);
        CHECK(problems("[followup]\ndigest_max = 0\n").size() == 1);
        CHECK(problems("[http]\npublic_url = \"mail.example.org\"\n").size() == 1);
        CHECK(problems("[http]\npublic_url = \"https://mail.example.org/ x\"\n").size() == 1);
        CHECK(problems("[http]\npublic_url = \"https://mail.example.org/mail/\"\n").empty());
    }

    TEST_CASE("a bad override names its variable")
    {
        const auto environment = [](const std::string& variable) -> std::optional<std::string> {
            if (variable == "E2_LOG_LEVEL") return "loud";
            return std::nullopt;
        };
        const auto settings = parse("", environment);
        REQUIRE(!settings);
        CHECK(settings.error()[0].text.starts_with("E2_LOG_LEVEL in the environment: "));
    }

    TEST_CASE("files are relative to the configuration's folder, and one that is missing is a problem")
    {
        const auto settings = load(annotated, nothing);
        REQUIRE(settings);
        CHECK(settings->tls.key.empty());
        CHECK(!load("/nonexistent/gateway.toml", nothing));
        CHECK(load("", nothing));
    }

    TEST_CASE("durations and sizes")
    {
        CHECK(duration("500ms") == 500ms);
        CHECK(duration("10s") == 10s);
        CHECK(duration("2m") == 2min);
        CHECK(duration("4h") == 4h);
        CHECK(duration("7d") == 168h);
        CHECK(duration("0") == 0ms);
        CHECK(size("50MB") == 52'428'800);
        CHECK(size("8192") == 8192);
        CHECK(size("0") == 0);
        for (const auto* wrong :
            {"", "10", "s", "-1s", "1.5s", "10 s", "10x", "99999999999999999999s", "9223372036854775807d"}) {
            CAPTURE(wrong);
            CHECK(!duration(wrong));
        }
        for (const auto* wrong : {"", "MB", "-1", "1TB", "1.5MB", "9223372036854775807GB"}) {
            CAPTURE(wrong);
            CHECK(!size(wrong));
        }
    }
}
