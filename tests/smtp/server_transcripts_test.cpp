// server_transcripts_test: every transcript over a scripted wire: as written, octet by octet, and
// with the wire failing at each step.
#include "doubles.h"
#include "scripted_wire.h"

#include <doctest/doctest.h>

namespace {

namespace asio = boost::asio;

struct Played {
    std::vector<std::string> heard;
    std::vector<std::string> mails;
    std::vector<smtp::Envelope> envelopes;
    std::string ending;
    int operations = 0;
    bool all_given = false, over = false, closed = false;
};

Played play(const test::Transcript& transcript, test::Packets packets, int fail_at)
{
    test::Scene scene;
    test::direct(scene, transcript.directives);
    test::ScriptedWire wire(transcript.turns, packets);
    wire.fail_at = fail_at;
    asio::io_context context;
    Played played;
    {
        smtp::ServerSession session(wire, scene.sink, scene.offers_auth ? &scene.sasl : nullptr,
            std::make_shared<smtp::ServerSettings>(scene.settings), "1");
        wire.on_drain = [&] { session.drain(); };
        asio::co_spawn(context, session.run(), [&](const std::exception_ptr& error, smtp::Ending ending) {
            played.over = !error;
            played.ending = test::name_of(ending);
        });
        context.run();
    }
    played.heard = wire.heard;
    played.operations = wire.operations;
    played.all_given = wire.all_given();
    played.closed = wire.closed;
    played.mails = scene.sink.mails;
    played.envelopes = scene.sink.envelopes;
    return played;
}

bool is_whole(const test::Transcript& transcript)
{
    return std::find(transcript.directives.begin(), transcript.directives.end(), "whole") !=
           transcript.directives.end();
}

void compare(const test::Transcript& transcript, const Played& played)
{
    CHECK(played.over);
    CHECK(played.closed);
    CHECK_MESSAGE(played.all_given, "the session ended before the client had said all");
    std::string expected, heard;
    for (std::size_t i = 0; i <= transcript.turns.size(); ++i) {
        const auto& want = i < transcript.turns.size() ? transcript.turns[i].expected : transcript.expected_last;
        const auto got = i < played.heard.size() ? played.heard[i] : "(nothing)";
        CHECK_MESSAGE(
            want == got, "before turn ", i, "\nexpected: ", test::shown(want), "\n     got: ", test::shown(got));
    }
    if (!transcript.ending.empty()) CHECK(transcript.ending == played.ending);
    REQUIRE(transcript.mails.size() == played.mails.size());
    for (std::size_t i = 0; i < transcript.mails.size(); ++i)
        CHECK_MESSAGE(transcript.mails[i] == played.mails[i], "\nexpected: ", test::shown(transcript.mails[i]),
            "\n     got: ", test::shown(played.mails[i]));
}

}  // namespace

TEST_CASE("every transcript of a server session goes as it is written")
{
    for (const auto& file : test::transcript_files(TEST_FOLDER "/transcripts")) {
        const auto transcript = test::read_transcript(file);
        CAPTURE(transcript.name);
        compare(transcript, play(transcript, test::Packets::as_written, -1));
    }
}

TEST_CASE("every transcript of a server session goes the same when it comes octet by octet")
{
    for (const auto& file : test::transcript_files(TEST_FOLDER "/transcripts")) {
        const auto transcript = test::read_transcript(file);
        if (is_whole(transcript)) continue;
        CAPTURE(transcript.name);
        compare(transcript, play(transcript, test::Packets::octets, -1));
    }
}

TEST_CASE("a connection that breaks at any step of any transcript ends the session and adds no mail")
{
    for (const auto& file : test::transcript_files(TEST_FOLDER "/transcripts")) {
        const auto transcript = test::read_transcript(file);
        CAPTURE(transcript.name);
        const auto steps = play(transcript, test::Packets::as_written, -1).operations;
        for (int step = 0; step < steps; ++step) {
            CAPTURE(step);
            const auto played = play(transcript, test::Packets::as_written, step);
            CHECK(played.over);
            CHECK(played.closed);
            CHECK(played.mails.size() <= transcript.mails.size());
            CHECK(std::equal(played.mails.begin(), played.mails.end(), transcript.mails.begin()));
        }
    }
}
