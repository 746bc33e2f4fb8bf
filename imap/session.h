// session: one client's IMAP conversation, from the greeting to the end, RFC 3501 3 and 5.
#pragma once

#include "imap/mailboxes.h"
#include "imap/sasl.h"
#include "imap/settings.h"
#include "imap/wire.h"

#include <memory>

namespace imap {

struct Conversation;
enum class InputWait;

// Runs on one executor (a strand): drain() is called there, too. The three ports must outlive it.
class Session {
public:
    Session(Wire& wire, Door& door, Sasl& sasl, SessionSettings settings);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Greets, answers commands, and returns when the conversation is over, whoever ended it; the
    // wire is closed then. Throws nothing that the peer or the backend causes.
    Async<void> run();
    // Says BYE as soon as the command at hand is answered. Returns at once.
    void drain();
    // The account's address; "" before login.
    [[nodiscard]] std::string user() const;

private:
    Async<void> converse();
    Async<InputWait> next_input(std::chrono::milliseconds patience);
    Async<void> one_command();
    Async<void> obey(struct Parsed& parsed);
    void refuse_bad(std::string_view tag, std::string text, std::string code);
    void bye(std::string_view text);

    SessionSettings settings_;
    std::unique_ptr<Conversation> conversation_;
};

}  // namespace imap
