// client_transcripts_test: our client session against scripted servers, and with the wire failing
// at each step.
//
//   @ tls never|required          (default: opportunistic)
//   @ login USER PASSWORD
//   @ mail FROM TO,TO [8bit] [dsn] [size=N] | CONTENT     mails to send, in order
#include "scripted_wire.h"
#include "smtp/client_session.h"
#include "smtp/reply_reader.h"

#include <doctest/doctest.h>

#include <sstream>

namespace {

namespace asio = boost::asio;

struct Errand {
    smtp::OutgoingMail mail;
    std::string content;
};

struct Orders {
    smtp::ClientSettings settings;
    std::vector<Errand> errands;
};

Errand errand_of(std::istringstream& words)
{
    Errand errand;
    std::string from, to, word;
    words >> from >> to;
    errand.mail.from.reverse_path = from == "<>" ? "" : from;
    std::istringstream recipients(to);
    for (std::string one; std::getline(recipients, one, ',');) errand.mail.to.push_back({one, {}, {}});
    while (words >> word && word != "|") {
        if (word == "8bit") errand.mail.from.body = smtp::Body::eight_bit_mime;
        if (word.starts_with("size=")) errand.mail.from.size = std::stoul(word.substr(5));
        if (word != "dsn") continue;
        errand.mail.from.ret = smtp::Ret::headers;
        errand.mail.from.envid = "id=1";
        errand.mail.to[0].notify = {.set = true, .failure = true, .delay = true};
        errand.mail.to[0].orcpt = "rfc822;b+c@y.test";
    }
    std::getline(words >> std::ws, errand.content);
    for (auto at = errand.content.find("\\n"); at != std::string::npos; at = errand.content.find("\\n"))
        errand.content.replace(at, 2, "\r\n");
    return errand;
}

Orders orders_of(const std::vector<std::string>& directives)
{
    Orders orders;
    orders.settings.hostname = "us.test";
    for (const auto& directive : directives) {
        std::istringstream words(directive);
        std::string name, word;
        words >> name;
        if (name == "mail") orders.errands.push_back(errand_of(words));
        if (name == "tls")
            orders.settings.tls = words >> word && word == "never" ? smtp::TlsUse::never : smtp::TlsUse::required;
        if (name == "login")
            words >> orders.settings.credentials.emplace().user >> orders.settings.credentials->password;
    }
    return orders;
}

std::string line_of(const smtp::Answer& answer)
{
    constexpr const char* phases[] = {"greeting", "hello", "tls", "auth", "mail", "rcpt", "data", "content"};
    auto text = answer.reply.text;
    std::replace(text.begin(), text.end(), '\n', '/');
    return fmt::format("{}{} {} {} {}", answer.local ? "!" : "", phases[static_cast<int>(answer.phase)],
        answer.reply.code, answer.reply.status, text);
}

asio::awaitable<void> run(smtp::ClientSession& session, Orders& orders, std::vector<std::string>& results)
{
    const auto opened = co_await session.open();
    if (!session.usable()) results.push_back(line_of(opened));
    for (auto& errand : orders.errands) {
        if (!session.usable()) break;
        errand.mail.content = {errand.content};
        for (const auto& answer : co_await session.send(errand.mail)) results.push_back(line_of(answer));
    }
    co_await session.quit();
}

struct Played {
    std::vector<std::string> heard, results;
    int operations = 0;
    bool over = false;
};

Played play(const test::Transcript& transcript, test::Packets packets, int fail_at)
{
    auto orders = orders_of(transcript.directives);
    test::ScriptedWire wire(transcript.turns, packets);
    wire.fail_at = fail_at;
    Played played;
    asio::io_context context;
    smtp::ClientSession session(wire, orders.settings);
    asio::co_spawn(
        context, run(session, orders, played.results), [&](const std::exception_ptr& error) { played.over = !error; });
    context.run();
    played.heard = wire.heard;
    played.operations = wire.operations;
    return played;
}

void compare(const test::Transcript& transcript, const Played& played)
{
    CHECK(played.over);
    std::string expected, heard;
    for (const auto& turn : transcript.turns) expected += turn.expected;
    expected += transcript.expected_last;
    for (const auto& said : played.heard) heard += said;
    CHECK_MESSAGE(expected == heard, "\nexpected: ", test::shown(expected), "\n     got: ", test::shown(heard));
    REQUIRE(played.results.size() == transcript.results.size());
    for (std::size_t i = 0; i < played.results.size(); ++i) CHECK(played.results[i] == transcript.results[i]);
}

}  // namespace

TEST_CASE("every transcript of a client session goes as it is written, however it is cut")
{
    for (const auto& file : test::transcript_files(TEST_FOLDER "/client_transcripts")) {
        const auto transcript = test::read_transcript(file, test::Side::client);
        CAPTURE(transcript.name);
        compare(transcript, play(transcript, test::Packets::as_written, -1));
        const auto& directives = transcript.directives;
        if (std::find(directives.begin(), directives.end(), "whole") != directives.end()) continue;
        compare(transcript, play(transcript, test::Packets::octets, -1));
    }
}

TEST_CASE("a connection that breaks at any step of a client session gives each recipient an "
          "answer, none of them a false yes")
{
    for (const auto& file : test::transcript_files(TEST_FOLDER "/client_transcripts")) {
        const auto transcript = test::read_transcript(file, test::Side::client);
        CAPTURE(transcript.name);
        const auto whole = play(transcript, test::Packets::as_written, -1);
        for (int step = 0; step < whole.operations; ++step) {
            CAPTURE(step);
            const auto played = play(transcript, test::Packets::as_written, step);
            CHECK(played.over);
            for (std::size_t i = 0; i < played.results.size(); ++i) {
                const bool same = i < whole.results.size() && played.results[i] == whole.results[i];
                const bool later = played.results[i].find(" 451 4.4.2 ") != std::string::npos;
                CHECK_MESSAGE((same || later), played.results[i]);
            }
        }
    }
}

TEST_CASE("replies are read as servers write them")
{
    const auto reply = smtp::read_reply("250-2.1.0 one\r\n250-2.1.0 two\n250 three\r\nnext");
    CHECK(reply.reading == smtp::Reading::whole);
    CHECK(reply.reply == smtp::Reply{250, "2.1.0", "one\ntwo\nthree"});
    CHECK(reply.length == 40);
    CHECK(smtp::read_reply("250\r\n").reply == smtp::Reply{250, "", ""});
    CHECK(smtp::read_reply("550 4.1.1 x\r\n").reply == smtp::Reply{550, "", "4.1.1 x"});
    CHECK(smtp::read_reply("550 5.1 x\r\n").reply.status.empty());
    CHECK(smtp::read_reply("220 1.2.3.4 ESMTP\r\n").reply.status.empty());
    CHECK(smtp::read_reply(std::string("250 a\0b\xff\r\n", 11)).reply.text == "a?b?");
    for (const auto* junk :
        {"HTTP/1.1 400 Bad\r\n", "\r\n", "25\r\n", "250x\r\n", "150 x\r\n", "650 x\r\n", "250-a\r\n251 b\r\n", "*\n"}) {
        CAPTURE(junk);
        CHECK(smtp::read_reply(junk).reading == smtp::Reading::malformed);
    }
    for (const auto* part : {"", "2", "250 x", "250-x\r\n", "250-x\r\n250"})
        CHECK(smtp::read_reply(part).reading == smtp::Reading::more);
    CHECK(smtp::read_reply(std::string(70'000, '2')).reading == smtp::Reading::malformed);
    std::string many;
    for (int i = 0; i < 20'000; ++i) many += "250-x\r\n";
    CHECK(smtp::read_reply(many).reading == smtp::Reading::malformed);
    CHECK(smtp::read_reply("250 " + std::string(10'000, 'x') + "\r\n").reply.text.size() == 2000);
}
