// limits: how much one client may ask of a session, RFC 5321 4.5.3 and what hostile input needs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace smtp {

struct Limits {
    std::size_t command_line = 4096;         // octets with CRLF; RFC 5321 asks for 512 and more per extension
    std::size_t auth_line = 12'288;          // octets of a line of an AUTH exchange, RFC 4954 4
    std::size_t swallowed_line = 1'000'000;  // octets of an overlong line that are read before the connection ends
    std::uint64_t message = 50'000'000;      // octets of one mail, offered as SIZE; 0: no limit
    std::uint64_t swallowed_message = 200'000'000;  // octets of a refused mail that are read before the connection ends
    std::size_t recipients = 1000;    // accepted per transaction; RFC 5321 4.5.3.1.8 asks for at least 100
    int errors = 20;                  // replies of the kind 500-504 and 555 in a session before 421
    int auth_failures = 6;            // Thunderbird spends three on one wrong password
    int undelayed_auth_failures = 3;  // from the one after these on, each is answered slowly
    std::size_t output = 16'384;      // octets of replies kept back while pipelined commands are worked off
};

struct Timeouts {
    std::chrono::milliseconds command = std::chrono::minutes{5};     // for a whole command line, RFC 5321 4.5.3.2.7
    std::chrono::milliseconds data_block = std::chrono::minutes{3};  // between two pieces of a mail, RFC 5321 4.5.3.2.5
    std::chrono::milliseconds data = std::chrono::minutes{60};       // for a whole mail: one octet a minute never ends
    std::chrono::milliseconds write = std::chrono::minutes{2};       // for the client to take our replies
    std::chrono::milliseconds auth_delay = std::chrono::seconds{3};  // see undelayed_auth_failures
};

// Of the grammar.
inline constexpr std::size_t local_part_limit = 256;  // octets; RFC 5321 4.5.3.1.1 asks for 64, VERP uses more
inline constexpr std::size_t domain_limit = 255;      // octets, RFC 5321 4.5.3.1.2
inline constexpr std::size_t envid_limit = 100;       // octets as sent, RFC 3461 4.4
inline constexpr std::size_t orcpt_limit = 500;       // octets as sent, RFC 3461 4.2
inline constexpr std::size_t parameters_limit = 32;   // per command; there are seven kinds

// Of replies read from a server.
inline constexpr std::size_t reply_limit = 65'536;      // octets of one reply with all its lines
inline constexpr std::size_t reply_text_limit = 2'000;  // octets of its text that are kept

// Of mail that we send.
inline constexpr std::size_t pipelined_recipients =
    50;  // RCPTs sent before their replies are read: neither side's buffers fill
inline constexpr std::size_t write_piece = 65'536;  // octets of a mail written at once

}  // namespace smtp
