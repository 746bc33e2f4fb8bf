// dkim_vectors_test: mails with verdicts by third parties (Mail-DKIM's, and the appendices of RFC 6376 and RFC 8463).
#include "gateway/authentication/dkim.h"
#include "tests/authentication/support.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <sstream>

namespace {

using namespace gateway::authentication;
using namespace authentication_test;
namespace dns = gateway::dns;

using Keys = std::map<std::string, dns::Lookup<std::string>>;

void read_keys(const std::filesystem::path& file, Keys& keys)
{
    std::istringstream lines(read_file(file));
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.front() == '#') continue;
        const auto name = line.substr(0, line.find_first_of(" \t"));
        auto value = line.substr(name.size());
        value.erase(0, value.find_first_not_of(" \t"));
        if (value == "NXDOMAIN") keys[name] = {dns::Found::no_domain, {}, false, ""};
        else if (value.starts_with("~~")) keys[name] = {};
        else keys[name] = {dns::Found::records, {value == "\"\"" ? "" : value}, false, ""};
    }
}

std::vector<DkimSignature> judge(
    const std::string& mail, const Keys& keys, std::chrono::sys_seconds now, SignatureRules rules)
{
    std::vector<DkimSignature> outcomes;
    for (auto& pending : read_signatures(MailText(mail), now, rules)) {
        dns::Lookup<std::string> key{dns::Found::no_domain, {}, false, ""};
        if (pending.signature)
            if (const auto found = keys.find(pending.signature->key_name()); found != keys.end()) key = found->second;
        outcomes.push_back(conclude(std::move(pending), key, rules));
    }
    return outcomes;
}

}  // namespace

namespace {

constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'780'000'000)};

// Vectors whose verdicts contradict the RFCs also by the rules of their time.
const std::set<std::string> contradictions{
    // RFC 6376 3.5: bh= is required. Drafts before RFC 4871 hashed header and body together.
    "good_ietf00_1.txt",
    "good_ietf00_2.txt",
    "good_ietf00_3.txt",
    "good_ietf00_4.txt",
    "good_ietf00_5.txt",
    // RFC 6376 1: DomainKey-Signature is no DKIM signature (RFC 4870 is historic).
    "good_dk_gmail.txt",
    "good_dk_yahoo.txt",
    "good_dk_1.txt",
    "good_dk_2.txt",
    "good_dk_3.txt",
    "good_dk_4.txt",
    "good_dk_5.txt",
    "good_dk_6.txt",
    "good_dk_7.txt",
    "dk_headers_1.txt",
    "dk_headers_2.txt",
    "dk_multiple_1.txt",
    // RFC 6376 3.6.1 and C.2: g= of a key means nothing any more.
    "badkey_8.txt",
    "badkey_9.txt",
    "badkey_12.txt",
    "badkey_13.txt",
};

// Vectors with a valid signature that today's rules let count: the others are by rsa-sha1 or by keys of 512 bits, which
// RFC 8301 3.1 and 3.2 forbid to accept.
const std::set<std::string> accepted_today{"goodkey_ed25519.txt"};

bool fits(const std::string& wanted, const std::vector<DkimSignature>& outcomes)
{
    const auto best = best_of(outcomes);
    if (wanted == "pass") return best == Result::pass;
    if (wanted == "fail") return best == Result::fail;
    return best != Result::pass && best != Result::fail;  // "invalid": a signature that says nothing
}

std::string told(const std::vector<DkimSignature>& outcomes)
{
    std::string text;
    for (const auto& outcome : outcomes) text += std::string(name_of(outcome.result)) + " (" + outcome.why + ") ";
    return text;
}

}  // namespace

TEST_CASE("Mail-DKIM's vectors have their verdicts, by the rules of their time, where no RFC contradicts")
{
    const auto folder = corpus("dkim");
    if (!folder) return;
    Keys keys;
    read_keys(*folder / "FAKE_DNS.dat", keys);
    std::istringstream lines(read_file(*folder / "mail-dkim-expected.tsv"));
    std::string wrong;
    int cases = 0;
    for (std::string line; std::getline(lines, line); ++cases) {
        std::istringstream words(line);
        std::string name, wanted;
        words >> name >> wanted;
        if (contradictions.contains(name)) continue;
        const auto outcomes =
            judge(crlf(read_file(*folder / "mail-dkim-corpus" / name)), keys, now, SignatureRules::historic);
        if (!fits(wanted, outcomes)) wrong += name + ": wanted " + wanted + ", got " + told(outcomes) + "\n";
    }
    CHECK(wrong == "");
    CHECK(cases == 79);
}

TEST_CASE("of those vectors only what RFC 8301 lets count counts today")
{
    const auto folder = corpus("dkim");
    if (!folder) return;
    Keys keys;
    read_keys(*folder / "FAKE_DNS.dat", keys);
    std::set<std::string> accepted;
    for (const auto& file : std::filesystem::directory_iterator(*folder / "mail-dkim-corpus"))
        if (best_of(judge(crlf(read_file(file.path())), keys, now, SignatureRules::current)) == Result::pass)
            accepted.insert(file.path().filename().string());
    CHECK(accepted == accepted_today);
}

TEST_CASE("the mails of RFC 6376's and RFC 8463's appendices verify, each signature of theirs")
{
    const auto folder = corpus("dkim");
    if (!folder) return;
    Keys keys;
    read_keys(*folder / "rfc" / "dns.tsv", keys);
    const auto pass = [](const auto& outcome) { return outcome.result == Result::pass; };
    for (const auto& [name, count] : {std::pair("rfc6376-appendix-a.eml", 1), std::pair("rfc8463-appendix-a.eml", 2)}) {
        const auto outcomes = judge(crlf(read_file(*folder / "rfc" / name)), keys, now, SignatureRules::current);
        CHECK(std::count_if(outcomes.begin(), outcomes.end(), pass) == count);
        CHECK(outcomes.size() == static_cast<std::size_t>(count));
    }
}
