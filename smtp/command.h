// command: the commands of SMTP as values, RFC 5321 4.1.1, RFC 3030, RFC 3207, RFC 4954.
#pragma once

#include "smtp/mail_sink.h"
#include "smtp/reply.h"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace smtp {

struct Helo {
    std::string name;
};

struct Ehlo {
    std::string name;
};

struct MailCommand {
    MailFrom from;
};

struct RcptCommand {
    RcptTo to;
};

struct Data {};

struct Bdat {
    std::uint64_t size = 0;
    bool last = false;
};

struct Rset {};

struct Noop {};

struct Vrfy {
    std::string name;
};

struct Expn {
    std::string name;
};

struct Help {};

struct Quit {};

struct StartTls {};

struct Auth {
    std::string mechanism;               // upper case
    std::optional<std::string> initial;  // as sent: base64, or "=" for the empty one
};

using Command =
    std::variant<Helo, Ehlo, MailCommand, RcptCommand, Data, Bdat, Rset, Noop, Vrfy, Expn, Help, Quit, StartTls, Auth>;

// What is to be answered to a line that is no command.
struct SyntaxError {
    Reply reply;
};

// One command line without its CRLF. Total: any octets give a command or the refusal. RFC
// 5321 4.1.2.
[[nodiscard]] tl::expected<Command, SyntaxError> parse_command(std::string_view line);

// "local@domain" or "Postmaster" for a path such as "<@relay:local@domain>"; for tests and other
// callers of the grammar. Quotes stay only where the local part needs them. nullopt when it is no
// path.
[[nodiscard]] std::optional<std::string> parse_path(std::string_view path);

// xtext, RFC 3461 4.
[[nodiscard]] std::optional<std::string> decode_xtext(std::string_view text);
[[nodiscard]] std::string encode_xtext(std::string_view text);

}  // namespace smtp
