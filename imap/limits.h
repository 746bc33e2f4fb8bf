// limits: how much a client may ask of one session. Each is a setting; these are the defaults and
// their reasons.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace imap {

struct Limits {
    std::size_t line = 64 * 1024;              // octets of one line: sequence sets of big mailboxes grow long
    std::size_t line_before_login = 8 * 1024;  // what AUTHENTICATE with a long token needs
    std::size_t literal = 512 * 1024;          // octets of one literal outside APPEND, kept in memory
    std::size_t literal_before_login = 4 * 1024;
    std::size_t command = 1024 * 1024;                   // octets of one command, its lines and literals together
    std::uint64_t append = 100 * 1024 * 1024;            // octets of one appended mail
    std::uint64_t swallowed_command = 16 * 1024 * 1024;  // a non-synchronising literal that is refused
    std::uint64_t swallowed_append = 256 * 1024 * 1024;  // is read up to here; beyond, the session ends
    std::size_t bad_commands = 20;                       // unreadable commands before BYE
    std::size_t failed_logins = 10;  // refused logins before BYE; Thunderbird makes three of one wrong password

    std::chrono::milliseconds inactivity = std::chrono::minutes{30};  // RFC 3501 5.4 wants 30 at least
    std::chrono::milliseconds before_login = std::chrono::minutes{3};
    std::chrono::milliseconds write_patience =
        std::chrono::minutes{2};                                    // a peer that takes nothing for so long is gone
    std::chrono::milliseconds keepalive = std::chrono::minutes{2};  // "* OK Still here" in IDLE; Outlook needs it
    std::chrono::milliseconds failed_login_delay = std::chrono::seconds{1};
};

inline constexpr std::size_t search_depth = 50;     // nested keys of one SEARCH: bounds the evaluator's recursion
inline constexpr std::size_t search_keys = 1000;    // keys of one SEARCH: each content key costs a look into the store
inline constexpr std::size_t fetch_sections = 200;  // sections of one FETCH
inline constexpr std::size_t header_names = 500;    // names in one HEADER.FIELDS
inline constexpr std::size_t section_path = 100;    // numbers in one section: as deep as mails are parsed
inline constexpr std::size_t list_patterns = 100;   // patterns of one LIST
inline constexpr std::size_t flags_in_list = 100;   // flags in one list
inline constexpr std::size_t flag_length = 255;     // octets of one keyword
inline constexpr std::size_t mailbox_name = 1000;   // octets of a mailbox name
inline constexpr std::size_t mailbox_depth = 50;    // levels of a mailbox name

inline constexpr std::size_t notify_groups = 100;      // event groups of one NOTIFY
inline constexpr std::size_t notify_names = 1000;      // mailbox names in it
inline constexpr std::size_t notify_mailboxes = 1000;  // that one session is told of: what it knows of each is kept

inline constexpr std::size_t vanished_line = 8000;  // octets of one VANISHED: more is told in further ones

inline constexpr std::size_t output_batch = 64 * 1024;        // answers are written once they are as long
inline constexpr std::size_t metadata_batch = 500;            // mails described in one question to the store
inline constexpr std::uint64_t small_mail = 128 * 1024;       // octets: mails up to it are read whole, several at once
inline constexpr std::uint64_t body_batch = 2 * 1024 * 1024;  // octets of such mails read at once
inline constexpr std::uint64_t body_piece = 128 * 1024;       // octets of a larger mail in memory at a time

}  // namespace imap
