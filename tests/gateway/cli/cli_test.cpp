// cli_test: words, exit codes and what is printed, over a scripted Admin.
#include "../admin_double.h"
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

using test::Office;
using test::Records;

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
        desk.records.broken = {
            {"nobody sees what they may not", 2, {"message 1", "message 2"}}, {"a blob is whole", 1, {"blob 3"}}};
        const auto broken = desk.say({"check", "--store"});
        CHECK(broken.code == 1);
        CHECK(broken.out.empty());
        CHECK(
            broken.error ==
            "Not so: nobody sees what they may not (2), e.g. message 1; message 2;\nNot so: a blob is whole (1), e.g. blob 3;\n");
    }

    TEST_CASE("check says ok, or what is wrong with its line")
    {
        Desk desk;
        CHECK(desk.say({"check"}).out == "ok\n");
        std::ofstream(desk.config) << "[egress]\nundo = 3\n";
        const auto wrong = desk.say({"check"});
        CHECK(wrong.code == 1);
        CHECK(wrong.error == desk.config + ":2: egress.undo: must be text in quotes\n");
        std::ofstream(desk.config) << "[dkim]\nkeys = \"missing\"\n[egress]\nresolver = [\"dns\"]\n";
        const auto missing = desk.say({"check"});
        CHECK(missing.code == 1);
        CHECK(missing.error.find("missing is no directory") != std::string::npos);
        CHECK(missing.error.find("\"dns\" is no IP address") != std::string::npos);
    }

    TEST_CASE("dkim make prints the records, and says when the domain is none of ours")
    {
        Desk desk;
        const auto keys = (desk.folder / "keys").string();
        const auto made = desk.say({"dkim", "make", "one.test", "--directory", keys});
        CHECK(made.code == 0);
        CHECK(made.out.find("._domainkey.one.test.") != std::string::npos);
        CHECK(made.error.empty());
        const auto other = desk.say({"dkim", "make", "two.test", "--directory", keys});
        CHECK(other.code == 0);
        CHECK(other.out.find("._domainkey.two.test.") != std::string::npos);
        CHECK(other.error == "two.test is none of server.domains: nothing is signed with these keys until it is\n");
    }

    TEST_CASE("accounts are added, listed, suspended and removed")
    {
        Desk desk;
        CHECK(desk.say({"account", "add", "alice@one.test", "bob@one.test"}, "demo\n").code == 0);
        CHECK(accounts::verify("demo", desk.records.last_verifier));
        const auto again = desk.say({"account", "add", "alice@one.test"}, "demo\n");
        CHECK(again.code == 1);
        CHECK(again.error == "alice@one.test exists\n");
        CHECK(desk.say({"account", "add", "--keep", "alice@one.test", "carol@one.test"}, "demo\n").code == 0);
        CHECK(desk.say({"account", "suspend", "bob@one.test"}).code == 0);
        CHECK(desk.say({"account", "language", "dora@legacy.test", "de"}).code == 0);
        CHECK(desk.records.languages["dora@legacy.test"] == "de");
        CHECK(desk.say({"account", "name", "alice@one.test", "Alice A."}).code == 0);
        CHECK(desk.say({"account", "quota", "alice@one.test", "5GB"}).code == 0);
        CHECK(desk.say({"account", "quota", "--send", "alice@one.test", "none"}).code == 0);
        CHECK(desk.say({"account", "admin", "alice@one.test"}).code == 0);
        CHECK(
            desk.say({"account", "list"}).out ==
            "address         name      state      admin  lists  quota       send-quota  created               octets\n"
            "alice@one.test  Alice A.  active     yes    no     5368709120  none        2023-11-14T22:13:20Z  42\n"
            "bob@one.test    -         suspended  no     no     default     default     2023-11-14T22:13:20Z  42\n"
            "carol@one.test  -         active     no     no     default     default     2023-11-14T22:13:20Z  42\n");
        CHECK(desk.say({"account", "quota", "alice@one.test", "much"}).code == 1);
        CHECK(desk.say({"account", "quota", "alice@one.test", "default"}).code == 0);
        CHECK(desk.say({"account", "show", "alice@one.test"}).out.find("default") != std::string::npos);
        CHECK(desk.say({"account", "show", "nobody@one.test"}).error == "There is no account nobody@one.test.\n");
        CHECK(desk.say({"account", "suspend", "--off", "bob@one.test"}).code == 0);
        CHECK(desk.say({"account", "suspend", "bob@one.test"}).code == 0);
        CHECK(desk.say({"account", "resume", "bob@one.test"}).code == 0);
        CHECK(desk.say({"account", "remove", "carol@one.test"}).code == 0);
        const auto list = boost::json::parse(desk.say({"account", "list", "--json"}).out);
        REQUIRE(list.as_array().size() == 2);
        CHECK(list.at(1).at("state") == "active");
    }

    TEST_CASE("many accounts come as lines, a password may come as a word")
    {
        Desk desk;
        CHECK(desk.say({"account", "add", "--from-stdin"}, "a@one.test pass word\nb@one.test demo\n").code == 0);
        CHECK(desk.records.accounts.size() == 2);
        CHECK(accounts::verify("demo", desk.records.last_verifier));
        CHECK(desk.say({"account", "add", "--from-stdin"}, "c@one.test x\nd@one.test\n").error ==
              "line 2: an address, a space and a password are expected\n");
        CHECK(desk.records.accounts.size() == 2);
        CHECK(desk.say({"account", "add", "e@one.test", "--password", "other"}).code == 0);
        CHECK(accounts::verify("other", desk.records.last_verifier));
        CHECK(desk.say({"account", "add"}, "demo\n").code == 1);
    }

    TEST_CASE("an empty password is refused")
    {
        Desk desk;
        CHECK(desk.say({"account", "add", "alice@one.test"}).code == 1);
        CHECK(desk.say({"account", "password", "alice@one.test"}, "\n").code == 1);
        CHECK(desk.records.accounts.empty());
        CHECK(desk.say({"account", "password", "alice@one.test"}, "changed\n").code == 1);
        CHECK(desk.say({"account", "add", "alice@one.test"}, "demo\n").code == 0);
        CHECK(desk.say({"account", "password", "alice@one.test"}, "changed\n").code == 0);
        CHECK(accounts::verify("changed", desk.records.last_verifier));
    }

    TEST_CASE("aliases, the queue and messages")
    {
        Desk desk;
        CHECK(desk.say({"alias", "add", "sales@one.test", "alice@one.test"}).code == 0);
        CHECK(desk.say({"alias", "list"}).out == "alias           target\nsales@one.test  alice@one.test\n");
        CHECK(desk.say({"alias", "remove", "sales@one.test"}).code == 0);
        CHECK(desk.say({"alias", "list", "--json"}).out == "[]\n");
        CHECK(desk.say({"queue", "list"})
                  .out.find("carol@legacy.test  0192f0c1-7a00-7000-8000-000000000002@one.test  451 later") !=
              std::string::npos);
        CHECK(desk.say({"queue", "show", "7", "--json"}).out.find("\"attempts\":2") != std::string::npos);
        CHECK(desk.say({"queue", "show", "8"}).code == 1);
        CHECK(desk.say({"queue", "retry"}).out == "3 due now\n");
        CHECK(desk.say({"queue", "retry", "7"}).out == "1 due now\n");
        CHECK(desk.say({"queue", "remove", "7"}).code == 0);
        CHECK(desk.say({"message", "show", "g@one.test"}).out.find("as good as a message") != std::string::npos);
        CHECK(desk.say({"alias", "remove", "sales@one.test"}).code == 1);
        CHECK(desk.say({"message", "show", "h@one.test"}).code == 1);
    }

    TEST_CASE("lists, domains and tokens")
    {
        Desk desk;
        CHECK(desk.say({"list", "add", "news@one.test"}).code == 2);
        CHECK(desk.say({"list", "add", "news@one.test", "--owner", "alice@one.test", "--owner", "bob@one.test",
                           "--name", "News", "--posting", "owners"})
                  .code == 0);
        CHECK(desk.say({"list", "list"}).out.find("news@one.test  News  owners   2") != std::string::npos);
        CHECK(desk.say({"list", "posting", "news@one.test", "somebody"}).code == 2);
        CHECK(desk.say({"list", "posting", "news@one.test", "anyone"}).code == 0);
        CHECK(desk.say({"list", "owner", "remove", "news@one.test", "alice@one.test"}).code == 0);
        CHECK(desk.say({"list", "owner", "add", "news@one.test", "carol@one.test"}).code == 0);
        CHECK(desk.say({"list", "show", "news@one.test", "--json"})
                  .out.find("\"owners\":\"bob@one.test carol@one.test\"") != std::string::npos);
        CHECK(desk.say({"list", "name", "news@one.test", "Old news"}).code == 0);
        CHECK(desk.records.lists.at(0).name == "Old news");
        CHECK(desk.say({"list", "remove", "news@one.test"}).code == 0);
        CHECK(desk.say({"list", "show", "news@one.test"}).code == 1);
        CHECK(desk.say({"domain", "list"}).out == "domain       messages  complaints\nlegacy.test  412.5     3.0\n");
        CHECK(desk.say({"domain", "distrust", "legacy.test"}).code == 0);
        CHECK(desk.records.trust == "legacy.test distrusted");
        CHECK(desk.say({"domain", "trust", "legacy.test"}).code == 0);
        CHECK(desk.records.trust == "legacy.test trusted");
        CHECK(desk.say({"token", "add", "alice@one.test", "backup"}).out == "e2_secret\n");
        CHECK(desk.say({"token", "list", "alice@one.test"}).out.find("backup") != std::string::npos);
        CHECK(desk.say({"token", "remove", "alice@one.test", "7"}).code == 0);
        CHECK(desk.records.tokens.empty());
    }

    TEST_CASE("the audit is asked as the words say")
    {
        Desk desk;
        const auto said = desk.say({"audit", "--account", "bob@one.test", "--since", "2026-11-24", "--until",
            "2026-11-24T06:00:00Z", "--limit", "5"});
        CHECK(said.code == 0);
        CHECK(said.out.find("a3  2023-11-14T22:13:20Z  root (command line)  account.quota  bob@one.test") !=
              std::string::npos);
        const auto& asked = desk.records.asked;
        CHECK(asked.account == "bob@one.test");
        CHECK(*asked.until - *asked.since == std::chrono::hours(6));
        CHECK(asked.limit == 5);
        CHECK(desk.say({"audit", "--since", "yesterday"}).code == 1);
        CHECK(desk.say({"audit", "--limit", "few"}).code == 2);
    }

    TEST_CASE("mail is imported from every folder of a path; what is broken is named, and the code is 1")
    {
        Desk desk;
        const auto box = (desk.folder / "old.mbox").string();
        std::ofstream(box)
            << "From a@b Tue Nov 14 22:13:20 2023\nSubject: one\n\nfirst\n\nFrom a@b Tue Nov 14 22:13:20 2023\n\n";
        const auto said = desk.say({"import", "--account", "alice@one.test", "--folder", "Old", box});
        CHECK(said.code == 1);
        CHECK(said.out == "1 imported, 0 there already, 1 refused\n");
        CHECK(said.error.find("empty") != std::string::npos);
        CHECK(desk.records.imported == std::vector<std::string>{"Old old.mbox: Subject: one\r\n\r\nfirst\r\n"});
        CHECK(desk.records.finished == 1);
        CHECK(desk.say({"import", "--account", "alice@one.test", (desk.folder / "none").string()}).code == 1);
        CHECK(desk.say({"import", box}).code == 2);
        CHECK(desk.say({"import", "--account", "alice@one.test", "--mbox", "other", box}).code == 2);
        // Where an interrupted run stopped, the next one goes on.
        desk.records.imported.clear();
        desk.records.position = desk.records.last_position;
        std::ofstream(box, std::ios::app) << "From a@b Tue Nov 14 22:13:20 2023\nSubject: two\n\n\n";
        CHECK(desk.say({"import", "--account", "alice@one.test", box}).code == 0);
        CHECK(desk.records.imported == std::vector<std::string>{"INBOX old.mbox: Subject: two\r\n\r\n"});
    }

    TEST_CASE("what is exported is imported again, octet by octet, and an interrupted export goes on")
    {
        Desk desk;
        for (std::uint32_t uid = 1; uid <= 3; ++uid) {
            gateway::boxes::Mail mail;
            mail.bytes = "Subject: " + std::to_string(uid) + "\r\n\r\nFrom here\r\nno end";
            desk.records.mails.push_back({uid, uid, mail});
        }
        const auto box = (desk.folder / "mbox").string(), dir = (desk.folder / "maildir").string();
        // Of an earlier run: one mail and a piece.
        std::ofstream(box + ".part") << "first piece";
        std::ofstream(box + ".part.at") << "5 1";
        CHECK(desk.say({"export", "--account", "alice@one.test", "--folder", "INBOX", "--format", "mbox", box}).code ==
              0);
        std::ifstream in(box);
        const std::string text(std::istreambuf_iterator<char>(in), {});
        CHECK(text.starts_with("firstFrom MAILER-DAEMON"));
        CHECK(text.find("Subject: 1") == std::string::npos);
        CHECK(text.find("\n>From here\n") != std::string::npos);
        CHECK(!std::filesystem::exists(box + ".part"));
        CHECK(desk.say({"export", "--account", "alice@one.test", "--folder", "INBOX", "--format", "mbox", box}).code ==
              1);
        CHECK(
            desk.say({"export", "--account", "alice@one.test", "--folder", "None", "--format", "maildir", dir}).code ==
            1);
        for (int run = 0; run < 2; ++run)
            CHECK(desk.say({"export", "--account", "alice@one.test", "--format", "maildir", dir}).code == 0);
        CHECK(std::filesystem::is_directory(dir + "/.Work.&AC4-hidden/cur"));
        CHECK(
            desk.say({"import", "--account", "alice@one.test", dir}).out == "3 imported, 0 there already, 0 refused\n");
        REQUIRE(desk.records.imported.size() == 3);
        CHECK(desk.records.imported[1] == "INBOX maildir: " + desk.records.mails[1].mail.bytes);
        CHECK(desk.say({"export", "--account", "alice@one.test", "--format", "mbox", dir + "2"}).code == 0);
        CHECK(std::filesystem::exists(dir + "2/Work/&AC4-hidden.mbox"));
        CHECK(desk.say({"export", "--account", "alice@one.test", "--format", "zip", box}).code == 2);
    }

    TEST_CASE("a person is handed over as a directory or a tar, and erased only when asked twice")
    {
        Desk desk;
        desk.say({"account", "add", "alice@one.test"}, "demo\n");
        const auto tar = (desk.folder / "alice.tar").string();
        CHECK(desk.say({"person", "export", "alice@one.test", tar}).code == 0);
        CHECK(std::filesystem::file_size(tar) > 1024);
        CHECK(desk.say({"person", "export", "alice@one.test", (desk.folder / "alice").string()}).code == 0);
        CHECK(std::filesystem::exists(desk.folder / "alice/account.xml"));
        CHECK(std::filesystem::is_directory(desk.folder / "alice/mail/cur"));
        CHECK(desk.say({"person", "erase", "alice@one.test"}, "bob@one.test\n").code == 1);
        CHECK(desk.records.erased.empty());
        CHECK(desk.say({"person", "erase", "alice@one.test"}, "alice@one.test\n").code == 0);
        CHECK(desk.records.erased == "alice@one.test");
        CHECK(desk.say({"person", "erase", "--yes", "carol@legacy.test"}).out == "carol@legacy.test is erased.\n");
    }

    TEST_CASE("maintenance says what each job did, and fails when one did not come to its end")
    {
        Desk desk;
        const auto fine = desk.say({"maintain"});
        CHECK(fine.code == 0);
        CHECK(fine.out.find("blobs   3     12") != std::string::npos);
        desk.records.unfinished = "the disk is full";
        const auto wrong = desk.say({"maintain", "--json"});
        CHECK(wrong.code == 1);
        CHECK(boost::json::parse(wrong.out).at(1).at("failed") == "the disk is full");
    }

    TEST_CASE("what lies in cold storage is listed and put back by its name")
    {
        Desk desk;
        const auto list = desk.say({"archive", "list", "--json"});
        CHECK(boost::json::parse(list.out).at(0).at("message") == "g@one.test");
        CHECK(boost::json::parse(list.out).at(0).at("octets") == 4711);
        CHECK(desk.say({"archive", "restore", "g@one.test"}).out == "g@one.test restored\n");
        CHECK(desk.say({"archive", "restore", "h@one.test"}).code == 1);
        CHECK(desk.say({"archive", "restore"}).code == 2);
    }

    TEST_CASE(
        "files of cold storage are imported in the order of their names, and one that is refused keeps none of the others")
    {
        Desk desk;
        const auto shelf = desk.folder / "shelf";
        std::filesystem::create_directories(shelf / "a");
        std::filesystem::create_directories(shelf / "b");
        for (const auto* name : {"b/1.tar.gz", "a/2.tar.gz", "b/3-damaged.tar.gz", "a/4.tar.gz", "a/notes.txt"})
            std::ofstream(shelf / name) << "x";
        const auto heard = desk.say({"archive", "import", shelf.string()});
        CHECK(desk.records.archives == std::vector<std::string>{"1.tar.gz", "2.tar.gz", "4.tar.gz"});
        CHECK(heard.out == "2 imported, 0 put back, 1 there already, 1 refused\n");
        CHECK(heard.error.find("3-damaged.tar.gz is damaged") != std::string::npos);
        CHECK(heard.code == 1);
        CHECK(desk.say({"archive", "import", (shelf / "a/2.tar.gz").string()}).code == 0);
        CHECK(desk.say({"archive", "import"}).code == 2);
    }
}
