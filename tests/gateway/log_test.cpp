// log_test: lines that a machine can take apart, and metrics that Prometheus can read.
#include "gateway/log.h"
#include "gateway/metrics.h"

#include <doctest/doctest.h>

#include <set>

using namespace gateway;

TEST_SUITE("log and metrics")
{
    TEST_CASE("a line is an event with key=value, quoted where it must be")
    {
        CHECK(log::line("smtp.accepted", {}) == "smtp.accepted");
        CHECK(log::line("a", {{"k", "v"}, {"n", "alice@one.test"}}) == "a k=v n=alice@one.test");
        CHECK(log::line("a", {{"k", ""}}) == "a k=\"\"");
        CHECK(log::line("a", {{"k", "two words"}}) == "a k=\"two words\"");
        CHECK(log::line("a", {{"k", "x=\"y\\z\""}}) == "a k=\"x=\\\"y\\\\z\\\"\"");
        CHECK(log::line("a", {{"k", "line\r\nbreak"}}) == "a k=\"line\\x0d\\x0abreak\"");
    }

    TEST_CASE("session ids differ")
    {
        std::set<std::string> ids;
        for (int i = 0; i < 1000; ++i) ids.insert(log::session_id());
        CHECK(ids.size() == 1000);
        CHECK(ids.begin()->size() == 12);
    }

    TEST_CASE("metrics are text, one series for each set of labels")
    {
        Metrics metrics;
        metrics.counter("e2_messages_total", "Messages", {{"way", "in"}}).Increment();
        metrics.counter("e2_messages_total", "Messages", {{"way", "in"}}).Increment();
        metrics.counter("e2_messages_total", "Messages", {{"way", "out"}}).Increment();
        metrics.gauge("e2_sessions", "Sessions").Set(3);
        metrics.histogram("e2_commit_seconds", "Commits", {0.001, 0.01}).Observe(0.005);
        const auto text = metrics.text();
        CHECK(text.find("e2_messages_total{way=\"in\"} 2\n") != std::string::npos);
        CHECK(text.find("e2_messages_total{way=\"out\"} 1\n") != std::string::npos);
        CHECK(text.find("e2_sessions 3\n") != std::string::npos);
        CHECK(text.find("e2_commit_seconds_bucket{le=\"0.01\"} 1\n") != std::string::npos);
    }
}
