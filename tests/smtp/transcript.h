// transcript: a conversation in a text file, for a session over a scripted wire.
//
//   # a comment                          @ submission        a directive, see doubles.h
//   C: EHLO there      sent with CRLF; consecutive C lines come in one packet
//   C- MAIL            sent without CRLF
//   S: 250 OK          expected, exactly, with CRLF; "S*1000: 250 OK" a thousand of them
//   C*3: RCPT TO:<u$n@x.test>            $n counts from 1
//   C. close | silence | drain           the client closes, says nothing until time is up; the
//   server is told to stop E: quit                              how the session ended (Ending) M:
//   <a@b> <c@d> text                  the mails that the sink accepted, in order R: rcpt 550 5.1.1
//   No such user       what became of each recipient (client sessions)
// For a client session S is what is sent to it and C what is expected of it.
// Escapes: \r \n \0 \\ \xHH, and \{5000 x} for five thousand times "x".
#pragma once

#include <string>
#include <vector>

namespace test {

enum class Event { none, close, silence, drain };

// What one side sends before the other speaks again.
struct Turn {
    std::string expected;       // from the session, before `sent`
    std::string sent;           // to the session
    Event event = Event::none;  // instead of `sent`
};

struct Transcript {
    std::string name;
    std::vector<std::string> directives;  // "whole": not to be cut into octets
    std::vector<Turn> turns;
    std::string expected_last;         // after the last turn
    std::string ending;                // "" when not said
    std::vector<std::string> mails;    // unescaped
    std::vector<std::string> results;  // unescaped
};

enum class Side { server, client };
Transcript read_transcript(const std::string& path, Side side = Side::server);
std::vector<std::string> transcript_files(const std::string& folder);
// Controls and long runs made readable, for messages of failed tests.
std::string shown(const std::string& bytes);

}  // namespace test
