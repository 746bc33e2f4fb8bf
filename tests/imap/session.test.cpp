// session: limits, states, failures of the world, and what idle and slow clients get.
#include "house.h"
#include "imap/command_table.h"
#include "imap/response/fetch.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>

using namespace imap;
using namespace imap::test;

namespace {

bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

// A line that is right in every respect but, perhaps, its moment.
std::string example(std::string_view name)
{
    static const std::map<std::string_view, std::string_view> arguments{{"ID", " NIL"}, {"AUTHENTICATE", " PLAIN ="},
        {"LOGIN", " a b"}, {"ENABLE", " CONDSTORE"}, {"SELECT", " INBOX"}, {"EXAMINE", " INBOX"}, {"CREATE", " new"},
        {"DELETE", " new"}, {"RENAME", " new newer"}, {"SUBSCRIBE", " x"}, {"UNSUBSCRIBE", " x"}, {"GETQUOTA", " \"\""},
        {"GETQUOTAROOT", " INBOX"}, {"GETACL", " INBOX"}, {"MYRIGHTS", " INBOX"}, {"LISTRIGHTS", " INBOX x"},
        {"SETACL", " INBOX x lr"}, {"DELETEACL", " INBOX x"}, {"STATUS", " INBOX (MESSAGES)"}, {"LIST", " \"\" *"},
        {"XLIST", " \"\" *"}, {"LSUB", " \"\" *"}, {"APPEND", " INBOX {3+}\r\nabc"}, {"UID EXPUNGE", " 1"},
        {"SEARCH", " ALL"}, {"UID SEARCH", " ALL"}, {"FETCH", " 1 FLAGS"}, {"UID FETCH", " 1 FLAGS"},
        {"STORE", " 1 FLAGS ()"}, {"UID STORE", " 1 FLAGS ()"}, {"COPY", " 1 Sent"}, {"UID COPY", " 1 Sent"},
        {"MOVE", " 1 Sent"}, {"UID MOVE", " 1 Sent"}, {"REPLACE", " 1 Sent {3+}\r\nabc"},
        {"UID REPLACE", " 1 Sent {3+}\r\nabc"}, {"IDLE", "\r\nDONE"}, {"NOTIFY", " NONE"}};
    const auto found = arguments.find(name);
    return "x " + std::string{name} + (found == arguments.end() ? "" : std::string{found->second}) + "\r\n";
}

}  // namespace

TEST_CASE("every command is taken in its states and refused in all others")
{
    for (const auto& row : command_table()) {
        for (const auto state : {State::not_authenticated, State::authenticated, State::selected}) {
            House house;
            house.store.add("INBOX", "Subject: x\r\n\r\n");
            auto& guest = state == State::not_authenticated ? house.connect()
                          : state == State::authenticated   ? house.login()
                                                            : house.select();
            guest.wire.take_output();
            const auto answer = house.say(guest, example(row.name));
            const bool allowed = (row.states & static_cast<unsigned>(state)) != 0;
            CAPTURE(row.name);
            CAPTURE(static_cast<unsigned>(state));
            CHECK(has(answer, "x BAD") == !allowed);
            CHECK(has(answer, "x "));
        }
    }
}

TEST_CASE("plain passwords are refused where others could listen")
{
    House house;
    auto& guest = house.prepare();
    guest.wire.be(false, false);
    house.start(guest);
    const auto greeting = guest.wire.take_output();
    CHECK(has(greeting, "LOGINDISABLED"));
    CHECK(has(greeting, "STARTTLS"));
    CHECK_FALSE(has(greeting, "AUTH="));
    CHECK(has(house.say(guest, "a LOGIN alice secret\r\n"), "a NO [PRIVACYREQUIRED]"));
    CHECK(has(house.say(guest, "a STARTTLS\r\n"), "a OK"));
    CHECK(has(house.say(guest, "b LOGIN alice secret\r\n"), "b OK"));
}

TEST_CASE("what was sent in plain after STARTTLS is never obeyed")
{
    House house;
    auto& guest = house.connect();
    guest.wire.take_output();
    const auto answer = house.say(guest, "a STARTTLS\r\nb LOGIN alice secret\r\n");
    CHECK_FALSE(has(answer, "b OK"));
    CHECK(guest.ended);
}

TEST_CASE("AUTHENTICATE with and without initial response")
{
    House house;
    auto& first = house.connect();
    CHECK(has(house.say(first, "a AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==\r\n"), "a OK [CAPABILITY"));
    auto& second = house.connect();
    second.wire.take_output();
    CHECK(house.say(second, "a authenticate PLAIN\r\n") == "+ \r\n");
    CHECK(has(house.say(second, "AGFsaWNlAHNlY3JldA==\r\n"), "a OK"));
    auto& third = house.connect();
    CHECK(has(house.say(third, "a AUTHENTICATE PLAIN AGFsaWNlAHdyb25n\r\n"), "a NO [AUTHENTICATIONFAILED]"));
    CHECK(has(house.say(third, "b AUTHENTICATE PLAIN %%%\r\n"), "b BAD"));
    CHECK(has(house.say(third, "c AUTHENTICATE NTLM\r\n"), "c NO"));
}

TEST_CASE("too many wrong passwords and too many bad commands end the session")
{
    House house;
    auto& guesser = house.connect();
    for (int i = 0; i < 10; ++i) house.say(guesser, "a LOGIN alice guess\r\n");
    CHECK(guesser.ended);
    auto& babbler = house.login();
    std::string answer;
    for (int i = 0; i < 20; ++i) answer = house.say(babbler, "what?\r\n");
    CHECK(has(answer, "* BYE"));
    CHECK(babbler.ended);
}

TEST_CASE("a line that is too long is refused and the session goes on")
{
    House house;
    auto& guest = house.login();
    CHECK(has(house.say(guest, "a LIST \"\" " + std::string(200000, 'x') + "\r\n"), "a BAD [TOOBIG]"));
    CHECK(has(house.say(guest, "b NOOP\r\n"), "b OK"));
}

TEST_CASE("literals that are too large are refused before or after they come")
{
    auto settings = quick_settings();
    settings.limits.append = 1000;
    House house{settings};
    auto& guest = house.login();
    guest.wire.take_output();
    CHECK(house.say(guest, "a APPEND INBOX {1001}\r\n").starts_with("a NO [TOOBIG]"));
    CHECK(
        house.say(guest, "b APPEND INBOX {1001+}\r\n" + std::string(1001, 'x') + "\r\n").starts_with("b NO [TOOBIG]"));
    CHECK(house.say(guest, "b UID REPLACE 1 INBOX {1001}\r\n").starts_with("b NO [TOOBIG]"));
    CHECK(has(house.say(guest, "c SELECT {600000}\r\n"), "c BAD [TOOBIG]"));
    CHECK(has(house.say(guest, "d NOOP\r\n"), "d OK"));
    CHECK(has(house.say(guest, "e APPEND INBOX {99999999999+}\r\n"), "* BYE"));
    CHECK(guest.ended);
    auto& other = house.login();
    other.wire.take_output();
    CHECK(house.say(other, "a SELECT {100000000+}\r\n").starts_with("* BYE"));
    CHECK(other.ended);
    auto& stranger = house.connect();
    CHECK(has(house.say(stranger, "a LOGIN {5000}\r\n"), "a BAD [TOOBIG]"));
}

TEST_CASE("a command split at any octet is the same command")
{
    const std::string dialogue = "a LOGIN {5}\r\nalice {6+}\r\nsecret\r\nb APPEND INBOX (\\Seen) "
                                 "{14+}\r\nSubject: x\r\n\r\n\r\nc NOOP\r\n";
    for (std::size_t cut = 1; cut < dialogue.size(); ++cut) {
        House house;
        auto& guest = house.connect();
        auto answer = house.say(guest, dialogue.substr(0, cut)) + house.say(guest, dialogue.substr(cut));
        CHECK(has(answer, "a OK"));
        CHECK(has(answer, "b OK [APPENDUID"));
        CHECK(has(answer, "c OK"));
    }
}

TEST_CASE("pipelined commands are answered in order and in few writes")
{
    House house;
    auto& guest = house.select();
    std::string commands;
    for (int i = 0; i < 200; ++i) commands += "t" + std::to_string(i) + " NOOP\r\n";
    const auto before = guest.wire.steps();
    const auto answer = house.say(guest, commands);
    CHECK(answer.find("t0 OK") < answer.find("t199 OK"));
    CHECK(guest.wire.steps() - before < 10);
}

TEST_CASE("when the store is away a command is NO UNAVAILABLE and the session goes on")
{
    House house;
    house.store.add("INBOX", "Subject: x\r\n\r\n");
    for (const auto* command :
        {"FETCH 1 ENVELOPE", "FETCH 1 BODY[]", "SEARCH TEXT x", "STORE 1 FLAGS ()", "EXPUNGE", "LIST \"\" *",
            "STATUS INBOX (MESSAGES)", "SELECT INBOX", "COPY 1 Sent", "NOOP", "APPEND INBOX {3+}\r\nabc"}) {
        auto& guest = house.select();
        house.store.away = true;
        const auto answer = house.say(guest, std::string{"a "} + command + "\r\n");
        house.store.away = false;
        CHECK_MESSAGE(has(answer, "a NO [UNAVAILABLE]"), command, answer);
        CHECK(has(house.say(guest, "b CAPABILITY\r\n"), "b OK"));
    }
}

TEST_CASE("a client in IDLE learns that the store is away")
{
    House house;
    auto& guest = house.select();
    CHECK(house.say(guest, "a IDLE\r\n") == "+ idling\r\n");
    house.store.away = true;
    const auto snapshot = house.store.boxes.at("INBOX")->snapshot;
    for (auto* waiting : house.store.boxes.at("INBOX")->waiting) waiting->cancel();
    house.run();
    CHECK(has(guest.wire.take_output(), "* BYE"));
    CHECK(guest.ended);
}

TEST_CASE("draining says BYE to the idle, to those in IDLE, and to nobody in the middle of a command")
{
    House house;
    auto& quiet = house.login();
    auto& idling = house.select();
    auto& busy = house.login();
    house.say(idling, "a IDLE\r\n");
    house.say(busy, "a APPEND INBOX {3}\r\n");
    for (auto* guest : {&quiet, &idling, &busy}) guest->session.drain();
    house.run();
    CHECK(has(quiet.wire.take_output(), "* BYE"));
    CHECK(quiet.ended);
    CHECK(has(idling.wire.take_output(), "* BYE"));
    CHECK(idling.ended);
    CHECK_FALSE(busy.ended);
    const auto answer = house.say(busy, "abc\r\n");
    CHECK(answer.find("a OK [APPENDUID") < answer.find("* BYE"));
    CHECK(busy.ended);
}

TEST_CASE("a session that is too long silent is logged out")
{
    auto settings = quick_settings();
    settings.limits.before_login = std::chrono::milliseconds{0};
    House house{settings};
    auto& guest = house.connect();
    CHECK(guest.ended);
    House patient;
    auto& member = patient.select();
    patient.say(member, "a FETCH 1 {");
    member.wire.pass_time();
    patient.run();
    CHECK(has(member.wire.take_output(), "* BYE Autologout"));
    CHECK(member.ended);
}

TEST_CASE("text that is no UTF-8 never reaches the store")
{
    House house;
    auto& stranger = house.connect();
    CHECK(has(house.say(stranger, "a LOGIN \"\xff\" secret\r\n"), "a NO [AUTHENTICATIONFAILED]"));
    auto& guest = house.select();
    house.store.calls = 0;
    CHECK(has(house.say(guest, "a SEARCH OR SEEN SUBJECT \"\xff\"\r\n"), "a NO [BADCHARSET"));
    CHECK(house.store.calls == 0);
}

TEST_CASE("new keywords are announced before they are used")
{
    House house;
    house.store.add("INBOX", "Subject: x\r\n\r\n");
    auto& guest = house.select();
    const auto answer = house.say(guest, "a STORE 1 +FLAGS ($label1 Junk)\r\n");
    CHECK(
        answer.find("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $label1 Junk)") < answer.find("* 1 FETCH"));
    CHECK(has(answer, "FLAGS ($label1 Junk \\Recent)"));
}

TEST_CASE("a large mail streams through and is never whole in memory")
{
    House house;
    std::string mail = "Subject: large\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n";
    for (int i = 0; i < 100000; ++i) mail += "line of the large mail " + std::to_string(i) + "\r\n";
    mail += "--b--\r\n";
    house.store.add("INBOX", mail);
    auto& guest = house.select();
    auto answer = house.say(guest, "a FETCH 1 (UID BODY.PEEK[])\r\n");
    CHECK(answer ==
          "* 1 FETCH (UID 1 BODY[] {" + std::to_string(mail.size()) + "}\r\n" + mail + ")\r\na OK Fetch completed\r\n");
    CHECK(house.store.largest_read <= body_piece);
    CHECK(guest.wire.largest_write() <= output_batch + body_piece);
    answer =
        house.say(guest, "b FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[1]<1000000.7> BODY.PEEK[9])\r\n");
    CHECK(has(answer, "Subject: large\r\n\r\n BODY[1]<1000000> {7}"));
    CHECK(has(answer, "BODY[9] NIL)"));
}

TEST_CASE("many mails come in batches and in order")
{
    House house;
    for (int i = 0; i < 1201; ++i) house.store.add("INBOX", "Subject: " + std::to_string(i) + "\r\n\r\n");
    auto& guest = house.select();
    const auto answer = house.say(guest, "a FETCH 1:* (UID ENVELOPE BODY.PEEK[HEADER])\r\n");
    CHECK(has(answer, "* 1201 FETCH (UID 1201 ENVELOPE (NIL \"1200\""));
    CHECK(has(answer, "a OK"));
    CHECK(answer.find("* 500 FETCH") < answer.find("* 501 FETCH"));
}

TEST_CASE("reading a body sets the flag and says so in the same answer")
{
    House house;
    house.store.add("INBOX", "Subject: x\r\n\r\nbody\r\n");
    auto& guest = house.select();
    CHECK(house.say(guest, "a UID FETCH 1 (UID BODY[TEXT])\r\n") ==
          "* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent) BODY[TEXT] {6}\r\nbody\r\n)\r\na OK Fetch "
          "completed\r\n");
    CHECK(house.say(guest, "b NOOP\r\n") == "b OK NOOP completed\r\n");
    CHECK(house.say(guest, "c UID STORE 99 -Flags (\\Deleted)\r\n") == "c OK Store completed\r\n");
}

TEST_CASE("FETCH of ten thousand descriptions is encoded fast" * doctest::skip(std::getenv("BENCH") == nullptr))
{
    Metadata metadata;
    metadata.envelope =
        "(\"Wed, 17 Jul 1996 02:23:25 -0700\" \"" + std::string(300, 'x') + "\" NIL NIL NIL NIL NIL NIL NIL NIL)";
    metadata.body_structure = "(\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 5 0 NIL NIL NIL NIL)";
    const std::vector<std::string> keywords{"$label1", "$Forwarded"};
    using namespace command::fetch_item;
    const auto begin = std::clock();  // of the processor: others may be using it, too
    std::string out;
    std::size_t octets = 0;
    for (std::uint32_t i = 0; i < 10000; ++i) {
        response::put_fetch(
            out, {i, {i + 1, seen | 32, i}, true, &metadata}, uid | flags | envelope | body_structure, keywords);
        out += ")\r\n";
        if (out.size() > output_batch) {
            octets += out.size();
            out.clear();
        }
    }
    const auto took = 1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    MESSAGE("10,000 descriptions, " << octets << " octets: " << took << " ms");
    CHECK(took < 15);
}
