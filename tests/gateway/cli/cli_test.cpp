// cli_test: words, exit codes and what is printed, over a scripted Admin.
#include "gateway/accounts/verifier.h"
#include "gateway/cli/cli.h"

#include <boost/json/parse.hpp>

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace gateway;

namespace {

struct Records {
    std::vector<Admin::AccountRow> rows;
    std::vector<Admin::AliasRow> alias_rows;
    std::vector<Admin::Broken> broken_rows;
    std::string last_verifier;
};

struct Office final : Admin {
    explicit Office(Records& records)
        : rows(records.rows), alias_rows(records.alias_rows), broken_rows(records.broken_rows), last_verifier(records.last_verifier)
    {
    }

    void add_accounts(const std::vector<NewAccount>& accounts) override
    {
        for (const auto& account : accounts) {
            for (const auto& row : rows)
                if (row.address == account.address) throw Refused(account.address + " exists");
            rows.push_back(
                {account.address,
                 false,
                 std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000)),
                 42}
            );
            last_verifier = account.verifier;
        }
    }

    std::vector<AccountRow> accounts() override { return rows; }

    void set_password(const std::string&, const std::string& verifier) override
    {
        last_verifier = verifier;
    }

    void remove_account(const std::string& address) override
    {
        std::erase_if(rows, [&](const auto& row) { return row.address == address; });
    }

    void suspend(const std::string& address, bool on) override
    {
        for (auto& row : rows)
            if (row.address == address) row.suspended = on;
    }

    void add_alias(const std::string& alias, const std::string& target) override
    {
        alias_rows.push_back({alias, target});
    }

    std::vector<AliasRow> aliases() override { return alias_rows; }

    void remove_alias(const std::string&) override { alias_rows.clear(); }

    std::vector<QueueRow> queue() override
    {
        return {{7, "g@one.test", "carol@legacy.test", "deferred", 2, {}, "451 later"}};
    }

    std::optional<QueueRow> queued(std::int64_t id) override
    {
        return id == 7 ? std::optional(queue()[0]) : std::nullopt;
    }

    std::size_t retry(std::optional<std::int64_t> id) override { return id ? 1 : 3; }

    void remove_queued(std::int64_t) override {}

    std::vector<Broken> broken() override { return broken_rows; }

    std::optional<std::string> message(const std::string& id) override
    {
        return id == "g@one.test" ? std::optional<std::string>("<message/>") : std::nullopt;
    }

    std::vector<AccountRow>& rows;
    std::vector<AliasRow>& alias_rows;
    std::vector<Broken>& broken_rows;
    std::string& last_verifier;
};

struct Said {
    int code = 0;
    std::string out, error;
};

struct Desk {
    Desk()
    {
        std::string name = std::filesystem::temp_directory_path() / "e2-cli-XXXXXX";
        folder = ::mkdtemp(name.data());
        config = folder / "gateway.toml";
        // With a URL no database is started; the scripted Admin does not look at it.
        std::ofstream(config) << "[store]\nurl = \"host=/nowhere\"\n";
    }

    ~Desk() { std::filesystem::remove_all(folder); }

    Said say(std::vector<std::string> words, const std::string& typed = "")
    {
        std::istringstream in(typed);
        std::ostringstream out, error;
        cli::Parts parts;
        parts.admin = [&](const Settings&, const std::string& url) {
            CHECK(url == "host=/nowhere");
            return std::make_unique<Office>(records);
        };
        words.insert(words.end(), {"--config", config});
        const int code = cli::run(words, parts, {in, out, error});
        return {code, out.str(), error.str()};
    }

    Records records;
    std::filesystem::path folder;
    std::string config;
};

}  // namespace

TEST_SUITE("cli")
{
    TEST_CASE("a usage error is 2, help is 0, an unknown command is 2")
    {
        Desk desk;
        CHECK(desk.say({}).code == 2);
        CHECK(desk.say({"nonsense"}).code == 2);
        CHECK(desk.say({"account", "add", "a@one.test", "--from-stdin"}, "demo\n").code == 2);
        CHECK(desk.say({"queue", "remove", "seven"}).code == 2);
        const auto help = desk.say({"--help"});
        CHECK(help.code == 0);
        CHECK(help.out.find("account") != std::string::npos);
    }

    TEST_CASE("a command without its part does not exist")
    {
        std::istringstream in;
        std::ostringstream out, error;
        CHECK(cli::run({"account", "list"}, {}, {in, out, error}) == 2);
        CHECK(cli::run({"serve"}, {}, {in, out, error}) == 2);
    }

    TEST_CASE("check --store says ok, or each thing that is not as it should be, with examples")
    {
        Desk desk;
        CHECK(desk.say({"check", "--store"}).out == "ok\n");
        desk.records.broken_rows = {{"nobody sees what they may not", 2, {"message 1", "message 2"}}, {"a blob is whole", 1, {"blob 3"}}};
        const auto broken = desk.say({"check", "--store"});
        CHECK(broken.code == 1);
        CHECK(broken.out.empty());
        CHECK(broken.error == "Not so: nobody sees what they may not (2), e.g. message 1; message 2;\nNot so: a blob is whole (1), e.g. blob 3;\n");
    }

    TEST_CASE("check says ok, or what is wrong with its line")
    {
        Desk desk;
        CHECK(desk.say({"check"}).out == "ok\n");
        std::ofstream(desk.config) << "[egress]\nundo = 3\n";
        const auto wrong = desk.say({"check"});
        CHECK(wrong.code == 1);
        CHECK(wrong.error == desk.config + ":2: egress.undo: must be text in quotes\n");
        std::ofstream(desk.config)
            << "[dkim]\nkeys = \"missing\"\n[egress]\nresolver = [\"dns\"]\n";
        const auto missing = desk.say({"check"});
        CHECK(missing.code == 1);
        CHECK(missing.error.find("missing is no directory") != std::string::npos);
        CHECK(missing.error.find("\"dns\" is no IP address") != std::string::npos);
    }

    TEST_CASE("accounts are added, listed, suspended and removed")
    {
        Desk desk;
        CHECK(desk.say({"account", "add", "alice@one.test", "bob@one.test"}, "demo\n").code == 0);
        CHECK(accounts::verify("demo", desk.records.last_verifier));
        const auto again = desk.say({"account", "add", "alice@one.test"}, "demo\n");
        CHECK(again.code == 1);
        CHECK(again.error == "alice@one.test exists\n");
        CHECK(
            desk.say({"account", "add", "--keep", "alice@one.test", "carol@one.test"}, "demo\n")
                .code == 0
        );
        CHECK(desk.say({"account", "suspend", "bob@one.test"}).code == 0);
        CHECK(
            desk.say({"account", "list"}).out ==
            "address         state      created               octets\n"
            "alice@one.test  active     2023-11-14T22:13:20Z  42\n"
            "bob@one.test    suspended  2023-11-14T22:13:20Z  42\n"
            "carol@one.test  active     2023-11-14T22:13:20Z  42\n"
        );
        CHECK(desk.say({"account", "suspend", "--off", "bob@one.test"}).code == 0);
        CHECK(desk.say({"account", "remove", "carol@one.test"}).code == 0);
        const auto list = boost::json::parse(desk.say({"account", "list", "--json"}).out);
        REQUIRE(list.as_array().size() == 2);
        CHECK(list.at(1).at("state") == "active");
    }

    TEST_CASE("many accounts come as lines, a password may come as a word")
    {
        Desk desk;
        CHECK(
            desk.say({"account", "add", "--from-stdin"}, "a@one.test pass word\nb@one.test demo\n")
                .code == 0
        );
        CHECK(desk.records.rows.size() == 2);
        CHECK(accounts::verify("demo", desk.records.last_verifier));
        CHECK(
            desk.say({"account", "add", "--from-stdin"}, "c@one.test x\nd@one.test\n").error ==
            "line 2: an address, a space and a password are expected\n"
        );
        CHECK(desk.records.rows.size() == 2);
        CHECK(desk.say({"account", "add", "e@one.test", "--password", "other"}).code == 0);
        CHECK(accounts::verify("other", desk.records.last_verifier));
        CHECK(desk.say({"account", "add"}, "demo\n").code == 1);
    }

    TEST_CASE("an empty password is refused")
    {
        Desk desk;
        CHECK(desk.say({"account", "add", "alice@one.test"}).code == 1);
        CHECK(desk.say({"account", "password", "alice@one.test"}, "\n").code == 1);
        CHECK(desk.records.rows.empty());
        CHECK(desk.say({"account", "password", "alice@one.test"}, "changed\n").code == 0);
        CHECK(accounts::verify("changed", desk.records.last_verifier));
    }

    TEST_CASE("aliases, the queue and messages")
    {
        Desk desk;
        CHECK(desk.say({"alias", "add", "sales@one.test", "alice@one.test"}).code == 0);
        CHECK(
            desk.say({"alias", "list"}).out ==
            "alias           target\nsales@one.test  alice@one.test\n"
        );
        CHECK(desk.say({"alias", "remove", "sales@one.test"}).code == 0);
        CHECK(desk.say({"alias", "list", "--json"}).out == "[]\n");
        CHECK(
            desk.say({"queue", "list"}).out.find("carol@legacy.test  g@one.test  451 later") !=
            std::string::npos
        );
        CHECK(
            desk.say({"queue", "show", "7", "--json"}).out.find("\"attempts\":2") !=
            std::string::npos
        );
        CHECK(desk.say({"queue", "show", "8"}).code == 1);
        CHECK(desk.say({"queue", "retry"}).out == "3 due now\n");
        CHECK(desk.say({"queue", "retry", "7"}).out == "1 due now\n");
        CHECK(desk.say({"queue", "remove", "7"}).code == 0);
        CHECK(desk.say({"message", "show", "g@one.test"}).out == "<message/>\n");
        CHECK(desk.say({"message", "show", "h@one.test"}).code == 1);
    }
}
