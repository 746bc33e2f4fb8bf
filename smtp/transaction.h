// transaction: which SMTP commands may follow which, RFC 5321 4.1.4, RFC 3030 2, RFC 3207 4, RFC
// 4954 4.
//
// Pure. Decides; the session speaks.
#pragma once

#include "smtp/command.h"
#include "smtp/reply.h"

#include <optional>

namespace smtp {

// In the order of the alternatives of Command.
enum class Verb { helo, ehlo, mail, rcpt, data, bdat, rset, noop, vrfy, expn, help, quit, starttls, auth };
inline constexpr int verb_count = 14;
[[nodiscard]] Verb verb_of(const Command& command);

enum class Stage {
    connected,   // nobody has said who they are, or TLS has made us forget it
    greeted,     // between transactions
    mail,        // MAIL was accepted, no recipient yet
    recipients,  // at least one
    chunks,      // BDAT without LAST was accepted
};
inline constexpr int stage_count = 5;

// All that decides on what may come next.
struct Standing {
    Stage stage = Stage::connected;
    bool encrypted = false;
    bool starttls = true;  // we have a certificate
    bool auth = false;     // mechanisms are offered as things are now
    bool authenticated = false;
    bool must_authenticate = false;  // a submission listener
};

// Why `verb` may not come now; nothing when it may.
[[nodiscard]] std::optional<Reply> objection(const Standing& standing, Verb verb);
// The stage once `verb` has succeeded (for bdat: without LAST).
[[nodiscard]] Stage stage_after(Stage stage, Verb verb);

}  // namespace smtp
