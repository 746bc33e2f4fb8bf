// told_test: an event with the content that it made, to XML and back.

#include "email2/told.h"
#include "email2/xml.h"

#include <doctest/doctest.h>

using namespace email2;

TEST_CASE("an event is told with or without the content that it made, and neither is lost")
{
    ToldEvent told;
    told.event.sequence = 7;
    told.event.message = {"0192f0c1-7a3b-7c11-8d22-3e4f50617283", "one.test"};
    told.event.revision = 2;
    told.event.kind = EventKind::edited;
    told.event.actor = "alice@one.test";
    CHECK(read_told_event(write(told)) == told);
    told.content =
        Content{.subject = "A <subject>", .body = {.type = "multipart/mixed", .parts = {{.text = "Text & more"}}}};
    const auto xml = write(told);
    CHECK(read_told_event(xml) == told);
    CHECK(validate(xml));
    CHECK_FALSE(read_event(xml));  // whoever wants the event alone is not given more
    told.content.reset();
    CHECK(read_told_event(write(told.event)) == told);
}

TEST_CASE("a list of events tells no contents")
{
    const std::string event =
        "<event sequence=\"7\" message=\"0192f0c1-7a3b-7c11-8d22-3e4f50617283@one.test\" revision=\"2\" kind=\"edited\" at=\"2026-11-23T07:02:11Z\">";
    const auto listed = [&](const std::string& content) {
        return "<events xmlns=\"urn:email2:1\" last=\"7\">" + event + content + "</event></events>";
    };
    CHECK(read_events(listed("")));
    CHECK_FALSE(read_events(listed("<body><part type=\"text/plain\">x</part></body>")));
    CHECK_FALSE(validate(listed("<body><part type=\"text/plain\">x</part></body>")));
}
