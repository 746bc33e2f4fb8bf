// bounce_test: reports on deliveries of many servers, and mails that are none.

#include "gateway/mapping/bounce.h"
#include "samples.h"

#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>

using namespace gateway::mapping;

namespace {

// The corpus has mails of old Macs: what the front-ends would make of bare CR.
std::string with_lines(std::string bytes)
{
    if (bytes.find('\n') != std::string::npos) return bytes;
    std::string result;
    for (const char c : bytes)
        result += c == '\r' ? std::string("\r\n") : std::string(1, c);
    return result;
}

std::optional<std::vector<FailedRecipient>> bounce(const std::string& bytes)
{
    return read_bounce(mime::parse(bytes), bytes);
}

// Reports on deliveries that stand among the other samples.
constexpr std::array<std::string_view, 5> real_bounces{
    "mimetools-testmsgs/badbound",
    "python-email/msg_16.txt",
    "chatmail-core/gmx_ndn.eml",
    "chatmail-core/yahoo_ndn.eml",
    "not/rb-issue-368-bug.eml"};

void dump(const std::string& path, const std::optional<std::vector<FailedRecipient>>& recipients)
{
    if (std::getenv("DUMP") == nullptr) return;
    if (!recipients) return void(std::printf("%s|none\n", path.c_str()));
    for (const auto& each : *recipients)
        std::printf(
            "%s|%d|%s|%s|%s|%s\n",
            path.c_str(),
            static_cast<int>(each.action),
            each.failure.status.c_str(),
            each.address.c_str(),
            each.failure.remote.c_str(),
            each.failure.text.substr(0, 100).c_str()
        );
}

}  // namespace

TEST_CASE("bounces of eighty mail servers are recognised with their recipients")
{
    const auto corpus = samples::corpus();
    if (corpus.empty()) {
        MESSAGE("no corpus here");
        return;
    }
    std::size_t all = 0, read = 0;
    for (const auto& path : samples::files_below(corpus + "/sisimai-bounces/maildir", ".eml")) {
        if (path.find("/not/") != std::string::npos || path.find("arf-") != std::string::npos ||
            path.find("rfc3834-") != std::string::npos)
            continue;
        const auto bytes = with_lines(samples::read_file(path));
        const auto recipients = bounce(bytes);
        dump(path, recipients);
        ++all;
        if (recipients && !recipients->front().address.empty()) ++read;
    }
    MESSAGE(read << " of " << all);
    CHECK(read * 100 >= all * 95);
}

TEST_CASE("complaints, vacation notices and other mail are no bounces")
{
    const auto corpus = samples::corpus();
    if (corpus.empty()) {
        MESSAGE("no corpus here");
        return;
    }
    for (const auto* folder :
         {"/mime4j-testmsgs",
          "/mimekit",
          "/python-email",
          "/ruby-mail",
          "/chatmail-core",
          "/dkim",
          "/sisimai-bounces/maildir/not"})
        for (const auto& path : samples::files_below(corpus + folder, "")) {
            const auto bytes = with_lines(samples::read_file(path));
            const auto recipients = bounce(bytes);
            if (recipients) dump(path, recipients);
            const bool report = bytes.find("elivery-status") != std::string::npos;
            const bool real =
                std::any_of(real_bounces.begin(), real_bounces.end(), [&](std::string_view name) {
                    return path.find(name) != std::string::npos;
                });
            if (!report) CHECK_MESSAGE(recipients.has_value() == real, path);
        }
    for (const auto& path : samples::files_below(corpus + "/sisimai-bounces/maildir", ".eml"))
        if (path.find("rfc3834-") != std::string::npos)
            CHECK_MESSAGE(!bounce(samples::read_file(path)), path);
}
