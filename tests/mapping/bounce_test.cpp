// bounce_test: reports on deliveries of many servers, and mails that are none.

#include "email2/text.h"
#include "gateway/mapping/bounce.h"
#include "samples.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

using namespace gateway::mapping;

namespace {

// The corpus has mails of old Macs: what the front-ends would make of bare CR.
std::string with_lines(std::string bytes)
{
    if (bytes.find('\n') != std::string::npos) return bytes;
    std::string result;
    for (const char c : bytes) result += c == '\r' ? std::string("\r\n") : std::string(1, c);
    return result;
}

std::optional<std::vector<FailedRecipient>> bounce(const std::string& bytes)
{
    return read_bounce(mime::parse(bytes), bytes);
}

// Reports on deliveries that stand among the other samples.
constexpr std::array<std::string_view, 5> real_bounces{"mimetools-testmsgs/badbound", "python-email/msg_16.txt",
    "chatmail-core/gmx_ndn.eml", "chatmail-core/yahoo_ndn.eml", "not/rb-issue-368-bug.eml"};

void dump(const std::string& path, const std::optional<std::vector<FailedRecipient>>& recipients)
{
    if (std::getenv("DUMP") == nullptr) return;
    if (!recipients) return void(std::printf("%s|none\n", path.c_str()));
    for (const auto& each : *recipients)
        std::printf("%s|%d|%s|%s|%s|%s\n", path.c_str(), static_cast<int>(each.action), each.failure.status.c_str(),
            each.address.c_str(), each.failure.remote.c_str(), each.failure.text.substr(0, 100).c_str());
}

// -- bounces.txt ---------------------------------------------------------------------------------

// Address to class, "failed:5", of each file: "bsd/lhost-exim-01".
using Expectation = std::map<std::string, std::string>;

std::map<std::string, Expectation> expected()
{
    std::map<std::string, Expectation> all;
    std::istringstream lines(samples::read_file(TEST_FOLDER "/bounces.txt"));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) continue;
        std::istringstream words(line);
        std::string file, kind, recipients;
        words >> file >> kind >> recipients;
        std::istringstream each(recipients);
        for (std::string address; std::getline(each, address, ',');) all[file][address] = kind;
    }
    return all;
}

// "…/maildir/mac/lhost-exim-01.eml" is "bsd/lhost-exim-01".
std::string name_in_list(const std::string& path)
{
    const auto file = path.rfind('/'), folder = path.rfind('/', file - 1);
    auto name = path.substr(folder + 1, path.size() - folder - 5);
    if (name.starts_with("dos/") || name.starts_with("mac/")) name.replace(0, 3, "bsd");
    return name;
}

std::string class_of(const FailedRecipient& recipient, bool with_digit)
{
    constexpr std::array<std::string_view, 5> names{"failed", "delayed", "delivered", "relayed", "expanded"};
    std::string name(names[static_cast<std::size_t>(recipient.action)]);
    return with_digit ? name + ':' + recipient.failure.status.substr(0, 1) : name;
}

bool is_right(const std::vector<FailedRecipient>& recipients, const Expectation& expectation)
{
    std::set<std::string> found;
    for (const auto& each : recipients) {
        const auto address = email2::ascii_lower(each.address);
        const auto told = expectation.find(address);
        if (told == expectation.end()) return false;
        if (class_of(each, told->second.find(':') != std::string::npos) != told->second) return false;
        found.insert(address);
    }
    return found.size() == expectation.size();
}

}  // namespace

TEST_CASE("bounces of eighty mail servers are recognised with the right recipients and class")
{
    const auto corpus = samples::corpus();
    if (corpus.empty()) {
        MESSAGE("no corpus here");
        return;
    }
    const auto expectations = expected();
    std::size_t all = 0, right = 0, read = 0;
    for (const auto& path : samples::files_below(corpus + "/sisimai-bounces/maildir", ".eml")) {
        const auto expectation = expectations.find(name_in_list(path));
        if (expectation == expectations.end()) continue;  // no bounce: see the next case
        const auto recipients = bounce(with_lines(samples::read_file(path)));
        dump(path, recipients);
        ++all;
        if (recipients) ++read;
        const bool good = recipients && is_right(*recipients, expectation->second);
        if (good) ++right;
        else WARN_MESSAGE(good, path);
    }
    MESSAGE(right << " right and " << read << " recognised of " << all);
    CHECK(all == 778);
    CHECK(right * 100 >= all * 97);
}

TEST_CASE("two fields in one line of a report make no address with a blank in it")
{
    const std::string report =
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; a.test\r\n\r\nFinal-Recipient: rfc822;bob@Remote-MTA: dns; two.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n";
    const auto recipients = gateway::mapping::read_bounce(mime::parse(report), report);
    REQUIRE(recipients);
    REQUIRE(recipients->size() == 1);
    CHECK(recipients->front().address.find(' ') == std::string::npos);
    CHECK(recipients->front().failure.status == "5.1.1");
}

TEST_CASE("complaints, vacation notices and other mail are no bounces")
{
    const auto corpus = samples::corpus();
    if (corpus.empty()) {
        MESSAGE("no corpus here");
        return;
    }
    for (const auto* folder : {"/mime4j-testmsgs", "/mimekit", "/python-email", "/ruby-mail", "/chatmail-core", "/dkim",
             "/sisimai-bounces/maildir/not"})
        for (const auto& path : samples::files_below(corpus + folder, "")) {
            const auto bytes = with_lines(samples::read_file(path));
            const auto recipients = bounce(bytes);
            if (recipients) dump(path, recipients);
            const bool report = bytes.find("elivery-status") != std::string::npos;
            const bool real = std::any_of(real_bounces.begin(), real_bounces.end(),
                [&](std::string_view name) { return path.find(name) != std::string::npos; });
            if (!report) CHECK_MESSAGE(recipients.has_value() == real, path);
        }
    for (const auto& path : samples::files_below(corpus + "/sisimai-bounces/maildir", ".eml"))
        if (path.find("rfc3834-") != std::string::npos || path.find("/arf-") != std::string::npos)
            CHECK_MESSAGE(!bounce(samples::read_file(path)), path);
}
