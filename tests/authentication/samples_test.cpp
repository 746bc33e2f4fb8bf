// samples_test: mails that were signed and sealed once, with the keys of that day: they verify for ever.
#include "gateway/authentication/findings.h"
#include "tests/authentication/support.h"

#include <doctest/doctest.h>

#include <sstream>

using namespace gateway::authentication;
using namespace authentication_test;
namespace dns = gateway::dns;

namespace {

// The zone as dkim_zone() writes it.
std::map<std::string, dns::Lookup<std::string>> read_zone(const std::filesystem::path& path)
{
    std::map<std::string, dns::Lookup<std::string>> keys;
    std::istringstream lines(read_file(path));
    for (std::string line; std::getline(lines, line);) {
        std::string value;
        bool inside = false;
        for (const char c : line) {
            if (c == '"') inside = !inside;
            else if (inside) value += c;
        }
        keys[line.substr(0, line.find(". IN "))] = {dns::Found::records, {value}, false, ""};
    }
    return keys;
}

}  // namespace

TEST_CASE("a mail that two servers signed and sealed verifies with the keys of that day")
{
    const auto folder = std::filesystem::path(TEST_FOLDER) / "samples";
    const auto keys = read_zone(folder / "sealed.zone");
    const auto text = read_file(folder / "sealed.eml");
    const MailText mail(text);
    const auto signatures = read_signatures(mail, {});
    REQUIRE(signatures.size() == 4);
    for (const auto& pending : signatures) {
        REQUIRE(pending.signature);
        CHECK(conclude(pending, keys.at(pending.signature->key_name())).result == Result::pass);
    }
    const auto arc = conclude(read_arc(mail), keys);
    CHECK(arc.result == Result::pass);
    CHECK(arc.sealers == std::vector<std::string>{"one.test", "two.test"});
    CHECK(author_domain(mail) == "legacy.test");
}
