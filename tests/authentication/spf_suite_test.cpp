// spf_suite_test: the suites of RFC 7208 and, where they do not contradict it, of RFC 4408: every case of theirs.
#include "gateway/authentication/spf.h"
#include "tests/authentication/support.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <vector>
#include <yaml-cpp/yaml.h>

namespace {

using namespace gateway::authentication;
using namespace authentication_test;
namespace dns = gateway::dns;
namespace asio = boost::asio;

std::string lower(std::string text)
{
    for (auto& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

struct Record {
    std::string type, value;  // type "TIMEOUT": whatever has not been found before it is not answered
    int preference = 0;
};

// The zone data of a suite. Its SPF records (type 99, gone since RFC 7208) stand for TXT where a name has no TXT of its
// own.
class Zones : public dns::Resolver {
public:
    explicit Zones(const YAML::Node& data)
    {
        for (const auto& entry : data) {
            auto& records = names_[lower(entry.first.as<std::string>())];
            for (const auto& item : entry.second) add(records, item);
            const bool has_text =
                std::any_of(records.begin(), records.end(), [](const auto& r) { return r.type == "TXT"; });
            if (!has_text)
                for (auto& record : records)
                    if (record.type == "SPF") record.type = "TXT";
        }
    }

    asio::awaitable<dns::Lookup<dns::Mx>> mx(std::string domain) override
    {
        const auto found = look(domain, "MX", 0);
        dns::Lookup<dns::Mx> lookup{found.found, {}, false, ""};
        for (const auto& record : found.records)
            lookup.records.push_back({static_cast<std::uint16_t>(record.preference), record.value});
        co_return lookup;
    }
    asio::awaitable<dns::Lookup<std::string>> a(std::string host) override { co_return texts(host, "A"); }
    asio::awaitable<dns::Lookup<std::string>> aaaa(std::string host) override { co_return texts(host, "AAAA"); }
    asio::awaitable<dns::Lookup<std::string>> txt(std::string name) override { co_return texts(name, "TXT"); }
    asio::awaitable<dns::Lookup<std::string>> ptr(std::string address) override
    {
        co_return texts(dns::reverse_name(address), "PTR");
    }

private:
    static void add(std::vector<Record>& records, const YAML::Node& item)
    {
        if (item.IsScalar()) {
            records.push_back({item.as<std::string>(), ""});
            return;
        }
        for (const auto& pair : item) {
            Record record{pair.first.as<std::string>(), "", 0};
            const auto& value = pair.second;
            if (value.IsScalar() && value.as<std::string>() == "NONE") record.value = "NONE";
            else if (record.type == "MX" && value.IsSequence()) {
                record.preference = value[0].as<int>();
                record.value = value[1].as<std::string>();
            } else if (value.IsSequence()) {
                for (const auto& piece : value) record.value += piece.as<std::string>();
            } else record.value = value.as<std::string>();
            records.push_back(std::move(record));
        }
    }

    dns::Lookup<Record> look(std::string name, const std::string& type, int depth)
    {
        name = lower(std::move(name));
        if (name.ends_with('.')) name.pop_back();
        const auto zone = names_.find(name);
        if (zone == names_.end()) return {dns::Found::no_domain, {}, false, ""};
        dns::Lookup<Record> lookup{dns::Found::no_data, {}, false, ""};
        for (const auto& record : zone->second) {
            if (record.type == "TIMEOUT" || (record.type == type && record.value == "TIMEOUT")) {
                if (lookup.records.empty()) return {dns::Found::failed, {}, false, "timeout"};
            } else if (record.type == type && record.value != "NONE") {
                lookup.records.push_back(record);
            } else if (record.type == "CNAME" && depth < 10) {
                return look(record.value, type, depth + 1);
            }
        }
        if (!lookup.records.empty()) lookup.found = dns::Found::records;
        return lookup;
    }

    dns::Lookup<std::string> texts(const std::string& name, const std::string& type)
    {
        const auto found = look(name, type, 0);
        dns::Lookup<std::string> lookup{found.found, {}, false, found.why};
        for (const auto& record : found.records) lookup.records.push_back(record.value);
        return lookup;
    }

    std::map<std::string, std::vector<Record>> names_;
};

std::string text(const YAML::Node& node)
{
    return node && !node.IsNull() ? node.as<std::string>() : "";
}

struct Sum {
    int cases = 0;
    std::string wrong;  // a line each
};

void check_case(const std::string& name, const YAML::Node& test, Zones& zones, Sum& sum)
{
    SpfQuestion question;
    question.client = text(test["host"]);
    question.helo = text(test["helo"]);
    question.mail_from = text(test["mailfrom"]);
    const auto answer = run(check_spf(zones, question));
    std::set<std::string> wanted;
    if (test["result"].IsSequence())
        for (const auto& one : test["result"]) wanted.insert(one.as<std::string>());
    else wanted.insert(text(test["result"]));
    ++sum.cases;
    const std::string got(name_of(answer.result));
    auto explanation = text(test["explanation"]);
    if (explanation == "DEFAULT") explanation.clear();
    if (!wanted.contains(got)) sum.wrong += name + ": " + got + " " + answer.why + "\n";
    else if (test["explanation"] && answer.result == Result::fail && answer.explanation != explanation)
        sum.wrong += name + ": explained as \"" + answer.explanation + "\"\n";
}

Sum run_suite(const std::filesystem::path& file, const std::set<std::string>& contradicted)
{
    Sum sum;
    for (const auto& scenario : YAML::LoadAllFromFile(file.string())) {
        Zones zones(scenario["zonedata"]);
        for (const auto& test : scenario["tests"])
            if (const auto name = test.first.as<std::string>(); !contradicted.contains(name))
                check_case(name, test.second, zones, sum);
    }
    return sum;
}

}  // namespace

TEST_CASE("the suite of RFC 7208 passes whole")
{
    const auto folder = corpus("spf");
    if (!folder) return;
    const auto sum = run_suite(*folder / "rfc7208-tests.yml", {});
    CHECK(sum.cases == 203);
    CHECK(sum.wrong == "");
}

TEST_CASE("the suite of RFC 4408 passes where RFC 7208 does not say otherwise")
{
    const auto folder = corpus("spf");
    if (!folder) return;
    const auto sum = run_suite(*folder / "rfc4408-tests.yml", {});
    CHECK(sum.cases == 191);
    CHECK(sum.wrong == "");
}
